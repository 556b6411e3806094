"""Revisions of the schema in two streams, core and mirror. Never edited after a release."""
