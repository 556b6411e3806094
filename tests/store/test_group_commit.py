"""Small transactions share a commit, and still each is durable when it says so."""

import sqlite3
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from standfast.store import group_commit
from standfast.store.database import Database, open_database
from standfast.store.group_commit import TurnNeverCame


@pytest.fixture
def counted(tmp_path: Path):
    """An embedded database with one table, a list that grows with its commits, and its file."""
    database = open_database(tmp_path / "data", None)
    commits: list[int] = []
    with database.writing() as transaction:
        transaction.connection.execute(text("CREATE TABLE seen (n INTEGER PRIMARY KEY)"))
        driver: Any = transaction.connection.connection.driver_connection
    driver.set_trace_callback(lambda text: commits.append(1) if text == "COMMIT" else None)
    yield database, commits, tmp_path / "data" / "core.sqlite3"
    database.close()


def _write(database: Database, number: int) -> None:
    with database.writing() as transaction:
        transaction.connection.execute(text("INSERT INTO seen VALUES (:n)"), {"n": number})


def _numbers(file: Path) -> set[int]:
    """As another process sees them."""
    with closing(sqlite3.connect(file)) as other:
        return {n for (n,) in other.execute("SELECT n FROM seen")}


def _while_the_writer_is_busy(database: Database, jobs, *, waits: bool = True) -> list:
    with ThreadPoolExecutor(len(jobs)) as pool:
        started, mine = _all_behind(database, pool, jobs, waits=waits)
        assert mine is None
        return started


def _all_behind(
    database: Database, pool: ThreadPoolExecutor, jobs, *, waits: bool = True
) -> tuple[list, object]:
    """All jobs begin while somebody else has the turn, so that they wait together.

    Gives the jobs, and what that somebody was told.
    """
    started = []
    try:
        with database.writing():
            started += [pool.submit(job) for job in jobs]
            grouped = database._grouped
            while waits and grouped is not None and grouped.waiting < len(jobs):
                threading.Event().wait(0.001)
            if not waits:
                wait(started)
    except sqlite3.Error as error:
        return started, error
    return started, None


def test_those_who_waited_together_share_a_commit(counted):
    database, commits, file = counted
    commits.clear()

    done = _while_the_writer_is_busy(database, [lambda n=n: _write(database, n) for n in range(20)])

    assert [one.exception() for one in done] == [None] * 20
    assert _numbers(file) == set(range(20))
    assert len(commits) == 1


def test_what_was_written_is_there_for_others_when_the_block_has_been_left(counted):
    database, _, file = counted
    missed: list[int] = []

    def write_and_look(number: int) -> None:
        _write(database, number)
        if number not in _numbers(file):
            missed.append(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write_and_look, range(200)))

    assert missed == []


def test_one_that_fails_takes_nobody_with_it(counted):
    database, commits, file = counted
    _write(database, 3)
    commits.clear()

    done = _while_the_writer_is_busy(database, [lambda n=n: _write(database, n) for n in range(6)])

    assert [one.exception() is not None for one in done] == [n == 3 for n in range(6)]
    assert _numbers(file) == set(range(6))


def test_a_commit_that_fails_is_told_to_all_who_shared_it(counted):
    database, _, file = counted
    with database.writing() as transaction:  # a promise that is only looked at by the commit
        transaction.connection.execute(
            text("CREATE TABLE child (n INTEGER REFERENCES seen DEFERRABLE INITIALLY DEFERRED)")
        )

    def break_the_commit() -> None:
        with database.writing() as transaction:
            transaction.connection.execute(text("INSERT INTO child VALUES (77)"))

    jobs = [break_the_commit, *(lambda n=n: _write(database, n) for n in range(4))]
    with ThreadPoolExecutor(len(jobs)) as pool:
        started, mine = _all_behind(database, pool, jobs)

    assert isinstance(mine, sqlite3.IntegrityError)
    assert all(isinstance(one.exception(), sqlite3.IntegrityError) for one in started)
    assert _numbers(file) == set()
    _write(database, 9)
    assert _numbers(file) == {9}


