"""Builds everything once; the only room that knows everybody."""

from standfast.bootstrap.build import build
from standfast.bootstrap.house import House

__all__ = ["House", "build"]
