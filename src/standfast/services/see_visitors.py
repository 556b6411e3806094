"""Remembers signed-in visitors who asked for a decision, without slowing it down."""

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from standfast.clock import Clock
from standfast.domain.visitor import BillingIdSource, Identity, TraitValue
from standfast.store.apps import find_app
from standfast.store.database import Database, Transaction
from standfast.store.visitors import TraitSource, VisitorRow, lock_visitor, save_visitor

FLUSH_SECONDS = 1.0
NOTE_EVERY = timedelta(minutes=5)
MOST_REMEMBERED = 20_000

_log = structlog.get_logger()


@dataclass(frozen=True)
class _Seen:
    traits: dict[str, TraitValue]
    billing_ids: dict[str, str]
    at: datetime


class SeeVisitors:
    """Buffers what signed tokens say and writes it every second, off the decision's path.

    A visitor whose token says nothing new is written again every five minutes only. Safe to use
    from several threads; what is still buffered when the process dies is told by the next token.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: dict[tuple[str, str], _Seen] = {}
        self._written: dict[tuple[str, str], _Seen] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def seen(self, identity: Identity) -> None:
        """Costs a look into a dictionary. Unsigned visitors are not remembered."""
        if identity.user_id is None:
            return
        key = (identity.app_id, identity.user_id)
        seen = _Seen(identity.claims, identity.billing_ids, self._clock.now())
        with self._lock:
            if not _is_news(seen, self._written.get(key)):
                return
            self._waiting[key] = seen
            if self._timer is None:
                self._timer = threading.Timer(FLUSH_SECONDS, self._flush_quietly)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> int:
        """Write what waits; how many visitors that were."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            self._timer = None
        for (app_id, user_id), seen in waiting.items():
            with self._database.writing() as transaction:
                _write(transaction, app_id, user_id, seen)
        with self._lock:
            if len(self._written) + len(waiting) > MOST_REMEMBERED:
                self._written.clear()
            self._written.update(waiting)
        return len(waiting)

    def forget(self, app_id: str, user_id: str) -> None:
        """Drop what is remembered here of somebody who is being erased."""
        with self._lock:
            self._waiting.pop((app_id, user_id), None)
            self._written.pop((app_id, user_id), None)

    def close(self) -> None:
        with self._lock:
            timer = self._timer
        if timer is not None:
            timer.cancel()
            self.flush()

    def _flush_quietly(self) -> None:
        try:
            self.flush()
        except Exception:  # noqa: BLE001 - the next token tells it again
            _log.exception("visitors.not_written")


def _is_news(seen: _Seen, written: _Seen | None) -> bool:
    return (
        written is None
        or (seen.traits, seen.billing_ids) != (written.traits, written.billing_ids)
        or seen.at - written.at >= NOTE_EVERY
    )


def _write(transaction: Transaction, app_id: str, user_id: str, seen: _Seen) -> None:
    if find_app(transaction, app_id) is None:
        return
    row = lock_visitor(transaction, app_id, user_id, at=seen.at)
    save_visitor(transaction, replace(_merged(row, seen), seen_at=seen.at))


def _merged(row: VisitorRow, seen: _Seen) -> VisitorRow:
    """A billing id of a token is kept with its source; one the server told later wins again."""
    traits = {**row.traits, **seen.traits, **seen.billing_ids}
    changed = {
        trait: TraitSource(BillingIdSource.TOKEN, seen.at)
        for trait, value in seen.billing_ids.items()
        if row.traits.get(trait) != value
    }
    updated_at = row.updated_at if traits == row.traits else seen.at
    return replace(row, traits=traits, sources={**row.sources, **changed}, updated_at=updated_at)
