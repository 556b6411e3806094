"""Builds everything once; the only room that knows everybody."""

from standfast.bootstrap.build import build, settle_down
from standfast.bootstrap.house import House

__all__ = ["House", "build", "settle_down"]
