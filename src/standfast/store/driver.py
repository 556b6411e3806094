"""The few statements every run needs, spoken to the driver directly.

Built statements cost more than the database's own work here (see `bench/actions.py`): these are
texts, made once from the names of the columns, with values in the columns' own form.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection

from standfast.store.columns import EPOCH

_MICROSECOND = timedelta(microseconds=1)


class Rows(Protocol):
    """What a driver's cursor can tell."""

    @property
    def rowcount(self) -> int: ...

    def fetchall(self) -> list[Any]: ...


def execute(connection: Connection, statement: str, values: Iterable[Any]) -> Rows:
    """A statement with ? for its values, in the words of this database's driver."""
    if connection.dialect.name == "postgresql":
        statement = _with_percents(statement)
    if not connection.in_transaction():
        connection.begin()  # as the first built statement would
    driver: Any = connection.connection.driver_connection
    return driver.execute(statement, tuple(values))


@cache
def _with_percents(statement: str) -> str:
    return statement.replace("?", "%s")


def inserting(table: str, names: Iterable[str]) -> str:
    """INSERT INTO table (names) VALUES (?, …). Names are our own, never a stranger's."""
    columns = [f'"{name}"' for name in names]
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608


def instant(value: datetime | None) -> int | None:
    """As `columns.Instant` keeps it."""
    return None if value is None else (value - EPOCH) // _MICROSECOND


def read_instant(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)


def json_text(value: object) -> str | None:
    """As `columns.Json` keeps it."""
    return None if value is None else msgspec.json.encode(value, order="sorted").decode()
