"""News that travels between threads (embedded) or processes (PostgreSQL) after a commit.

A signal is a hint: whoever misses one finds out by polling.
"""

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from standfast.store.driver import execute

CHANNEL = "standfast"
_NOTIFY = "SELECT pg_notify(?, payload) FROM unnest(?::text[]) payload"
RECONNECT_SECONDS = 1.0


@dataclass(frozen=True)
class Signal:
    """`topic` is one of the constants below, `subject` an id."""

    topic: str
    subject: str = ""


RUN_DUE = "run_due"
RUN_SETTLED = "run_settled"
SNAPSHOT_CHANGED = "snapshot_changed"
SYNC_DUE = "sync_due"
WEBHOOK_DUE = "webhook_due"

Listener = Callable[[Signal], None]


class Signals(Protocol):
    def listen(self, listener: Listener) -> None:
        """Call `listener` for every signal, from any thread; it must be quick and not raise."""
        ...

    def within(self, connection: Connection, signals: Sequence[Signal]) -> None:
        """Called inside the transaction."""
        ...

    def after_commit(self, signals: Sequence[Signal]) -> None: ...

    def close(self) -> None: ...


class _Listeners:
    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        self._listeners = [*self._listeners, listener]

    def tell(self, signal: Signal) -> None:
        for listener in self._listeners:
            listener(signal)


class LocalSignals(_Listeners):
    """Everybody lives in this process."""

    def within(self, connection: Connection, signals: Sequence[Signal]) -> None:
        pass

    def after_commit(self, signals: Sequence[Signal]) -> None:
        for signal in signals:
            self.tell(signal)

    def close(self) -> None:
        pass


class PostgresSignals(_Listeners):
    """LISTEN/NOTIFY; the listening connection starts with the first listener."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def listen(self, listener: Listener) -> None:
        super().listen(listener)
        if self._thread is None:
            self._thread = threading.Thread(target=self._hear, name="signals", daemon=True)
            self._thread.start()

    def within(self, connection: Connection, signals: Sequence[Signal]) -> None:
        payloads = {f"{signal.topic}:{signal.subject}" for signal in signals}
        if payloads:
            execute(connection, _NOTIFY, (CHANNEL, sorted(payloads)))

    def after_commit(self, signals: Sequence[Signal]) -> None:
        pass

    def close(self) -> None:
        self._closed.set()
        if self._thread is not None:
            self._wake_listener()
            self._thread.join(timeout=3)

    def _wake_listener(self) -> None:
        """News of nothing, so that it need not wait its time out before it ends."""
        with (
            contextlib.suppress(SQLAlchemyError, psycopg.Error),
            self._engine.begin() as connection,
        ):
            self.within(connection, [Signal("")])

    def _hear(self) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(psycopg.Error):
                self._hear_until_cut()
            self._closed.wait(RECONNECT_SECONDS)

    def _hear_until_cut(self) -> None:
        url = self._engine.url.set(drivername="postgresql")
        address = url.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            while not self._closed.is_set():
                for note in connection.notifies(timeout=0.5):
                    topic, _, subject = note.payload.partition(":")
                    self.tell(Signal(topic, subject))
