"""News that travels between threads (embedded) or processes (PostgreSQL) after a commit.

A signal is a hint: whoever misses one finds out by polling.
"""

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from standfast.store.driver import execute

CHANNEL = "standfast_"
"""Each topic has its own: a process is not woken by what nobody in it listens to."""
_NOTIFY = (
    "SELECT pg_notify(channel, subject) FROM unnest(?::text[], ?::text[]) AS news(channel, subject)"
)
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
NOBODY = ""
"""For no listener: whoever hears it looks up."""

Listener = Callable[[Signal], None]


class Signals(Protocol):
    def listen(self, listener: Listener, *topics: str) -> None:
        """Call `listener` for their signals, from any thread; it must be quick and not raise."""
        ...

    def within(self, connection: Connection, signals: Sequence[Signal]) -> None:
        """Called inside the transaction."""
        ...

    def after_commit(self, signals: Sequence[Signal]) -> None: ...

    def close(self) -> None: ...


class _Listeners:
    def __init__(self) -> None:
        self._listeners: dict[str, tuple[Listener, ...]] = {}

    def listen(self, listener: Listener, *topics: str) -> None:
        added = {topic: (*self._listeners.get(topic, ()), listener) for topic in topics}
        self._listeners = self._listeners | added

    def tell(self, signal: Signal) -> None:
        for listener in self._listeners.get(signal.topic, ()):
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

    def listen(self, listener: Listener, *topics: str) -> None:
        super().listen(listener, *topics)
        if self._thread is None:
            self._thread = threading.Thread(target=self._hear, name="signals", daemon=True)
            self._thread.start()
        else:
            self._wake_listener()

    def within(self, connection: Connection, signals: Sequence[Signal]) -> None:
        if signals:
            news = sorted({(CHANNEL + signal.topic, signal.subject) for signal in signals})
            channels, subjects = zip(*news, strict=True)
            execute(connection, _NOTIFY, (list(channels), list(subjects)))

    def after_commit(self, signals: Sequence[Signal]) -> None:
        pass

    def close(self) -> None:
        self._closed.set()
        if self._thread is not None:
            self._wake_listener()
            self._thread.join(timeout=3)

    def _wake_listener(self) -> None:
        """News of nobody: it looks at once what else it is to hear, or whether it is to end."""
        with (
            contextlib.suppress(SQLAlchemyError, psycopg.Error),
            self._engine.begin() as connection,
        ):
            self.within(connection, [Signal(NOBODY)])

    def _hear(self) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(psycopg.Error):
                self._hear_until_cut()
            self._closed.wait(RECONNECT_SECONDS)

    def _hear_until_cut(self) -> None:
        url = self._engine.url.set(drivername="postgresql")
        address = url.render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            heard = set[str]()
            while not self._closed.is_set():
                for topic in {NOBODY, *self._listeners} - heard:  # somebody may have begun since
                    connection.execute(SQL("LISTEN {}").format(Identifier(CHANNEL + topic)))
                    heard.add(topic)
                for note in connection.notifies(timeout=0.5, stop_after=1):
                    self.tell(Signal(note.channel.removeprefix(CHANNEL), note.payload))
