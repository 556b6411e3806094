"""Periods: the same day next month; the end of a shorter month clamps."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta

from chargify_simulator.eastern import EASTERN

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
    months = wall.year * 12 + wall.month - 1 + interval
    year, month = divmod(months, 12)
    day = min(wall.day, monthrange(year, month + 1)[1])
    return wall.replace(year=year, month=month + 1, day=day).astimezone(UTC)