def test_nobody_waits_for_the_commit_of_a_long_transaction(counted):
    database, _, file = counted
    seen_meanwhile: list[set[int]] = []

    def long() -> None:
        with database.writing(alone=True) as transaction:
            seen_meanwhile.append(_numbers(file))
            transaction.connection.execute(text("INSERT INTO seen VALUES (100)"))

    with ThreadPoolExecutor(2) as pool:
        _write(database, 1)
        pool.submit(long).result()

    assert seen_meanwhile == [{1}]
    assert _numbers(file) == {1, 100}


def _brings(database: Database, number: int) -> None:
    """As `_write`, but whoever has the turn may do it."""
    database.write(
        lambda transaction: (
            transaction.connection.execute(text("INSERT INTO seen VALUES (:n)"), {"n": number})
            and None
        )
    )


def test_work_that_is_brought_shares_a_commit_too(counted):
    database, commits, file = counted
    commits.clear()

    done = _while_the_writer_is_busy(
        database, [lambda n=n: _brings(database, n) for n in range(20)]
    )

    assert [one.exception() for one in done] == [None] * 20
    assert _numbers(file) == set(range(20))
    assert len(commits) == 1


def test_work_that_fails_after_a_block_takes_nobody_with_it(counted):
    database, _, file = counted
    _write(database, 3)

    done = _while_the_writer_is_busy(database, [lambda n=n: _brings(database, n) for n in range(6)])

    assert [one.exception() is not None for one in done] == [n == 3 for n in range(6)]
    assert _numbers(file) == set(range(6))


def test_the_others_work_is_done_again_without_what_failed(counted):
    database, commits, file = counted
    _write(database, 3)
    commits.clear()
    begun, may_end = threading.Event(), threading.Event()

    def long(_transaction) -> None:
        begun.set()
        may_end.wait()

    with ThreadPoolExecutor(7) as pool:
        pool.submit(database.write, long)
        begun.wait()
        done = [pool.submit(_brings, database, n) for n in range(6)]
        while database._grouped.waiting < len(done):
            threading.Event().wait(0.001)
        may_end.set()

    assert [one.exception() is not None for one in done] == [n == 3 for n in range(6)]
    assert _numbers(file) == set(range(6))
    assert len(commits) == 1


def test_a_connection_that_breaks_is_told_to_all_and_nobody_waits_for_ever(counted):
    database, _, file = counted
    begun, may_end = threading.Event(), threading.Event()

    def break_it(transaction) -> None:
        begun.set()
        may_end.wait()
        transaction.connection.connection.driver_connection.close()
        raise ValueError

    with ThreadPoolExecutor(4) as pool:
        broken = pool.submit(database.write, break_it)
        begun.wait()
        done = [pool.submit(_brings, database, n) for n in range(3)]
        while database._grouped.waiting < len(done):
            threading.Event().wait(0.001)
        may_end.set()

    assert isinstance(broken.exception(), ValueError)
    assert all(isinstance(one.exception(), sqlite3.ProgrammingError) for one in done)
    assert _numbers(file) == set()
    database._grouped._connection.invalidate()  # so that it can be closed


def test_who_is_interrupted_while_waiting_keeps_nobody_from_the_turn(counted, monkeypatch):
    database, _, file = counted
    patient = group_commit._Ticket.wait

    def interrupted(ticket, seconds: float = -1) -> bool:
        if seconds == group_commit.PATIENCE_SECONDS:
            monkeypatch.setattr(group_commit._Ticket, "wait", patient)
            raise KeyboardInterrupt
        return patient(ticket, seconds)

    monkeypatch.setattr(group_commit._Ticket, "wait", interrupted)
    (stopped,) = _while_the_writer_is_busy(database, [lambda: _brings(database, 1)], waits=False)

    assert isinstance(stopped.exception(), KeyboardInterrupt)
    _write(database, 2)
    assert _numbers(file) == {2}


