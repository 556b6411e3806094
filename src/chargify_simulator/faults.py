"""Trouble on request: what can go wrong between a client and the vendor."""

import asyncio
import random
from enum import StrEnum
from fnmatch import fnmatchcase

import msgspec


class Kind(StrEnum):
    STATUS = "status"
    """Answer this status and body instead; before the effect, or after it with `after`."""
    DELAY = "delay"
    """Wait `seconds`; before the effect, or after it with `after`."""
    SLOW_BODY = "slow_body"
    """The effect at once, then the answer's body in pieces over `seconds`."""
    CUT_BEFORE = "cut_before"
    """The connection breaks and nothing has happened."""
    CUT_AFTER = "cut_after"
    """The connection breaks and the effect has happened."""
    HOLD_BEFORE = "hold_before"
    """The request is kept until released; then the effect, then the answer."""
    HOLD_AFTER = "hold_after"
    """The effect at once; the answer is kept until released."""
    TRUNCATED = "truncated"
    """The effect at once; of the answer's body only the first half."""
    WRONG_TYPE = "wrong_type"
    """The effect at once; the answer comes under `content_type` (text/html)."""
    DENIED = "denied"
    """A spell of 401 as for a wrong key; nothing has happened."""


class FaultOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a test asks for."""

    kind: Kind
    method: str = "*"
    path: str = "*"
    """`*` stands for anything; the path ends in .json as the vendor's do."""
    status: int = 500
    body: str = ""
    content_type: str = "text/html"
    headers: dict[str, str] = {}
    seconds: float = 0.0
    times: int | None = 1
    """How many requests it strikes; null is for ever."""
    probability: float = 1.0
    seed: int = 1
    after: bool = False


class Fault:
    def __init__(self, number: int, order: FaultOrder) -> None:
        self.id = number
        self.order = order
        self.used = 0
        self.waiting = 0
        self.released = asyncio.Event()
        self.changed = asyncio.Condition()
        self._random = random.Random(order.seed)  # noqa: S311 - a test wants the same luck again

    def strikes(self, method: str, path: str) -> bool:
        order = self.order
        if self.released.is_set() or (order.times is not None and self.used >= order.times):
            return False
        if order.method not in {"*", method} or not fnmatchcase(path, order.path):
            return False
        if order.probability < 1 and self._random.random() >= order.probability:
            return False
        self.used += 1
        return True

    async def hold(self) -> None:
        """Wait for the release, counted in `waiting`."""
        await self._count(1)
        try:
            await self.released.wait()
        finally:
            self.waiting -= 1

    async def _count(self, step: int) -> None:
        async with self.changed:
            self.waiting += step
            self.changed.notify_all()

    async def wait_for(self, waiting: int) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: self.waiting >= waiting)

    def view(self) -> dict[str, object]:
        return {
            "id": self.id,
            **msgspec.structs.asdict(self.order),
            "used": self.used,
            "waiting": self.waiting,
            "released": self.released.is_set(),
        }


class Faults:
    def __init__(self) -> None:
        self.by_id: dict[int, Fault] = {}
        self._last_id = 0

    def add(self, order: FaultOrder) -> Fault:
        self._last_id += 1
        fault = self.by_id[self._last_id] = Fault(self._last_id, order)
        return fault

    def find(self, method: str, path: str) -> Fault | None:
        """The first one, by age, that strikes this request."""
        return next((each for each in self.by_id.values() if each.strikes(method, path)), None)

    def remove(self, number: int) -> bool:
        """Held requests go on."""
        fault = self.by_id.pop(number, None)
        if fault:
            fault.released.set()
        return fault is not None

    def clear(self) -> None:
        for number in list(self.by_id):
            self.remove(number)
