"""Many small transactions, one commit: the writing connection of an embedded file.

Making a commit durable is most of what a small transaction costs, and handing the connection from
thread to thread is much of the rest. So whoever has the turn works off what others brought
meanwhile, and the last one for now makes the commit. Nobody goes on before what they wrote would
survive. Each may fail alone.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, Engine

LARGEST = 64
"""So many transactions share a commit at most."""
PATIENCE_SECONDS = 60.0
_DURABLE: Final = "FULL"
_QUICK: Final = "NORMAL"

T = TypeVar("T")
Work = Callable[[Connection], Any]


class TurnNeverCame(Exception):
    """The database's only writer was busy for a minute."""


class WriterInterrupted(Exception):
    """Whoever was at this work for us was told to end. Nothing of it was written."""


class _Ticket:
    """Somebody's place in the queue. With `work` whoever has the turn may do it for them."""

    def __init__(self, work: Work | None, *, alone: bool, lasting: bool) -> None:
        self.work = work
        self.alone = alone
        self.lasting = lasting
        self.result: Any = None
        self.error: BaseException | None = None
        self.has_turn = False
        self.is_withdrawn = False
        self._told = threading.Lock()
        self._told.acquire()

    def tell(self) -> None:
        self._told.release()

    def wait(self, seconds: float = -1) -> bool:
        return self._told.acquire(timeout=seconds)


class _Group:
    """Transactions that share a commit."""

    def __init__(self, connection: Connection, *, lasting: bool) -> None:
        self.connection = connection
        self.lasting = lasting
        self.driver: Any = connection.connection.driver_connection
        self.members: list[_Ticket] = []
        self.error: BaseException | None = None
        self._has_block = False
        self.driver.execute("BEGIN IMMEDIATE")

    def may_hold(self, ticket: _Ticket) -> bool:
        is_full = len(self.members) >= LARGEST or self.error is not None
        return not is_full and not ticket.alone and (self.lasting or not ticket.lasting)

    def commit(self) -> None:
        """Every member hears of it, also when it failed."""
        try:
            if self.error is None:
                self.driver.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - every member hears of it
            self.error = error
        finally:
            with suppress(sqlite3.Error):
                if self.driver.in_transaction:
                    self.driver.execute("ROLLBACK")
            for member in self.members:
                member.error = member.error or self.error
                member.tell()

    def do(self, ticket: _Ticket, work: Work) -> None:
        """What fails is undone by doing the others' work again, which costs only who fails.

        A block cannot be done again: after one, there are savepoints.
        """
        try:
            if self._has_block:
                with self._savepoint():
                    ticket.result = work(self.connection)
            else:
                ticket.result = work(self.connection)
        except BaseException as error:  # noqa: BLE001 - it is theirs
            ticket.error = error
            if not self._has_block:
                self._start_over()

    @contextmanager
    def block(self) -> Generator[Connection]:
        self._has_block = True
        with self._savepoint():
            yield self.connection

    def _start_over(self) -> None:
        try:
            while not self._is_done_again():
                pass
        except BaseException as error:  # noqa: BLE001 - every member hears of it
            self.error = error

    def _is_done_again(self) -> bool:
        """Without those that failed; False when one more has."""
        if self.driver.in_transaction:
            self.driver.execute("ROLLBACK")
        self.driver.execute("BEGIN IMMEDIATE")
        for member in self.members:
            if member.error is None and member.work is not None:
                try:
                    member.result = member.work(self.connection)
                except BaseException as error:  # noqa: BLE001 - it is theirs
                    member.error = error
                    return False
        return True

    @contextmanager
    def _savepoint(self) -> Generator[None]:
        self.driver.execute("SAVEPOINT one")
        try:
            yield
        except BaseException as error:
            if not self.driver.in_transaction:  # SQLite itself rolled everything back
                self.error = error
            else:
                self.driver.execute("ROLLBACK TO one")
                self.driver.execute("RELEASE one")
            raise
        self.driver.execute("RELEASE one")


