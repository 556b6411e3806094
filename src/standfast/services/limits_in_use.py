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
from standfast.domain.snapshot import CompiledPrompt, CompiledSnapshot
from standfast.store.apps import find_app
from standfast.store.database import Reader
from standfast.store.limits import find_used

KEPT = timedelta(seconds=1)


@dataclass(frozen=True)
class _Known:
    """One app's counters at one moment; `limited` holds for as long as the snapshot does."""

    snapshot_hash: str
    at: datetime
    limited: tuple[CompiledPrompt, ...]
    day: str
    used: Mapping[Counter, int]


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
        """`customers`: who the visitor is to a tag. `others`: prompts outside the snapshot."""
        app_id = snapshot.snapshot.app_id
        known = self._known.get(app_id)
        if others:
            known = _read(reader, snapshot, now, limited_of((*snapshot.prompts, *others)))
        elif known is None or known.snapshot_hash != snapshot.hash:
            known = self._known[app_id] = _read(reader, snapshot, now, limited_of(snapshot.prompts))
        elif known.limited and (is_fresh or not timedelta() <= now - known.at < KEPT):
            known = self._known[app_id] = _read(reader, snapshot, now, known.limited)
        if not known.limited:
            return NOTHING_USED
        tags = {one.body.limits.once_per_tag for one in known.limited} - {None}
        own = [once_counter(tag, one) for tag in tags if tag is not None for one in customers]
        used = {**known.used, **find_used(reader, app_id, own)}
        return LimitsUsed(used, known.day, customers)


def limited_of(prompts: Iterable[CompiledPrompt]) -> tuple[CompiledPrompt, ...]:
    return tuple(one for one in prompts if one.body.limits != Limits())


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
    app = find_app(reader, app_id) if limited else None
    day = day_of(now, app.time_zone) if app else ""
    wanted = [one for prompt in limited for one in counters_of(prompt.body.limits, prompt.id, day)]
    return _Known(snapshot.hash, now, limited, day, find_used(reader, app_id, wanted))