def test_ctrl_c_meant_for_the_leader_is_not_given_to_whom_it_works_for(counted):
    database, _, file = counted
    begun, may_end = threading.Event(), threading.Event()
    main = threading.get_ident()

    def long(_transaction) -> None:
        begun.set()
        may_end.wait()

    def be_interrupted(transaction) -> None:
        assert threading.get_ident() == main  # worked off by the leader
        raise KeyboardInterrupt

    with ThreadPoolExecutor(2) as pool:

        def queue_behind() -> None:
            begun.wait()
            followers.append(pool.submit(database.write, be_interrupted))
            while database._grouped.waiting < 1:
                threading.Event().wait(0.001)
            may_end.set()

        followers: list[Future] = []
        pool.submit(queue_behind)
        with pytest.raises(KeyboardInterrupt):
            database.write(long)

    assert isinstance(followers[0].exception(), group_commit.WriterInterrupted)
    _brings(database, 1)
    assert _numbers(file) == {1}


def test_without_room_on_the_disk_there_is_less_speed_and_no_error(counted, monkeypatch):
    database, _, file = counted
    monkeypatch.setattr("standfast.store.database.LOG_PAGES", 10**7)  # more than a value may hold

    database.make_room()

    _write(database, 1)
    assert _numbers(file) == {1}


def test_what_failed_in_mid_work_leaves_nothing_of_itself(counted):
    database, _, file = counted

    def half(transaction) -> None:
        transaction.connection.execute(text("INSERT INTO seen VALUES (1)"))
        transaction.signal("never", "heard")
        raise ValueError

    heard = []
    database.signals.listen(heard.append, "never")
    with pytest.raises(ValueError):
        database.write(half)

    assert _numbers(file) == set()
    assert heard == []
    _brings(database, 1)
    assert _numbers(file) == {1}


def test_threads_of_every_kind_each_get_what_they_wrote_or_an_error(counted):
    database, _, file = counted

    def one(number: int) -> bool:
        write = _write if number % 3 == 0 else _brings
        try:
            write(database, number % 150)  # every number twice: one of the two must fail
        except IntegrityError:
            return False
        assert number % 150 in _numbers(file)
        return True

    with ThreadPoolExecutor(12) as pool:
        written = list(pool.map(one, range(300)))

    assert sum(written) == 150
    assert _numbers(file) == set(range(150))


def test_only_what_need_not_last_is_committed_without_waiting_for_the_disk(counted):
    database, _, _ = counted
    levels: list[int] = []

    def level(transaction) -> None:
        found = transaction.connection.execute(text("PRAGMA synchronous")).scalar_one()
        levels.append(int(found))

    database.write(level, lasting=False)
    database.write(level)
    _while_the_writer_is_busy(
        database,
        [
            lambda: database.write(level, lasting=False),
            lambda: database.write(level),
        ],
    )

    normal, full = 1, 2
    assert levels == [normal, full, full, full]


def test_room_is_made_in_the_log_and_nothing_is_written(counted):
    database, _, file = counted
    _write(database, 1)

    database.make_room()

    assert file.with_name("core.sqlite3-wal").stat().st_size > 30_000_000
    assert _numbers(file) == {1}
    with database.reading() as reader:
        tables = reader.connection.execute(text("SELECT name FROM sqlite_master")).scalars()
        assert "room" not in set(tables)


def test_a_writer_that_never_gets_its_turn_says_so(counted, monkeypatch):
    database, _, file = counted
    monkeypatch.setattr("standfast.store.group_commit.PATIENCE_SECONDS", 0.01)

    with (
        ThreadPoolExecutor(1) as pool,
        database.writing() as transaction,
    ):
        refused = pool.submit(_write, database, 1)
        assert isinstance(refused.exception(), TurnNeverCame)
        transaction.connection.execute(text("INSERT INTO seen VALUES (2)"))

    assert _numbers(file) == {2}
