"""The two databases behind one face: who may read, who may write, what is told after a commit."""

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, text
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from standfast.store import schema_ledger, schema_operators
from standfast.store.group_commit import GroupedWriter
from standfast.store.schema import core, mirror
from standfast.store.shared_slots import AdvisorySlots
from standfast.store.signals import LocalSignals, PostgresSignals, Signal, Signals

TABLES = (schema_ledger.core, schema_operators.core)
"""`core` is complete once both modules are imported."""


PING_AFTER_SECONDS = 1.0

LOG_PAGES = 8000
"""Fewer checkpoints, each greater: a click that meets one waits for it."""
PAGE_BYTES = 4096

T = TypeVar("T")


class _Unwritten(Exception):
    """What was written is to be forgotten."""


class Reader:
    """May read. Store functions that change nothing take one."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection


class Transaction(Reader):
    """May write. Only services open one; what they signal is heard after the commit."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.signals: list[Signal] = []

    def signal(self, topic: str, subject: str = "") -> None:
        self.signals.append(Signal(topic, subject))


class Database:
    """One writer per file when embedded; ordinary pools on PostgreSQL.

    SQLite before 3.51.3 can lose a commit when two connections checkpoint at once, so every file
    has one writing connection. Small transactions on the core file share their commits.
    """

    def __init__(
        self,
        *,
        core_writes: Engine,
        core_reads: Engine,
        core_single: Engine,
        mirror_writes: Engine,
        mirror_reads: Engine,
        signals: Signals,
        shared_slots: AdvisorySlots | None = None,
    ) -> None:
        self._core_writes = core_writes
        self._grouped = GroupedWriter(core_writes) if self.is_embedded else None
        self._core_reads = core_reads
        self._core_single = core_single
        self._mirror_writes = mirror_writes
        self._mirror_reads = mirror_reads
        self.signals = signals
        self.shared_slots = shared_slots
        """A vendor's in-flight limit over all processes; None where there is only one."""

    @property
    def is_embedded(self) -> bool:
        return self._core_writes.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Generator[Reader]:
        with self._core_reads.connect() as connection:
            yield Reader(connection)

    @contextmanager
    def reading_one_moment(self) -> Generator[Reader]:
        """As `reading`, but what is written meanwhile stays unseen however long it takes."""
        with self._core_reads.connect() as connection:
            if not self.is_embedded:  # SQLite's readers never see it
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield Reader(connection)

    @contextmanager
    def reading_one(self) -> Generator[Reader]:
        """For one statement: no transaction is begun and ended around it."""
        with self._core_single.connect() as connection:
            yield Reader(connection)

    @contextmanager
    def reading_mirror(self) -> Generator[Reader]:
        with self._mirror_reads.connect() as connection:
            yield Reader(connection)

    @contextmanager
    def writing(self, *, alone: bool = False) -> Generator[Transaction]:
        """What was written is durable when the block has been left.

        `alone` is for a long transaction (an import), which no click shall wait for.
        """
        with self._begun(alone=alone) as connection:
            transaction = Transaction(connection)
            yield transaction
            self.signals.within(connection, transaction.signals)
        self.signals.after_commit(transaction.signals)

    def write_one(self, work: Callable[[Transaction], T], *, lasting: bool = True) -> T:
        """As `write`, where one statement is all of the work; no signal goes with it."""
        if self._grouped is not None:
            return self.write(work, lasting=lasting)
        with self._core_single.connect() as connection:
            transaction = Transaction(connection)
            result = work(transaction)
        assert not transaction.signals, "a signal needs a transaction to travel with"
        return result

    def write(self, work: Callable[[Transaction], T], *, lasting: bool = True) -> T:
        """As `writing`, for what is short and comes with every click: `work` gets the transaction.

        It changes nothing but the database: when embedded another writer's thread may do it, and
        more than once, so that they share a commit. Not `lasting`: a power cut may undo it as long
        as nothing lasting was written after it.
        """
        if self._grouped is None:
            with self.writing() as transaction:
                return work(transaction)

        def done(connection: Connection) -> tuple[T, list[Signal]]:
            transaction = Transaction(connection)
            return work(transaction), transaction.signals

        result, signals = self._grouped.write(done, lasting=lasting)
        self.signals.after_commit(signals)
        return result

    def _begun(self, *, alone: bool) -> AbstractContextManager[Connection]:
        if self._grouped is None:
            return self._core_writes.begin()
        return self._grouped.begin(alone=alone)

    @contextmanager
    def writing_mirror(self) -> Generator[Transaction]:
        with self._mirror_writes.begin() as connection:
            yield Transaction(connection)

    def create_missing_tables(self) -> None:
        """Build the present schema; existing tables are left alone."""
        with self.writing() as transaction:
            core.create_all(transaction.connection)
        mirror.create_all(self._mirror_writes)

    def make_room(self) -> None:
        """Lengthen an embedded file's log once to what it holds between two checkpoints.

        A commit that need not lengthen it is durable in half the time. To be called by whoever
        stays: it writes 32 MB, and takes 60 ms.
        """
        if self.is_embedded:
            # Without room on the disk commits are slower, and that is all.
            with (
                suppress(_Unwritten, SQLAlchemyError),
                self.writing(alone=True) as transaction,
            ):
                transaction.connection.execute(text("CREATE TABLE room (bytes BLOB)"))
                transaction.connection.execute(
                    text("INSERT INTO room VALUES (zeroblob(:length))"),
                    {"length": LOG_PAGES * PAGE_BYTES},
                )
                raise _Unwritten

    def close(self) -> None:
        self.signals.close()
        if self.shared_slots is not None:
            self.shared_slots.close()
        if self._grouped is not None:
            self._grouped.close()
        for engine in (
            self._core_writes,
            self._core_reads,
            self._core_single,
            self._mirror_writes,
            self._mirror_reads,
        ):
            engine.dispose()


