"""What of an app's limits is used up, as decisions see it: at most a second old."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from standfast.domain.limits import (
    NOTHING_USED,
    Counter,
    LimitsUsed,
    Scope,
    day_of,
    once_counter,
)
from standfast.domain.prompt import Limits
from standfast.domain.snapshot import CompiledPrompt, CompiledSnapshot, limited_of
from standfast.store.apps import find_app
from standfast.store.database import Reader
from standfast.store.limits import find_used

KEPT = timedelta(seconds=1)


@dataclass(frozen=True)
class _Known:
    """One app's counters at one moment."""

    snapshot_hash: str
    at: datetime
    day: str
    used: Mapping[Counter, int]

    def serves(self, snapshot: CompiledSnapshot, now: datetime) -> bool:
        return self.snapshot_hash == snapshot.hash and timedelta() <= now - self.at < KEPT


class LimitsInUse:
    """Reads nothing for an app that limits nothing. What a customer used is always read afresh."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def read(
        self,
        reader: Reader,
        snapshot: CompiledSnapshot,
        now: datetime,
        *,
        customers: tuple[str, ...],
        is_fresh: bool = False,
        others: tuple[CompiledPrompt, ...] = (),
    ) -> LimitsUsed:
        """`customers`: who the visitor is to a tag. `others`: prompts outside the snapshot.

        Those are told with `is_fresh` only, since a cache holds the snapshot's.
        """
        limited = (*snapshot.limited, *limited_of(others))
        if not limited:
            return NOTHING_USED
        app_id = snapshot.snapshot.app_id
        known = self._known.get(app_id)
        if known is None or is_fresh or not known.serves(snapshot, now):
            known = self._known[app_id] = _read(reader, snapshot, now, limited)
        tags = {one.body.limits.once_per_tag for one in limited} - {None}
        own = [once_counter(tag, one) for tag in tags if tag is not None for one in customers]
        used = {**known.used, **find_used(reader, app_id, own)}
        return LimitsUsed(used, known.day, customers)


def counters_of(limits: Limits, prompt_id: str, day: str) -> Iterable[Counter]:
    """Those of the prompt itself, not of a customer."""
    if limits.total is not None:
        yield Counter(Scope.ACCEPTS, prompt_id)
    if limits.per_day is not None:
        yield Counter(Scope.ACCEPTS_A_DAY, prompt_id, day)
    if limits.budget is not None:
        yield Counter(Scope.BUDGET, prompt_id)


def _read(
    reader: Reader,
    snapshot: CompiledSnapshot,
    now: datetime,
    limited: tuple[CompiledPrompt, ...],
) -> _Known:
    app_id = snapshot.snapshot.app_id
    app = find_app(reader, app_id)
    assert app is not None
    day = day_of(now, app.time_zone)
    wanted = [one for prompt in limited for one in counters_of(prompt.body.limits, prompt.id, day)]
    return _Known(snapshot.hash, now, day, find_used(reader, app_id, wanted))
