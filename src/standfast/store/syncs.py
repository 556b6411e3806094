"""When each connection is synchronised, and how it went."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, case, insert, literal, or_, select, update

from standfast.store.columns import instant
from standfast.store.database import Reader, Transaction
from standfast.store.driver import execute
from standfast.store.schema import sync_schedules
from standfast.store.signals import SYNC_DUE


class What(StrEnum):
    CATALOGUE = "catalogue"
    """Plans, price points, coupons, reason codes."""
    RECORDS = "records"
    """Customers and their subscriptions."""


@dataclass(frozen=True)
class SyncRow:
    """One schedule with its last pass. `failures` counts those since the last success."""

    connection_id: str
    what: What
    interval_seconds: float
    next_at: datetime
    fence: int
    lease_until: datetime | None
    started_at: datetime | None
    succeeded_at: datetime | None
    failures: int
    error: str | None
    counts: dict[str, int] | None
    duration_seconds: float | None


def add_schedules(
    transaction: Transaction, connection_id: str, intervals: dict[What, float], *, now: datetime
) -> None:
    """Both schedules of a new connection, due at once."""
    transaction.connection.execute(
        insert(sync_schedules),
        [
            {
                "connection_id": connection_id,
                "what": what,
                "interval_seconds": seconds,
                "next_at": now,
                "fence": 0,
                "failures": 0,
            }
            for what, seconds in intervals.items()
        ],
    )
    transaction.signal(SYNC_DUE)


def request_sync(transaction: Transaction, connection_id: str, *, now: datetime) -> None:
    """Sync now: both schedules are due at once."""
    transaction.connection.execute(
        update(sync_schedules)
        .where(sync_schedules.c.connection_id == connection_id)
        .values(next_at=now)
    )
    transaction.signal(SYNC_DUE)


def is_sync_due(reader: Reader, *, now: datetime) -> bool:
    """Asked many times a second: costs next to nothing."""
    return bool(execute(reader.connection, _IS_DUE, (instant(now), instant(now))).fetchall())


_IS_DUE = (
    "SELECT 1 FROM sync_schedules WHERE next_at <= ? "
    "AND (lease_until IS NULL OR lease_until <= ?) LIMIT 1"
)


def claim_due_sync(transaction: Transaction, *, now: datetime, until: datetime) -> SyncRow | None:
    """The schedule that is most overdue and held by nobody, under a higher fence."""
    due = (
        select(sync_schedules.c.connection_id, sync_schedules.c.what)
        .where(
            sync_schedules.c.next_at <= now,
            or_(sync_schedules.c.lease_until.is_(None), sync_schedules.c.lease_until <= now),
        )
        .order_by(sync_schedules.c.next_at, sync_schedules.c.what)
        .limit(1)
    )
    if transaction.connection.dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True)
    found = transaction.connection.execute(due).one_or_none()
    if found is None:
        return None
    row = transaction.connection.execute(
        update(sync_schedules)
        .where(
            sync_schedules.c.connection_id == found.connection_id,
            sync_schedules.c.what == found.what,
        )
        .values(fence=sync_schedules.c.fence + 1, lease_until=until, started_at=now)
        .returning(sync_schedules)
    ).mappings()
    return _row(row.one())


def extend_sync_lease(transaction: Transaction, row: SyncRow, *, until: datetime) -> bool:
    """Whether the pass is still ours."""
    return _update(transaction, row, lease_until=until)


def finish_sync(
    transaction: Transaction, row: SyncRow, *, counts: dict[str, int], now: datetime
) -> bool:
    return _update(
        transaction,
        row,
        lease_until=None,
        succeeded_at=now,
        failures=0,
        error=None,
        counts=counts,
        duration_seconds=_lasted(row, now),
        next_at=_unless_asked_again(row, now + timedelta(seconds=row.interval_seconds)),
    )


def fail_sync(
    transaction: Transaction, row: SyncRow, *, error: str, next_at: datetime, now: datetime
) -> bool:
    return _update(
        transaction,
        row,
        lease_until=None,
        failures=row.failures + 1,
        error=error,
        duration_seconds=_lasted(row, now),
        next_at=_unless_asked_again(row, next_at),
    )


def free_sync_leases(transaction: Transaction) -> None:
    """Only for a process that holds the lock file."""
    transaction.connection.execute(update(sync_schedules).values(lease_until=None))


def list_syncs(reader: Reader, connection_id: str) -> dict[What, SyncRow]:
    rows = reader.connection.execute(
        select(sync_schedules).where(sync_schedules.c.connection_id == connection_id)
    ).mappings()
    return {row.what: row for row in map(_row, rows)}


def _update(transaction: Transaction, row: SyncRow, **values: Any) -> bool:
    return (
        transaction.connection.execute(
            update(sync_schedules)
            .where(
                sync_schedules.c.connection_id == row.connection_id,
                sync_schedules.c.what == row.what,
                sync_schedules.c.fence == row.fence,
            )
            .values(**values)
        ).rowcount
        == 1
    )


def _unless_asked_again(row: SyncRow, next_at: datetime) -> ColumnElement[datetime]:
    """Whoever asks while a pass is under way wants one that begins after the question."""
    asked_at = sync_schedules.c.next_at
    planned = literal(next_at, asked_at.type)
    return case((asked_at > row.started_at, asked_at), else_=planned)


def _lasted(row: SyncRow, now: datetime) -> float:
    return (now - (row.started_at or now)).total_seconds()


def _row(found: RowMapping) -> SyncRow:
    values: dict[str, Any] = dict(found)
    values["what"] = What(values["what"])
    return SyncRow(**values)
