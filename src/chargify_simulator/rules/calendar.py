"""Periods: the same day next month; the end of a shorter month clamps."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta

from chargify_simulator.eastern import EASTERN

END_OF_MONTH = 31
LONGEST = 12_000
"""Periods, so that no date leaves the calendar."""


def after(start: datetime, interval: int, unit: str | None) -> datetime:
    """The end of one period, reckoned on the site's wall clock.

    31 January + 1 month is 28 (or 29) February; the offset may change on the way.
    """
    interval = min(max(interval, 1), LONGEST)
    wall = start.astimezone(EASTERN)
    if unit == "day":
        return (wall + timedelta(days=interval)).astimezone(UTC)
    return _in_month(wall, interval, wall.day).astimezone(UTC)


def next_snap_day(start: datetime, snap_day: str, interval: int) -> datetime:
    """Calendar billing: the first such day of a month, `interval - 1` months on, after `start`."""
    wall = start.astimezone(EASTERN)
    day = END_OF_MONTH if snap_day == "end" else int(snap_day)
    months = min(max(interval, 1), LONGEST) - 1
    ends_at = _in_month(wall, months, day)
    if ends_at.date() <= wall.date():
        ends_at = _in_month(wall, months + 1, day)
    return ends_at.astimezone(UTC)


def _in_month(wall: datetime, months_on: int, day: int) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + months_on, 12)
    return wall.replace(year=year, month=month + 1, day=min(day, monthrange(year, month + 1)[1]))
