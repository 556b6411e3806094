"""Claims what is due and hands it to threads; keeps their leases alive; syncs on schedule."""

import os
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from standfast.clock import Clock
from standfast.config import Durations
from standfast.domain.action_run import ActionRun
from standfast.services.run_actions import RunActions
from standfast.services.seal_audit import SealAudit
from standfast.services.sync_connection import SyncConnections
from standfast.services.work_off_webhooks import WorkOffWebhooks
from standfast.store.database import Database
from standfast.store.runs import claim_due_runs, extend_leases
from standfast.store.signals import RUN_DUE, SYNC_DUE, WEBHOOK_DUE, Signal

STOP_SECONDS = 5.0
QUIET_SECONDS = 0.05
"""So long after a step nobody seems to be clicking."""
SEAL_WAITS_SECONDS = 10.0
QUICK_STEP_SECONDS = 0.025
AHEAD = 6
"""So many runs for each thread are claimed at most while steps are quick."""

_log = structlog.get_logger()


@dataclass
class Worker:
    """One process's share of the work. `start` returns at once; `stop` lets current steps end."""

    database: Database
    actions: RunActions
    syncs: SyncConnections
    webhooks: WorkOffWebhooks
    seals: SealAudit
    clock: Clock
    durations: Durations
    threads: int = 4
    name: str = field(default_factory=lambda: f"worker-{os.getpid()}-{secrets.token_hex(4)}")
    """Stands in the lease: which process holds a run."""

    def __post_init__(self) -> None:
        self._stopping = threading.Event()
        self._rested = threading.Event()
        self._run_due = threading.Event()
        self._sync_due = threading.Event()
        self._webhook_due = threading.Event()
        self._held: dict[str, ActionRun] = {}
        self._step_seconds = 1.0
        self._busy_at = 0.0
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix=self.name)
        self._loops = [
            threading.Thread(
                target=self._repeat, args=(loop, due), name=f"{self.name}-{what}", daemon=True
            )
            for what, loop, due in (
                ("claims", self._claim_and_hand_out, self._run_due),
                ("syncs", self.syncs.sync_due, self._sync_due),
                ("webhooks", self.webhooks.work_off_due, self._webhook_due),
            )
        ]
        self._loops += [
            threading.Thread(target=loop, name=f"{self.name}-{what}", daemon=True)
            for what, loop in (("heart", self._beat), ("seals", self._seal))
        ]

    def start(self) -> None:
        self.database.signals.listen(self._on_signal, RUN_DUE, SYNC_DUE, WEBHOOK_DUE)
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        """Claim nothing more and let the steps under way end.

        A sync pass that waits for its turn is left where it is: the next start begins it anew.
        """
        self._stopping.set()
        self._run_due.set()
        self._sync_due.set()
        self._webhook_due.set()
        self._pool.shutdown(wait=True)
        self._rested.set()
        for loop in self._loops:
            if loop.is_alive():
                loop.join(STOP_SECONDS)

    def _on_signal(self, signal: Signal) -> None:
        if signal.topic == RUN_DUE:
            self._run_due.set()
        elif signal.topic == SYNC_DUE:
            self._sync_due.set()
        elif signal.topic == WEBHOOK_DUE:
            self._webhook_due.set()

    def _repeat(self, work: Callable[[], bool], due: threading.Event) -> None:
        while not self._stopping.is_set():
            due.clear()
            try:
                did_something = work()
            except Exception:  # noqa: BLE001 - the loop outlives every failure
                _log.exception("worker.loop_failed", loop=threading.current_thread().name)
                did_something = False
            if not did_something:
                due.wait(self.durations.poll)

    def _claim_and_hand_out(self) -> bool:
        free = self._free()
        if free <= 0:
            return False
        now = self.clock.now()
        until = now + timedelta(seconds=self.durations.lease)
        claimed = self.database.write_one(
            lambda transaction: claim_due_runs(
                transaction, owner=self.name, now=now, until=until, limit=free
            ),
            lasting=False,
        )
        for run in claimed:
            with self._lock:
                self._held[run.id] = run
            self._pool.submit(self._advance, run)
        return len(claimed) == free  # with fewer there is nothing more, until somebody says so

    def _free(self) -> int:
        """How many runs to claim now.

        As a rule one for each idle thread, so that another process may take the next. While steps
        are quick a claim costs more than they do: then several for each thread, and all at once.
        """
        with self._lock:
            held = len(self._held)
        if self._step_seconds > QUICK_STEP_SECONDS:
            return self.threads - held
        return AHEAD * self.threads - held if held <= self.threads else 0

    def _advance(self, run: ActionRun) -> None:
        began = time.monotonic()
        try:
            self.actions.advance(run)
        except Exception:  # noqa: BLE001 - the thread outlives every failure
            # Its lease runs out and another worker takes it up where the journal ends.
            _log.exception("action_run.step_failed", run=run.id)
        finally:
            self._busy_at = time.monotonic()
            self._step_seconds += 0.1 * (self._busy_at - began - self._step_seconds)
            with self._lock:
                self._held.pop(run.id, None)
            self._run_due.set()

    def _let_clicks_go_first(self) -> None:
        """Nobody waits for a seal: while runs come one after another it does, but not for long."""
        latest = time.monotonic() + SEAL_WAITS_SECONDS
        while time.monotonic() < min(self._busy_at + QUIET_SECONDS, latest):
            if self._rested.wait(QUIET_SECONDS):
                return

    def _seal(self) -> None:
        """What ended since is sealed together: a chain is lengthened in one transaction."""
        while not self._rested.wait(self.durations.seal):
            self._let_clicks_go_first()
            try:
                while self.seals.seal_due() and not self._rested.is_set():
                    pass
            except Exception:  # noqa: BLE001 - what was not sealed is found by the next round
                _log.exception("worker.loop_failed", loop=threading.current_thread().name)

    def _beat(self) -> None:
        while not self._rested.wait(self.durations.heartbeat):
            with self._lock:
                held = list(self._held.values())
            if not held:
                continue
            until = self.clock.now() + timedelta(seconds=self.durations.lease)
            try:
                with self.database.writing() as transaction:
                    extend_leases(transaction, held, until=until)
            except Exception:  # noqa: BLE001 - the next beat may come in time
                _log.exception("worker.heartbeat_failed")
