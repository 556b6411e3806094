"""The only rooms that know SQL and secrets."""
