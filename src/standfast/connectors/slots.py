"""How many calls a site gets from us at once, and who goes first.

The limit belongs to the vendor's site, over every connection, app and process. All transports of
this process to one site share one `SiteSlots`; the `SlotsRegistry` sees to it. Where several
processes work, `SharedSlots` stand behind it.
"""

import random
import re
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Condition, Lock
from typing import Protocol

from standfast.contract.errors import NotSent, SitePaused
from standfast.contract.transport import Call, Method


class Lane(StrEnum):
    """Who is waiting: a visitor's click goes before sync traffic."""

    VISITOR = "visitor"
    SYNC = "sync"


@dataclass(frozen=True)
class SlotSettings:
    """How patient and how wary we are; durations in seconds.

    A call that finds no slot within its lane's patience is given up unsent. A 429 without
    Retry-After pauses the site for `pauses_seconds`, one step further each time, plus at most
    `jitter` of it. A kind of call that takes `slow_factor` times as long as it used to, and more
    than `slow_floor_seconds`, halves the slots; `recovery_answers` brisk answers give one back.
    """

    visitor_patience_seconds: float = 10.0
    sync_patience_seconds: float = 300.0
    pauses_seconds: tuple[float, ...] = (60.0, 120.0, 240.0)
    jitter: float = 0.1
    slow_factor: float = 2.0
    slow_floor_seconds: float = 0.5
    recovery_answers: int = 20

    def patience_seconds(self, lane: Lane) -> float:
        return self.visitor_patience_seconds if lane is Lane.VISITOR else self.sync_patience_seconds


@dataclass
class Pace:
    """How long one kind of call takes: lately, and as a rule (moving averages)."""

    usual_seconds: float
    recent_seconds: float
    answers: int = 1

    def add(self, seconds: float) -> None:
        self.usual_seconds += (seconds - self.usual_seconds) / 50
        self.recent_seconds += (seconds - self.recent_seconds) / 4
        self.answers += 1

    def is_slow(self, settings: SlotSettings) -> bool:
        return (
            self.answers >= 8
            and self.recent_seconds > settings.slow_floor_seconds
            and self.recent_seconds > settings.slow_factor * self.usual_seconds
        )


class SharedSlots(Protocol):
    """Slots that several processes share. One process alone needs none."""

    def taken(
        self, site: str, *, slots: int, patience_seconds: float
    ) -> AbstractContextManager[bool]:
        """Holds one of `slots` of the site; False when none came within the patience."""
        ...

    def pause(self, site: str, *, seconds: float) -> None:
        """The site asked us to slow down: no process calls it for so long."""
        ...

    def pause_seconds(self, site: str) -> float:
        """How much of such a pause is left; 0 when there is none."""
        ...


