"""A clock that moves only when told."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday noon far from any change of summer time."""


class FrozenClock:
    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("time does not go back; use set() to rehearse a clock that does")
        self._now += timedelta(seconds=seconds)

    def set(self, now: datetime) -> None:
        self._now = now
