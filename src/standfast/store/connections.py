"""An app's configured connectors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import msgspec
from sqlalchemy import Row, insert, select, update

from standfast.contract.connector import SiteFacts
from standfast.store.bodies import packed, unpacked
from standfast.store.columns import read_instant
from standfast.store.database import Reader, Transaction
from standfast.store.driver import execute
from standfast.store.schema import connections


class Health(StrEnum):
    OK = "ok"
    BROKEN = "broken"
    """Its runs wait, its offers hide, until somebody mends it."""


@dataclass(frozen=True)
class ConnectionRow:
    """A connection without its secrets; `sealed` is for the vault only."""

    id: str
    app_id: str
    connector: str
    settings: dict[str, str]
    sealed: bytes
    site: SiteFacts
    is_active: bool
    in_flight: int
    health: Health
    health_detail: str
    health_at: datetime
    refused_at: tuple[datetime, ...]
    created_at: datetime
    updated_at: datetime
    is_dry_run: bool = False
    """Everything is done but the write; what would have been sent is journalled."""

    def __repr__(self) -> str:
        return f"ConnectionRow({self.id!r}, {self.connector!r}, site={self.site.site_id!r})"

    @property
    def is_usable(self) -> bool:
        return self.is_active and self.health is Health.OK

    @property
    def is_in_trouble(self) -> bool:
        """Whether it is broken, or has been refused of late."""
        return self.health is not Health.OK or bool(self.refused_at)

    @property
    def site_key(self) -> str:
        """Whose in-flight limit its calls count against."""
        return f"{self.connector}:{self.site.site_id}"

    def lane(self, billing_id: str) -> str:
        """One customer of the site: their runs go one at a time, their limits are one."""
        return f"{self.site_key}:{billing_id}"


def add_connection(transaction: Transaction, row: ConnectionRow) -> None:
    transaction.connection.execute(insert(connections).values(_values(row)))


def save_connection(transaction: Transaction, row: ConnectionRow) -> None:
    transaction.connection.execute(
        update(connections).where(connections.c.id == row.id).values(_values(row))
    )


def get_connection(reader: Reader, connection_id: str) -> ConnectionRow:
    [row] = execute(reader.connection, _GET, (connection_id,)).fetchall()
    return _read(tuple(row))


_COLUMNS = tuple(column.name for column in connections.c)
_GET = f"SELECT {', '.join(_COLUMNS)} FROM connections WHERE id = ?"  # noqa: S608 - our own names


@lru_cache(maxsize=64)
def _read(values: tuple[Any, ...]) -> ConnectionRow:
    """Every run reads its connection, which seldom changes: the same row is the same object."""
    row = dict(zip(_COLUMNS, values, strict=True))
    instants = {name: read_instant(row[name]) for name in ("health_at", "created_at", "updated_at")}
    texts = {name: msgspec.json.decode(row[name]) for name in ("settings", "site", "refused_at")}
    flags = {name: bool(row[name]) for name in ("is_active", "is_dry_run")}
    return _row(SimpleNamespace(**(row | instants | texts | flags)))


def find_connection_by_id(reader: Reader, connection_id: str) -> ConnectionRow | None:
    found = reader.connection.execute(
        select(connections).where(connections.c.id == connection_id)
    ).one_or_none()
    return _row(found) if found else None


def find_connection(reader: Reader, app_id: str, connector: str) -> ConnectionRow | None:
    found = reader.connection.execute(
        select(connections).where(
            connections.c.app_id == app_id, connections.c.connector == connector
        )
    ).one_or_none()
    return _row(found) if found else None


def list_connections(reader: Reader, app_id: str | None = None) -> tuple[ConnectionRow, ...]:
    """The connections of an app, or of all apps."""
    query = select(connections).order_by(connections.c.created_at)
    if app_id is not None:
        query = query.where(connections.c.app_id == app_id)
    return tuple(_row(found) for found in reader.connection.execute(query))


def save_health(
    transaction: Transaction,
    connection_id: str,
    *,
    health: Health,
    detail: str,
    refused_at: tuple[datetime, ...],
    at: datetime,
) -> None:
    transaction.connection.execute(
        update(connections)
        .where(connections.c.id == connection_id)
        .values(health=health, health_detail=detail, health_at=at, refused_at=packed(refused_at))
    )


def _values(row: ConnectionRow) -> Mapping[str, Any]:
    return {
        "id": row.id,
        "app_id": row.app_id,
        "connector": row.connector,
        "settings": row.settings,
        "secrets": row.sealed,
        "site": packed(row.site),
        "is_active": row.is_active,
        "is_dry_run": row.is_dry_run,
        "in_flight": row.in_flight,
        "health": row.health,
        "health_detail": row.health_detail,
        "health_at": row.health_at,
        "refused_at": packed(row.refused_at),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def _row(found: Row[Any] | SimpleNamespace) -> ConnectionRow:
    return ConnectionRow(
        id=found.id,
        app_id=found.app_id,
        connector=found.connector,
        settings=found.settings,
        sealed=found.secrets,
        site=unpacked(found.site, SiteFacts),
        is_active=found.is_active,
        is_dry_run=found.is_dry_run,
        in_flight=found.in_flight,
        health=Health(found.health),
        health_detail=found.health_detail,
        health_at=found.health_at,
        refused_at=unpacked(found.refused_at, tuple[datetime, ...]),
        created_at=found.created_at,
        updated_at=found.updated_at,
    )
