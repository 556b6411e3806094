"""The server API: what an app's own backend may ask, with its key."""
