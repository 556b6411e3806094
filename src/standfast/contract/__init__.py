"""What a connector is written against. No I/O, no framework, no clock."""
