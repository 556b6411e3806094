"""The demo in Chromium: the shop on one origin, Standfast on another."""
