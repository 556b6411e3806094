"""How often a visitor, an app and an address may ask: one token bucket each, in this process."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from threading import Lock

from standfast.config import SettingInvalid
from standfast.web.problems import Refusal

VARIABLE = "STANDFAST_LIMITS"


@dataclass(frozen=True)
class Limits:
    """Requests per second; ten seconds' worth may come at once.

    Set any by STANDFAST_LIMITS="name=value,...". Each process counts for itself.
    """

    visitor: float = 10.0
    app: float = 2_000.0
    address: float = 100.0
    server: float = 100.0
    """Requests to the server API, per app."""
    hooks: float = 100.0
    """Webhooks, per address they come from."""


BURST_SECONDS = 10.0


def read_limits(environment: Mapping[str, str]) -> Limits:
    """Raises `SettingInvalid` naming the variable and what it should hold."""
    known = {one.name for one in fields(Limits)}
    changes: dict[str, float] = {}
    for pair in environment.get(VARIABLE, "").replace(",", " ").split():
        name, _, value = pair.partition("=")
        if name not in known:
            raise SettingInvalid(VARIABLE, f"does not know {name!r}; it knows {sorted(known)}")
        changes[name] = _rate(name, value)
    return replace(Limits(), **changes)


def _rate(name: str, value: str) -> float:
    try:
        rate = float(value)
    except ValueError:
        rate = 0.0
    if not 0 < rate < 1e9:
        raise SettingInvalid(VARIABLE, f"{name} must be requests per second, got {value!r}")
    return rate


class Buckets:
    """One bucket per key. The least recently used are forgotten: they are full again anyway."""

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        most_keys: int = 50_000,
    ) -> None:
        self._rate = rate
        self._burst = max(1.0, rate * BURST_SECONDS)
        self._clock = clock
        self._most_keys = most_keys
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str) -> None:
        """Raises `Refusal` 429 with the seconds to wait."""
        now = self._clock()
        with self._lock:
            left, at = self._buckets.pop(key, (self._burst, now))
            left = min(self._burst, left + (now - at) * self._rate)
            is_enough = left >= 1
            self._buckets[key] = (left - 1 if is_enough else left, now)
            if len(self._buckets) > self._most_keys:
                self._buckets.popitem(last=False)
        if not is_enough:
            wait = (1 - left) / self._rate
            raise Refusal(429, "Too many requests. Ask again later.", retry_after=wait)
