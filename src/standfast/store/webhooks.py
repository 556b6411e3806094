"""What came in by webhook: stored before it is answered, worked off one customer at a time."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, or_, select, update

from standfast.contract.connector import Notice
from standfast.store.columns import instant
from standfast.store.database import Reader, Transaction, upserting
from standfast.store.driver import execute
from standfast.store.schema_ledger import webhook_inbox
from standfast.store.signals import WEBHOOK_DUE

_inbox = webhook_inbox.c
_CLAIMING = 0x5F_1B0C  # of our advisory locks this one is for claiming webhooks


@dataclass(frozen=True)
class WebhookRow:
    """One webhook that waits. `failures` counts the readings that failed."""

    connection_id: str
    notice: Notice
    received_at: datetime
    failures: int


@dataclass(frozen=True)
class InboxCounts:
    """How a connection's webhooks stand. `heard_at` is None before the first.

    `notices` are different ones, `deliveries` all of them, repeated ones too. `given_up` could
    not be worked off; `error` is what the latest of them, or of those that wait, met.
    """

    heard_at: datetime | None = None
    event: str = ""
    notices: int = 0
    deliveries: int = 0
    waiting: int = 0
    given_up: int = 0
    error: str = ""


def add_webhook(
    transaction: Transaction, connection_id: str, notice: Notice, body: bytes, *, now: datetime
) -> bool:
    """Keep a webhook with its body until it is worked off. False: it was here before.

    One that names nobody has nothing to be worked off.
    """
    is_due = notice.customer is not None or notice.subscription is not None
    statement = (
        upserting(transaction, webhook_inbox)
        .values(
            connection_id=connection_id,
            id=notice.id,
            event=notice.event,
            customer_external_id=notice.customer,
            subscription_external_id=notice.subscription,
            body=zlib.compress(body) if is_due else b"",
            deliveries=1,
            received_at=now,
            heard_at=now,
            due_at=now if is_due else None,
            failures=0,
            done_at=None if is_due else now,
        )
        .on_conflict_do_update(
            index_elements=[_inbox.connection_id, _inbox.id],
            set_={"deliveries": _inbox.deliveries + 1, "heard_at": now},
        )
        .returning(_inbox.deliveries)
    )
    is_first = transaction.connection.execute(statement).scalar_one() == 1
    if is_first and is_due:
        transaction.signal(WEBHOOK_DUE, connection_id)
    return is_first


def is_webhook_due(reader: Reader, *, now: datetime) -> bool:
    """Asked many times a second: costs next to nothing."""
    return bool(execute(reader.connection, _IS_DUE, (instant(now), instant(now))).fetchall())


_IS_DUE = (
    "SELECT 1 FROM webhook_inbox WHERE due_at <= ? "
    "AND (lease_until IS NULL OR lease_until <= ?) LIMIT 1"
)


def claim_due_webhooks(
    transaction: Transaction, *, now: datetime, until: datetime
) -> tuple[WebhookRow, ...]:
    """All that wait for the customer who has waited longest; nobody else takes them until then."""
    is_free = and_(
        _inbox.due_at <= now, or_(_inbox.lease_until.is_(None), _inbox.lease_until <= now)
    )
    _claim_alone(transaction)
    first = select(webhook_inbox).where(is_free).order_by(_inbox.due_at, _inbox.id).limit(1)
    found = transaction.connection.execute(first).one_or_none()
    if found is None:
        return ()
    rows = transaction.connection.execute(
        update(webhook_inbox)
        .where(is_free, _inbox.connection_id == found.connection_id, _is_of(found))
        .values(lease_until=until)
        .returning(webhook_inbox)
    )
    return tuple(sorted(map(_row, rows), key=lambda row: row.received_at))


def finish_webhooks(transaction: Transaction, rows: Sequence[WebhookRow], *, now: datetime) -> None:
    """Worked off: what they said is forgotten."""
    _settle(transaction, rows, due_at=None, done_at=now, error=None, body=b"")


def postpone_webhooks(
    transaction: Transaction, rows: Sequence[WebhookRow], *, due_at: datetime, error: str
) -> None:
    _settle(transaction, rows, due_at=due_at, error=error, failures=_inbox.failures + 1)


def give_up_webhooks(
    transaction: Transaction, rows: Sequence[WebhookRow], *, now: datetime, error: str
) -> None:
    """Never worked off; the error stays to be seen."""
    _settle(transaction, rows, due_at=None, done_at=now, error=error, body=b"")


def free_webhook_leases(transaction: Transaction) -> None:
    """Only for a process that holds the lock file."""
    transaction.connection.execute(update(webhook_inbox).values(lease_until=None))


def forget_webhooks(transaction: Transaction, connection_id: str, *, before: datetime) -> int:
    """Drop those last heard of before, except what still waits."""
    return transaction.connection.execute(
        delete(webhook_inbox).where(
            _inbox.connection_id == connection_id,
            _inbox.received_at < before,  # by the index
            _inbox.heard_at < before,
            _inbox.due_at.is_(None),
        )
    ).rowcount


def count_inbox(reader: Reader, connection_id: str) -> InboxCounts:
    own = _inbox.connection_id == connection_id
    is_waiting = _inbox.due_at.is_not(None)
    has_failed = and_(_inbox.due_at.is_(None), _inbox.error.is_not(None))
    counts = reader.connection.execute(
        select(
            func.count().label("notices"),
            func.coalesce(func.sum(_inbox.deliveries), 0).label("deliveries"),
            func.count().filter(is_waiting).label("waiting"),
            func.count().filter(has_failed).label("given_up"),
        ).where(own)
    ).one()
    latest = select(_inbox.heard_at, _inbox.event).where(own).order_by(_inbox.heard_at.desc())
    last = reader.connection.execute(latest.limit(1)).one_or_none()
    errors = select(_inbox.error).where(own, _inbox.error.is_not(None))
    error = reader.connection.execute(errors.order_by(_inbox.received_at.desc()).limit(1)).scalar()
    return InboxCounts(
        heard_at=last.heard_at if last else None,
        event=last.event if last else "",
        notices=counts.notices,
        deliveries=int(counts.deliveries),
        waiting=counts.waiting,
        given_up=counts.given_up,
        error=error or "",
    )


def _claim_alone(transaction: Transaction) -> None:
    """Two that claim several rows each in another order would wait for one another for ever."""
    if transaction.connection.dialect.name == "postgresql":
        transaction.connection.execute(select(func.pg_advisory_xact_lock(_CLAIMING)))


def _is_of(found: Row[Any]) -> ColumnElement[bool]:
    """Whoever this one is about: the customer, or the subscription when no customer is named."""
    if found.customer_external_id is not None:
        return _inbox.customer_external_id == found.customer_external_id
    return and_(
        _inbox.customer_external_id.is_(None),
        _inbox.subscription_external_id == found.subscription_external_id,
    )


def _settle(transaction: Transaction, rows: Sequence[WebhookRow], **values: Any) -> None:
    """Whoever else has taken them over meanwhile has read the same customer: no harm."""
    if not rows:
        return
    transaction.connection.execute(
        update(webhook_inbox)
        .where(
            _inbox.connection_id == rows[0].connection_id,
            _inbox.id.in_([row.notice.id for row in rows]),
            _inbox.done_at.is_(None),
        )
        .values(lease_until=None, **values)
    )


def _row(found: Row[Any]) -> WebhookRow:
    notice = Notice(
        found.id, found.event, found.customer_external_id, found.subscription_external_id
    )
    return WebhookRow(found.connection_id, notice, found.received_at, found.failures)