class GroupedWriter:
    """One writing connection, its users one after another in the order they came.

    The engine must not begin or commit by itself: only this class does, by the driver. `_guard`
    keeps the queue; everything else belongs to whoever has the turn.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._guard = threading.Lock()
        self._queue: deque[_Ticket] = deque()
        self._is_taken = False
        self._connection: Connection | None = None
        self._synchronous = _DURABLE
        self._group: _Group | None = None

    @property
    def waiting(self) -> int:
        """How many have not had their turn yet."""
        return len(self._queue)

    @contextmanager
    def begin(self, *, alone: bool = False) -> Generator[Connection]:
        """A transaction that is durable when the block has been left.

        `alone`: a long one, which nobody's commit shall wait for. Raises `TurnNeverCame`.
        """
        ticket = _Ticket(None, alone=alone, lasting=True)
        self._take_turn(ticket)
        try:
            with self._join(ticket).block() as connection:
                yield connection
        finally:
            self._leave(alone=alone)
        ticket.wait()
        if ticket.error is not None:
            raise ticket.error

    def write(self, work: Callable[[Connection], T], *, lasting: bool = True) -> T:
        """What `work` gives, once it is durable. It must be short, and change nothing but the
        database: another thread may do it, and more than once.

        Not `lasting`: a power cut may undo it as long as nothing lasting was written after it.
        Raises `TurnNeverCame`, and what `work` raises.
        """
        ticket = _Ticket(work, alone=False, lasting=lasting)
        self._take_turn(ticket)
        if ticket.has_turn:
            self._do(ticket, work)
            self._leave()
            ticket.wait()
        if ticket.error is not None:
            raise ticket.error
        return cast("T", ticket.result)

    def close(self) -> None:
        self._take_turn(_Ticket(None, alone=True, lasting=True))
        try:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
        finally:
            self._leave()

    def _take_turn(self, ticket: _Ticket) -> None:
        """Until the ticket has the turn, or somebody who had it has done its work."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = ticket.has_turn = True
                return
            self._queue.append(ticket)
        try:
            is_told = ticket.wait(PATIENCE_SECONDS)
        except BaseException:  # somebody pressed Ctrl-C
            if self._withdraw(ticket).has_turn:
                self._leave()
            raise
        if not is_told:
            self._give_up(ticket)

    def _withdraw(self, ticket: _Ticket) -> _Ticket:
        with self._guard:
            ticket.is_withdrawn = True
            if ticket in self._queue:
                self._queue.remove(ticket)
        return ticket

    def _give_up(self, ticket: _Ticket) -> None:
        """Raises `TurnNeverCame`, unless its turn has come at this very moment."""
        with self._guard:
            if ticket in self._queue:
                self._queue.remove(ticket)
                raise TurnNeverCame
        ticket.wait()

    def _join(self, ticket: _Ticket) -> _Group:
        if self._group is None:
            if self._connection is None:
                self._connection = self._engine.connect()
                self._connection.begin()  # in name only, so that nobody else ends what we begin
            with self._guard:
                lasting = ticket.lasting or any(one.lasting for one in self._queue)
            self._synchronize(self._connection, _DURABLE if lasting else _QUICK)
            self._group = _Group(self._connection, lasting=lasting)
        self._group.members.append(ticket)
        return self._group

    def _synchronize(self, connection: Connection, how: str) -> None:
        """Only between transactions."""
        if how != self._synchronous:
            driver: Any = connection.connection.driver_connection
            driver.execute(f"PRAGMA synchronous={how}")
            self._synchronous = how

    def _do(self, ticket: _Ticket, work: Work) -> None:
        """Whoever brought the work hears what came of it: with the commit, or now without one."""
        try:
            group = self._join(ticket)
        except BaseException as error:  # noqa: BLE001 - it is theirs
            ticket.error = error
            ticket.tell()
        else:
            group.do(ticket, work)

    def _leave(self, *, alone: bool = False) -> None:
        """Work off what others brought, and hand on the turn; the last one makes the commit."""
        interrupt: BaseException | None = None
        if alone:
            self._end_group()
        while (following := self._following()) is not None:
            group = self._group
            if group is not None and not group.may_hold(following):
                self._end_group()
            if self._group is not None and following.work is not None:
                self._do(following, following.work)
                if isinstance(following.error, KeyboardInterrupt):  # it was meant for us
                    interrupt, following.error = following.error, WriterInterrupted()
            elif self._has_handed_on(following):
                break
        if interrupt is not None:
            raise interrupt

    def _has_handed_on(self, ticket: _Ticket) -> bool:
        with self._guard:
            if ticket.is_withdrawn:
                return False
            ticket.has_turn = True
        ticket.tell()
        return True

    def _following(self) -> _Ticket | None:
        """Who is next; when nobody waits the commit is made, and nobody has the turn any more."""
        while True:
            with self._guard:
                if self._queue:
                    return self._queue.popleft()
                if self._group is None:
                    self._is_taken = False
                    return None
            self._end_group()

    def _end_group(self) -> None:
        group, self._group = self._group, None
        if group is not None:
            group.commit()
