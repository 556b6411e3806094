"""Both sides of the story: Standfast's ledger, read-only, and the twin's own log and state."""

import threading
import time
from collections import defaultdict
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from chaos_parts.plan import Window
from chargify_simulator.testing import RunningSimulator
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.attempt_chain import Entry, EntryKind
from standfast.store.database import Reader, open_database
from standfast.store.runs import get_run, list_entries
from standfast.store.schema import action_runs
from standfast.store.schema_ledger import webhook_inbox

QUIET_SECONDS = 20.0
FINAL_STATES = frozenset({"succeeded", "refused", "failed", "cancelled", "needs_operator"})
"""Written out once more: the judge takes no list from the accused."""


@dataclass(frozen=True)
class Ledger:
    """Opened for each look, so that nothing of ours outlives a killed process's files."""

    data: Path
    database_url: str | None

    def runs(self, user: str | None = None) -> list[ActionRun]:
        with self._reading() as reader:
            query = select(action_runs.c.id).order_by(action_runs.c.sequence)
            if user is not None:
                query = query.where(action_runs.c.user_id == user)
            return [get_run(reader, one) for one in reader.connection.scalars(query).all()]

    def holder(self, user: str, run_id: str | None) -> int | None:
        """The process that holds this run, or the one that is held of this user's."""
        columns = action_runs.c
        query = select(columns.lease_owner).where(columns.lease_until.is_not(None))
        which = columns.user_id == user if run_id is None else columns.id == run_id
        with self._reading() as reader:
            owner = reader.connection.scalars(query.where(which)).first()
        return int(owner.split("-")[1]) if owner else None

    def journals(self, run_ids: Iterable[str]) -> dict[str, list[Entry]]:
        with self._reading() as reader:
            return {one: list_entries(reader, one) for one in run_ids}

    def webhooks(self) -> tuple[int, int]:
        """Events that were taken in, and how often they came."""
        columns = webhook_inbox.c
        with self._reading() as reader:
            query = select(func.count(), func.coalesce(func.sum(columns.deliveries), 0))
            taken, deliveries = reader.connection.execute(query.select_from(webhook_inbox)).one()
        return taken, int(deliveries)

    @contextmanager
    def _reading(self) -> Generator[Reader]:
        database = open_database(self.data, self.database_url)
        try:
            with database.reading() as reader:
                yield reader
        finally:
            database.close()


def window_of(
    journal: list[Entry], killed_at: datetime, *, has_effect: bool, told_at: datetime | None
) -> Window | None:
    """Where a run stood at the kill; None when its visitor had been told the end already."""
    before = [entry for entry in journal if entry.at <= killed_at]
    kinds = {entry.kind for entry in before}
    if before and RunState(before[-1].state) in FINAL_STATES:
        is_told = told_at is not None and told_at <= killed_at
        return None if is_told else Window.OUTCOME_ANSWER
    if EntryKind.INTENT not in kinds:
        return Window.BEFORE_INTENT
    return Window.EFFECT_OUTCOME if has_effect else Window.INTENT_CALL


@dataclass
class TwinLog:
    """The twin's request log, fetched in pieces so that a long run loses nothing."""

    twin: RunningSimulator
    calls: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: int = 0

    def collect(self) -> None:
        """What has come since; unfinished requests are fetched again next time."""
        with self._lock:
            for call in self.twin.requests(since=self._seen):
                self.calls[call["n"]] = call
            unfinished = [n for n, call in self.calls.items() if not call["finished"]]
            self._seen = min(unfinished, default=max(self.calls, default=0) + 1) - 1

    def of_fault(self, fault: int) -> dict[str, Any] | None:
        """The request that this fault struck."""
        self.collect()
        with self._lock:  # other rounds collect at the same time
            return next((call for call in self.calls.values() if call["fault"] == fault), None)

    def forget_fault(self, fault: int) -> None:
        """A spent fault only slows the twin down; one that has struck nobody yet stays."""
        view = self.twin.control("GET", f"faults/{fault}")
        if view["used"] and not view["waiting"]:
            self.twin.control("DELETE", f"faults/{fault}")

    def faults_that_struck(self) -> int:
        return len({call["fault"] for call in self.calls.values()} - {None})

    def beyond(self, in_flight: int) -> list[str]:
        """Standfast's requests that came when so many were under way already."""
        return [
            f"{call['method']} {call['path']} at {call['at']} was number {call['in_flight']}"
            for call in self._ours()
            if call["in_flight"] > in_flight
        ]

    def wait_until_quiet(self) -> bool:
        """Whether every request, held and delayed ones too, has come to its end."""
        give_up_at = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < give_up_at:
            self.collect()
            if all(call["finished"] for call in self.calls.values()):
                return True
            time.sleep(0.1)
        return False

    def effects(self) -> dict[tuple[str, str, object], int]:
        """How many of Standfast's requests changed something, by method, path and customer.

        The customer counts for creates only, which share one path.
        """
        counts: dict[tuple[str, str, object], int] = defaultdict(int)
        for call in self._ours():
            if call["effect"]:
                ordered = (call["body"] or {}).get("subscription") or {}
                counts[call["method"], call["path"], ordered.get("customer_id")] += 1
        return counts

    def _ours(self) -> Generator[dict[str, Any]]:
        for call in self.calls.values():
            if call["user_agent"].startswith("standfast"):
                yield call
