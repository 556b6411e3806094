"""The simulator's time: real time plus an offset that moves only when told, or frozen."""

from datetime import UTC, datetime, timedelta


class Clock:
    def __init__(self) -> None:
        self.offset = timedelta(0)
        self.frozen_at: datetime | None = None

    def now(self) -> datetime:
        base = self.frozen_at or datetime.now(UTC)
        return (base + self.offset).replace(microsecond=0)

    def reset(self) -> None:
        self.offset = timedelta(0)
        self.frozen_at = None
