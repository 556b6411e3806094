"""Small transactions share a commit, and still each is durable when it says so."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

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


def _while_the_writer_is_busy(database: Database, jobs) -> list:
    with ThreadPoolExecutor(len(jobs)) as pool:
        started, mine = _all_behind(database, pool, jobs)
        assert mine is None
        return started


def _all_behind(database: Database, pool: ThreadPoolExecutor, jobs) -> tuple[list, object]:
    """All jobs begin while somebody else has the turn, so that they wait together.

    Gives the jobs, and what that somebody was told.
    """
    started = []
    try:
        with database.writing():
            started += [pool.submit(job) for job in jobs]
            grouped = database._grouped
            while grouped is not None and grouped._waiting < len(jobs):
                threading.Event().wait(0.001)
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
