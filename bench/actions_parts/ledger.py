"""Clicks that go through our ledger: written with their interaction, worked off by a worker."""

import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from actions_parts.idle import IdleConnector, IdleSites
from standfast.clock import SystemClock
from standfast.config import Durations, Settings
from standfast.connectors.registry import Registry
from standfast.contract.connector import SiteFacts
from standfast.domain.action_run import ActionRun
from standfast.domain.interaction import Kind, run_id
from standfast.store.apps import AppRow, add_app
from standfast.store.connections import ConnectionRow, Health, add_connection
from standfast.store.database import Database
from standfast.store.interactions import InteractionRow, add_interaction, count_interaction
from standfast.store.runs import add_run
from standfast.store.signals import RUN_DUE, RUN_SETTLED, Signal

APP, CONNECTION = "app_bench", "con_bench"
GATE = 5.0
"""Seconds after which a run that did not finish ends the bench."""


@dataclass
class Ledger:
    """A database with one app and one connection, and a worker on it."""

    database: Database

    def __post_init__(self) -> None:
        self._clock = SystemClock()
        self._finished: dict[str, threading.Event] = {}
        self._count = 0
        self.database.signals.listen(self._hear)

    def _hear(self, signal: Signal) -> None:
        if signal.topic == RUN_SETTLED:
            self._count += 1
            event = self._finished.pop(signal.subject, None)
            if event is not None:
                event.set()

    def click(self, number: int) -> str:
        """The transaction of one click, as `services.record_interaction` makes it."""
        interaction = f"i{number}"
        now = self._clock.now()
        row = _interaction(interaction, number, now)
        run = _run(interaction, number, now)
        with self.database.writing() as transaction:
            add_interaction(transaction, row)
            count_interaction(transaction, row)
            add_run(transaction, run)
            transaction.signal(RUN_DUE, run.id)
        return interaction

    def overhead(self, count: int) -> list[float]:
        """Milliseconds from the click to the finished run, one at a time."""
        taken: list[float] = []
        for number in range(count):
            done = threading.Event()
            self._finished[f"i{number}"] = done
            began = time.perf_counter()
            self.click(number)
            if not done.wait(GATE):
                raise SystemExit("a run did not finish")
            taken.append((time.perf_counter() - began) * 1000)
        return taken

    def throughput(self, count: int, *, first: int, clickers: int = 8) -> float:
        """Runs per second from the first click to the last finished run."""
        self._count = 0
        began = time.perf_counter()
        with ThreadPoolExecutor(clickers) as pool:
            list(pool.map(self.click, range(first, first + count)))
        while self._count < count:
            time.sleep(0.002)
            if time.perf_counter() - began > count / 10:
                raise SystemExit(f"only {self._count} of {count} runs finished")
        return count / (time.perf_counter() - began)


@contextmanager
def running_ledger(folder: Path, database_url: str | None) -> Generator[Ledger]:
    from standfast.bootstrap import build

    settings = Settings(data=folder, database_url=database_url, durations=Durations())
    house = build(settings, registry=Registry([IdleConnector()]), sites=IdleSites())
    ledger = Ledger(house.database)
    now = SystemClock().now()
    with house.database.writing() as transaction:
        add_app(transaction, AppRow(APP, "Bench", (), "UTC", 0, b"", None, now))
        add_connection(transaction, _connection(now))
    worker = house.worker()
    worker.start()
    try:
        yield ledger
    finally:
        worker.stop()
        house.close()


def _connection(now: datetime) -> ConnectionRow:
    return ConnectionRow(
        id=CONNECTION, app_id=APP, connector="idle", settings={}, sealed=b"",
        site=SiteFacts("1", "Idle", "idle", "USD", is_test=True), is_active=True, in_flight=3,
        health=Health.OK, health_detail="", health_at=now, refused_at=(), created_at=now,
        updated_at=now,
    )  # fmt: skip


def _interaction(interaction: str, number: int, now: datetime) -> InteractionRow:
    return InteractionRow(
        id=interaction, app_id=APP, visitor=f"u:u{number}", user_id=f"u{number}", prompt_id="p1",
        version=1, variation="default", snapshot_hash="", decision=interaction, view="v",
        step="offer", kind=Kind.ACCEPT, claim=f"{interaction}:final", values={},
        billing_id=str(number), billing_id_source="token", show=True, refusal=None,
        decided_at=now, received_at=now,
    )  # fmt: skip


def _run(interaction: str, number: int, now: datetime) -> ActionRun:
    return ActionRun(
        id=run_id(interaction, 0), interaction_id=interaction, position=0, app_id=APP,
        connection_id=CONNECTION, connector="idle", action="nothing", parameters={},
        user_id=f"u{number}", billing_id=str(number), lane=f"idle:1:{number}",
        sequence=int(now.timestamp() * 1_000_000) * 16, stop_on_error=True, moves_money=False,
        created_at=now, deadline_at=now + timedelta(hours=1), due_at=now,
    )  # fmt: skip
