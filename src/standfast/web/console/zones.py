"""The time zones a form offers."""

from functools import cache
from zoneinfo import available_timezones

_OLD_NAMES = ("Etc/", "SystemV/", "US/", "posix/", "right/")


@cache
def time_zones() -> tuple[str, ...]:
    """UTC first, then the cities."""
    cities = {
        name for name in available_timezones() if "/" in name and not name.startswith(_OLD_NAMES)
    }
    return ("UTC", *sorted(cities))