@dataclass
class SiteSlots:
    """The slots of one site. `in_flight` is at least one; the vendor's ceiling is the caller's.

    With `shared`, a call also takes one of the slots that all processes share, under `site`.
    """

    in_flight: int = 3
    settings: SlotSettings = field(default_factory=SlotSettings)
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    site: str = ""
    shared: SharedSlots | None = None

    def __post_init__(self) -> None:
        self.running = 0
        self.most_running = 0
        self._allowed = max(1, self.in_flight)
        self._paused_until = 0.0
        self._pauses = 0
        self._brisk_answers = 0
        self._paces: dict[str, Pace] = {}
        self._waiting: dict[Lane, deque[object]] = {lane: deque() for lane in Lane}
        self._changed = Condition()

    @property
    def allowed(self) -> int:
        """How many calls may run now."""
        return self._allowed

    @property
    def pause_seconds(self) -> float:
        """How much of a pause is left; 0 when there is none."""
        return max(0.0, self._paused_until - self.clock())

    @contextmanager
    def taken(self, lane: Lane) -> Generator[None]:
        """Hold a slot. Raises `SitePaused` or `NotSent` when none comes within the patience."""
        give_up_at = self.clock() + self.settings.patience_seconds(lane)
        self._hear_of_pause()
        self._take(lane, give_up_at)
        try:
            with self._shared(lane, give_up_at):
                yield
        finally:
            self._give_back()

    def set_in_flight(self, in_flight: int) -> None:
        with self._changed:
            self.in_flight = max(1, in_flight)
            self._allowed = self.in_flight
            self._changed.notify_all()

    def waiting(self, lane: Lane) -> int:
        with self._changed:
            return len(self._waiting[lane])

    def answered(self, call: Call, *, seconds: float) -> None:
        """Learn from an answer that was no 429."""
        with self._changed:
            self._pauses = 0
            if call.method is Method.GET:  # a charge takes as long as its gateway does
                self._learn_pace(_kind(call), seconds)

    def throttled(self, *, after_seconds: float | None) -> float:
        """Pause the site after a 429 and halve its slots; returns how long the pause is."""
        with self._changed:
            left = self.pause_seconds
            if left > 0 and after_seconds is None:
                return left  # the same burst: one pause answers all of its 429s
            pause = after_seconds if after_seconds is not None else self._next_pause()
            self._paused_until = max(self._paused_until, self.clock() + pause)
            self._halve()
            left = self.pause_seconds
        if self.shared is not None:
            self.shared.pause(self.site, seconds=left)
        return left

    def _hear_of_pause(self) -> None:
        """Another process may have been asked to slow down."""
        if self.shared is None:
            return
        left = self.shared.pause_seconds(self.site)
        with self._changed:
            self._paused_until = max(self._paused_until, self.clock() + left)

    @contextmanager
    def _shared(self, lane: Lane, give_up_at: float) -> Generator[None]:
        """Another process's visitors are not seen from here: sync never takes the last slot."""
        if self.shared is None:
            yield
            return
        slots = max(1, self.in_flight - 1) if lane is Lane.SYNC else self.in_flight
        patience = max(0.0, give_up_at - self.clock())
        with self.shared.taken(self.site, slots=slots, patience_seconds=patience) as is_ours:
            if not is_ours:
                raise NotSent("All slots of the site are busy, here or in another process.")
            yield

    def _take(self, lane: Lane, give_up_at: float) -> None:
        ticket = object()
        with self._changed:
            self._waiting[lane].append(ticket)
            try:
                while not self._may_go(ticket, lane):
                    self._wait(give_up_at)
            finally:
                self._waiting[lane].remove(ticket)
                self._changed.notify_all()
            self.running += 1
            self.most_running = max(self.most_running, self.running)

    def _may_go(self, ticket: object, lane: Lane) -> bool:
        if self.pause_seconds > 0 or self.running >= self._allowed:
            return False
        if lane is Lane.SYNC and self._waiting[Lane.VISITOR]:
            return False
        return self._waiting[lane][0] is ticket

    def _wait(self, give_up_at: float) -> None:
        left, pause = give_up_at - self.clock(), self.pause_seconds
        if pause > max(left, 0):
            raise SitePaused(
                f"The site asked us to slow down; next call in {pause:.0f} s.", after_seconds=pause
            )
        if left <= 0:
            raise NotSent("All slots of the site are busy.")
        self._changed.wait(min(left, pause) if pause else left)

    def _give_back(self) -> None:
        with self._changed:
            self.running -= 1
            self._changed.notify_all()

    def _next_pause(self) -> float:
        steps = self.settings.pauses_seconds
        step = steps[min(self._pauses, len(steps) - 1)]
        self._pauses += 1
        return step * (1 + self.settings.jitter * self.jitter())

    def _learn_pace(self, kind: str, seconds: float) -> None:
        pace = self._paces.get(kind)
        if pace is None:
            self._paces[kind] = Pace(seconds, seconds)
            return
        pace.add(seconds)
        if pace.is_slow(self.settings):
            self._halve()
            pace.usual_seconds = pace.recent_seconds  # halve once per doubling, not per answer
        else:
            self._recover()

    def _halve(self) -> None:
        self._allowed = max(1, self._allowed // 2)
        self._brisk_answers = 0

    def _recover(self) -> None:
        if self._allowed >= self.in_flight:
            return
        self._brisk_answers += 1
        if self._brisk_answers >= self.settings.recovery_answers:
            self._allowed += 1
            self._brisk_answers = 0
            self._changed.notify_all()


def _kind(call: Call) -> str:
    """Calls that should take alike long: the path without its ids, a list by its page size."""
    sizes = [value for key, value in call.query if key == "per_page"]
    return re.sub(r"\d+", "#", call.path) + "".join(f"?{size}" for size in sizes)


class SlotsRegistry:
    """One `SiteSlots` per site: all that talk to it in this process share its limit.

    `shared` extends that to every process.
    """

    def __init__(
        self, settings: SlotSettings | None = None, shared: SharedSlots | None = None
    ) -> None:
        self._settings = settings or SlotSettings()
        self._shared = shared
        self._slots: dict[tuple[str, str], SiteSlots] = {}
        self._lock = Lock()

    def slots(self, connector: str, base_url: str, *, in_flight: int = 3) -> SiteSlots:
        """The slots of a site, with the limit set last."""
        with self._lock:
            slots = self._slots.get((connector, base_url))
            if slots is None:
                site = f"{connector} {base_url}"
                slots = SiteSlots(in_flight, self._settings, site=site, shared=self._shared)
                self._slots[connector, base_url] = slots
            elif slots.in_flight != in_flight:
                slots.set_in_flight(in_flight)
            return slots
