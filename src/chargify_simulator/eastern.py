"""US Eastern time, the zone of the simulated site, without a time zone database.

A real site mixes offsets within one list when daylight saving changes, so this one does too.
The rule since 2007: clocks go forward on the second Sunday of March, back on the first of November.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

STANDARD = timedelta(hours=-5)
DAYLIGHT = timedelta(hours=-4)
HOUR = timedelta(hours=1)


@lru_cache(maxsize=256)
def _daylight_bounds(year: int) -> tuple[datetime, datetime]:
    """Start and end of daylight time on the wall clock, without a zone."""
    march = datetime(year, 3, 8, 2)  # noqa: DTZ001 - a wall clock reading has no zone
    november = datetime(year, 11, 1, 2)  # noqa: DTZ001
    start = march + timedelta(days=(6 - march.weekday()) % 7)
    end = november + timedelta(days=(6 - november.weekday()) % 7)
    return start, end


class USEastern(tzinfo):
    def utcoffset(self, dt: datetime | None) -> timedelta:
        return STANDARD + self.dst(dt)

    def dst(self, dt: datetime | None) -> timedelta:
        if dt is None:
            return timedelta(0)
        start, end = _daylight_bounds(dt.year)
        wall = dt.replace(tzinfo=None)
        if end - HOUR <= wall < end:
            return timedelta(0) if dt.fold else HOUR
        return HOUR if start <= wall < end else timedelta(0)

    def tzname(self, dt: datetime | None) -> str:
        return "EDT" if self.dst(dt) else "EST"

    def fromutc(self, dt: datetime) -> datetime:
        wall = dt.replace(tzinfo=None) + STANDARD
        start, end = _daylight_bounds(wall.year)
        # In standard time daylight saving lasts from 02:00 in March to 01:00 in November.
        if start <= wall < end - HOUR:
            return (wall + HOUR).replace(tzinfo=self)
        return wall.replace(tzinfo=self, fold=1 if end - HOUR <= wall < end else 0)


EASTERN = USEastern()


def stamp(instant: datetime | None) -> str | None:
    """An instant as the vendor writes it: "2020-03-24T20:17:24-04:00"."""
    return None if instant is None else _stamp(instant)


@lru_cache(maxsize=32_768)
def _stamp(instant: datetime) -> str:
    """Without the zone's own slow way; views are full of instants."""
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    wall = utc.replace(tzinfo=None, microsecond=0) + STANDARD
    start, end = _daylight_bounds(wall.year)
    if start <= wall < end - HOUR:
        return (wall + HOUR).isoformat() + "-04:00"
    return wall.isoformat() + "-05:00"


def stamp_utc(instant: datetime) -> str:
    """The form of newer resources: "2018-02-02T18:34:29Z"."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
