"""Many small transactions, one commit: the writing connection of an embedded file.

Making a commit durable is most of what a small transaction costs. So whoever is done while others
wait for their turn leaves the commit to them, and waits until it is made: nobody goes on before
what they wrote would survive. Each stands behind a savepoint of its own and may fail alone.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

LARGEST = 64
"""So many transactions share a commit at most."""
PATIENCE_SECONDS = 60.0
FORGOTTEN_SECONDS = 0.05
"""Who waited for a commit so long looks whether anybody is left to make it."""


class TurnNeverCame(Exception):
    """The database's only writer was busy for a minute."""


class _Group:
    """Transactions that share a commit."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.driver: Any = connection.connection.driver_connection
        self.size = 0
        self.error: BaseException | None = None
        self._is_over = threading.Event()
        self.driver.execute("BEGIN IMMEDIATE")

    @property
    def is_over(self) -> bool:
        return self._is_over.is_set()

    def commit(self) -> None:
        try:
            if self.error is None:
                self.driver.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - every member hears of it
            self.error = error
        finally:
            if self.driver.in_transaction:
                self.driver.execute("ROLLBACK")
            self._is_over.set()

    def wait(self, seconds: float) -> bool:
        return self._is_over.wait(seconds)


class GroupedWriter:
    """One writing connection, its users one after another.

    The engine must not begin or commit by itself: only this class does, by the driver.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0
        self._group: _Group | None = None

    @contextmanager
    def begin(self, *, alone: bool = False) -> Generator[Connection]:
        """A transaction that is durable when the block has been left.

        `alone`: a long one, which nobody's commit shall wait for. Raises `TurnNeverCame`.
        """
        self._take_turn(counted=not alone)
        try:
            if alone:
                self._end_group()
            group = self._join()
            with _savepoint(group):
                yield group.connection
        finally:
            self._leave(alone=alone)
        self._wait_for(group)

    def close(self) -> None:
        with self._turn:
            self._end_group()
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _take_turn(self, *, counted: bool) -> None:
        self._count(+int(counted))
        try:
            if not self._turn.acquire(timeout=PATIENCE_SECONDS):
                raise TurnNeverCame
        finally:
            self._count(-int(counted))

    def _count(self, change: int) -> None:
        with self._counting:
            self._waiting += change

    def _join(self) -> _Group:
        if self._group is None:
            if self._connection is None:
                self._connection = self._engine.connect()
                self._connection.begin()  # in name only, so that nobody else ends what we begin
            self._group = _Group(self._connection)
        self._group.size += 1
        return self._group

    def _leave(self, *, alone: bool) -> None:
        """The last one for now makes the commit."""
        try:
            group = self._group
            if group is None:
                return
            is_full = group.size >= LARGEST or group.error is not None
            if alone or is_full or self._waiting == 0:
                self._end_group()
        finally:
            self._turn.release()

    def _end_group(self) -> None:
        group, self._group = self._group, None
        if group is not None:
            group.commit()

    def _wait_for(self, group: _Group) -> None:
        while not group.wait(FORGOTTEN_SECONDS):
            # Whoever was to come next may have given up before its turn.
            if self._turn.acquire(blocking=False):
                try:
                    if self._group is group:
                        self._end_group()
                finally:
                    self._turn.release()
        if group.error is not None:
            raise group.error


@contextmanager
def _savepoint(group: _Group) -> Generator[None]:
    group.driver.execute("SAVEPOINT one")
    try:
        yield
    except BaseException as error:
        if not group.driver.in_transaction:  # SQLite itself rolled everything back
            group.error = error
        else:
            group.driver.execute("ROLLBACK TO one")
            group.driver.execute("RELEASE one")
        raise
    group.driver.execute("RELEASE one")
