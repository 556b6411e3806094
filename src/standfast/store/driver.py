"""The few statements every run needs, spoken to the driver directly.

Built statements cost more than the database's own work here (see `bench/actions.py`): these are
texts, made once from the names of the columns, with values in the columns' own form.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Connection


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
