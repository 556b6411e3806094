"""Clicks that go through our ledger: written with their interaction, worked off by a worker."""

import subprocess
import sys
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from actions_parts.idle import IdleConnector, IdleSites
from standfast.bootstrap import House, build, settle_down
from standfast.clock import SystemClock
from standfast.config import Settings
from standfast.connectors.registry import Registry
from standfast.contract.connector import SiteFacts
from standfast.domain.action_run import ActionRun
from standfast.domain.interaction import Kind, run_id
from standfast.services.configure_connection import secrets_context
from standfast.store.connections import ConnectionRow, Health, add_connection
from standfast.store.database import Database, Transaction
from standfast.store.interactions import InteractionRow, add_interaction, count_interaction
from standfast.store.runs import add_run
from standfast.store.signals import RUN_DUE, RUN_SETTLED, Signal

CONNECTION = "con_bench"
GATE = 5.0
"""Seconds after which a run that did not finish ends the bench."""


@dataclass(frozen=True)
class Measured:
    """`cpu_ms` is of all our processes, for each run of the throughput round."""

    runs_per_s: float
    cpu_ms: float
    overhead_p50_ms: float
    overhead_p99_ms: float


@dataclass
class Ledger:
    """A database with one app and one connection, clicked by this process."""

    database: Database
    app_id: str

    def __post_init__(self) -> None:
        self._clock = SystemClock()
        self._finished: dict[str, threading.Event] = {}
        self._count = 0
        self.database.signals.listen(self._hear, RUN_SETTLED)

    def _hear(self, signal: Signal) -> None:
        self._count += 1
        event = self._finished.pop(signal.subject, None)
        if event is not None:
            event.set()

    def click(self, interaction: str) -> None:
        """The transaction of one click, as `services.record_interaction` makes it."""
        now = self._clock.now()
        row = _interaction(self.app_id, interaction, now)
        run = _run(self.app_id, interaction, now)

        def stored(transaction: Transaction) -> None:
            add_interaction(transaction, row)
            count_interaction(transaction, row)
            add_run(transaction, run)
            transaction.signal(RUN_DUE, run.id)

        self.database.write(stored)

    def overhead(self, count: int) -> list[float]:
        """Milliseconds from the click to the finished run, one at a time."""
        taken: list[float] = []
        for number in range(count):
            done = threading.Event()
            self._finished[f"o{number}"] = done
            began = time.perf_counter()
            self.click(f"o{number}")
            if not done.wait(GATE):
                raise SystemExit("a run did not finish")
            taken.append((time.perf_counter() - began) * 1000)
        return taken

    def throughput(self, count: int, *, label: str, clickers: int = 8) -> float:
        """Runs per second from the first click to the last finished run."""
        self._count = 0
        began = time.perf_counter()
        with ThreadPoolExecutor(clickers) as pool:
            list(pool.map(self.click, (f"{label}{number}" for number in range(count))))
        while self._count < count:
            time.sleep(0.002)
            if time.perf_counter() - began > count / 10:
                raise SystemExit(f"only {self._count} of {count} runs finished")
        return count / (time.perf_counter() - began)


def measure_ledger(folder: Path, database_url: str | None, runs: int) -> Measured:
    """One click at a time, then as many as go."""
    with running_ledger(folder, database_url) as ledger:
        ledger.throughput(max(runs // 10, 50), label="w")  # statements are prepared
        alone = sorted(ledger.overhead(min(max(runs // 4, 100), 1000)))
        before = _cpu_seconds()
        per_s = ledger.throughput(runs, label="t")
        mine = _cpu_seconds() - before
    return Measured(
        runs_per_s=per_s,
        cpu_ms=mine / runs * 1000,
        overhead_p50_ms=alone[len(alone) // 2],
        overhead_p99_ms=alone[int(len(alone) * 0.99)],
    )


def _cpu_seconds() -> float:
    return time.process_time()


@contextmanager
def running_ledger(folder: Path, database_url: str | None) -> Generator[Ledger]:
    """Its worker is in this process when embedded, else in one of its own."""
    settings = Settings(data=folder, database_url=database_url)
    house = build(settings, registry=Registry([IdleConnector()]), sites=IdleSites())
    settle_down()
    house.database.make_room()
    ledger = Ledger(house.database, house.manage_app.create("Bench", domains=()).id)
    secrets = house.vault.seal(b"{}", context=secrets_context(CONNECTION))
    with house.database.writing() as transaction:
        add_connection(transaction, _connection(ledger.app_id, secrets, SystemClock().now()))
    working = _worker_here(house) if database_url is None else _worker_apart(folder, database_url)
    try:
        with working:
            yield ledger
    finally:
        house.close()


@contextmanager
def _worker_here(house: House) -> Generator[None]:
    worker = house.worker()
    worker.start()
    try:
        yield
    finally:
        worker.stop()


@contextmanager
def _worker_apart(folder: Path, database_url: str) -> Generator[None]:
    program = Path(__file__).with_name("worker_process.py")
    process = subprocess.Popen(
        [sys.executable, str(program), database_url, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    if process.stdout.readline().strip() != "working":
        raise SystemExit("the worker did not start")
    try:
        yield
    finally:
        process.stdin.close()
        process.wait(30)


def _connection(app_id: str, secrets: bytes, now: datetime) -> ConnectionRow:
    return ConnectionRow(
        id=CONNECTION, app_id=app_id, connector="idle", settings={}, sealed=secrets,
        site=SiteFacts("1", "Idle", "idle", "USD", is_test=True), is_active=True, in_flight=3,
        health=Health.OK, health_detail="", health_at=now, refused_at=(), created_at=now,
        updated_at=now,
    )  # fmt: skip


def _interaction(app_id: str, interaction: str, now: datetime) -> InteractionRow:
    return InteractionRow(
        id=interaction, app_id=app_id, visitor=f"u:{interaction}", user_id=interaction,
        prompt_id="p1",
        version=1, variation="default", snapshot_hash="", decision=interaction, view="v",
        step="offer", kind=Kind.ACCEPT, claim=f"{interaction}:final", values={},
        billing_id=interaction, billing_id_source="token", show=True, refusal=None,
        decided_at=now, received_at=now,
    )  # fmt: skip


def _run(app_id: str, interaction: str, now: datetime) -> ActionRun:
    return ActionRun(
        id=run_id(interaction, 0), interaction_id=interaction, position=0, app_id=app_id,
        connection_id=CONNECTION, connector="idle", action="nothing", parameters={},
        user_id=interaction, billing_id=interaction, lane=f"idle:1:{interaction}",
        sequence=int(now.timestamp() * 1_000_000) * 16, stop_on_error=True, moves_money=False,
        created_at=now, deadline_at=now + timedelta(hours=1), due_at=now,
    )  # fmt: skip