def open_database(data: Path, database_url: str | None) -> Database:
    """The embedded database in this folder, or PostgreSQL at this address."""
    return _open_postgresql(database_url) if database_url else _open_embedded(data)


def metadata_of(name: str) -> MetaData:
    return {"core": core, "mirror": mirror}[name]


def _open_embedded(data: Path) -> Database:
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    core_file, mirror_file = data / "core.sqlite3", data / "mirror.sqlite3"
    mirror_writes = _sqlite_writer(mirror_file, synchronous="NORMAL")
    _begin_with(mirror_writes, "BEGIN IMMEDIATE")
    return Database(
        core_writes=_sqlite_writer(core_file, synchronous="FULL"),
        core_reads=_sqlite_reader(core_file),
        core_single=_sqlite_reader(core_file, begins=False),
        mirror_writes=mirror_writes,
        mirror_reads=_sqlite_reader(mirror_file),
        signals=LocalSignals(),
    )


def _sqlite_writer(file: Path, *, synchronous: str) -> Engine:
    engine = create_engine(
        f"sqlite:///{file}",
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"check_same_thread": False, "timeout": 30},
        hide_parameters=True,  # a logged error must not hold what was bound
    )
    checkpoints = f"PRAGMA wal_autocheckpoint={LOG_PAGES}"
    durable = f"PRAGMA synchronous={synchronous}"
    _on_connect(engine, durable, "PRAGMA journal_mode=WAL", checkpoints)
    return engine


def _sqlite_reader(file: Path, *, begins: bool = True) -> Engine:
    engine = create_engine(
        f"sqlite:///{file}",
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=32,
        connect_args={"check_same_thread": False, "timeout": 30},
        hide_parameters=True,  # a logged error must not hold what was bound
    )
    _on_connect(engine, "PRAGMA query_only=ON")
    if begins:
        _begin_with(engine, "BEGIN")
    return engine


def _on_connect(engine: Engine, *statements: str) -> None:
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we begin transactions ourselves
        cursor = connection.cursor()
        for statement in ("PRAGMA foreign_keys=ON", *statements):
            cursor.execute(statement)
        cursor.close()

    event.listen(engine, "connect", prepare)


def _begin_with(engine: Engine, statement: str) -> None:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    event.listen(engine, "begin", begin)


def _open_postgresql(database_url: str) -> Database:
    url = "postgresql+psycopg://" + database_url.partition("://")[2]
    engine = create_engine(url, pool_size=8, max_overflow=24, hide_parameters=True)
    single = create_engine(
        url,
        pool_size=4,
        max_overflow=28,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
    )
    for one in (engine, single):
        _ping_after_a_rest(one)
    return Database(
        core_writes=engine,
        core_reads=engine,
        core_single=single,
        mirror_writes=engine,
        mirror_reads=engine,
        signals=PostgresSignals(engine),
        shared_slots=AdvisorySlots(engine),
    )


def _ping_after_a_rest(engine: Engine) -> None:
    """Asks whether the server is still there, but not before each of many transactions."""

    def returned(_driver: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    def taken(driver: Any, record: Any, _proxy: Any) -> None:
        rested = time.monotonic() - record.info.get("rests_since", time.monotonic())
        if rested > PING_AFTER_SECONDS:
            try:
                engine.dialect.do_ping(driver)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error  # the pool takes another one

    event.listen(engine, "checkin", returned)
    event.listen(engine, "checkout", taken)


def upserting(transaction: Transaction, table: Table) -> Any:
    """An INSERT that knows `on_conflict_…`, which both databases spell alike."""
    is_postgresql = transaction.connection.dialect.name == "postgresql"
    return insert_postgresql(table) if is_postgresql else insert_sqlite(table)


def is_reachable(database: Database) -> bool:
    """Whether a read comes back; for the readiness page."""
    with database.reading() as reader:
        return reader.connection.execute(text("SELECT 1")).scalar_one() == 1
