"""The apps of the company: where prompts live."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update

from standfast.store.database import Reader, Transaction
from standfast.store.schema import apps


@dataclass(frozen=True)
class AppRow:
    """`sealed_token_secret` is for the vault only."""

    id: str
    name: str
    domains: tuple[str, ...]
    time_zone: str
    holdout_percent: float
    sealed_token_secret: bytes
    snapshot_hash: str | None
    created_at: datetime

    def __repr__(self) -> str:
        return f"AppRow({self.id!r}, {self.name!r})"


def add_app(transaction: Transaction, row: AppRow) -> None:
    transaction.connection.execute(
        insert(apps).values(
            id=row.id,
            name=row.name,
            domains=list(row.domains),
            time_zone=row.time_zone,
            holdout_percent=row.holdout_percent,
            token_secret=row.sealed_token_secret,
            snapshot_hash=row.snapshot_hash,
            created_at=row.created_at,
        )
    )


def find_app(reader: Reader, app_id: str) -> AppRow | None:
    return _find(reader, apps.c.id == app_id)


def list_apps(reader: Reader) -> tuple[AppRow, ...]:
    rows = reader.connection.execute(select(apps).order_by(apps.c.created_at, apps.c.id))
    return tuple(_row(row) for row in rows)


def lock_app(transaction: Transaction, app_id: str) -> AppRow | None:
    """The app, held against other publishers until the transaction ends."""
    query = select(apps).where(apps.c.id == app_id).with_for_update()
    found = transaction.connection.execute(query).one_or_none()
    return _row(found) if found else None


def save_app_settings(
    transaction: Transaction,
    app_id: str,
    *,
    name: str,
    domains: tuple[str, ...],
    time_zone: str,
    holdout_percent: float,
) -> None:
    transaction.connection.execute(
        update(apps)
        .where(apps.c.id == app_id)
        .values(
            name=name,
            domains=list(domains),
            time_zone=time_zone,
            holdout_percent=holdout_percent,
        )
    )


def save_snapshot_hash(transaction: Transaction, app_id: str, snapshot_hash: str) -> None:
    transaction.connection.execute(
        update(apps).where(apps.c.id == app_id).values(snapshot_hash=snapshot_hash)
    )


def list_snapshot_hashes(reader: Reader) -> dict[str, str | None]:
    """What is live in every app."""
    rows = reader.connection.execute(select(apps.c.id, apps.c.snapshot_hash))
    return {row.id: row.snapshot_hash for row in rows}


def _find(reader: Reader, *where: ColumnElement[bool]) -> AppRow | None:
    found = reader.connection.execute(select(apps).where(*where)).one_or_none()
    return _row(found) if found else None


def _row(found: Row[Any]) -> AppRow:
    return AppRow(
        id=found.id,
        name=found.name,
        domains=tuple(found.domains),
        time_zone=found.time_zone,
        holdout_percent=found.holdout_percent,
        sealed_token_secret=found.token_secret,
        snapshot_hash=found.snapshot_hash,
        created_at=found.created_at,
    )
