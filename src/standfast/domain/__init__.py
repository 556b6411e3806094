"""Pure rules: no I/O, no framework, no clock; time comes in as an argument."""
