"""The mirror of customers and their subscriptions, and the fresher records beside it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from standfast.contract.records import BillingRecord, CustomerBilling, CustomerRecord
from standfast.store.bodies import packed, unpacked
from standfast.store.connections import ConnectionRow
from standfast.store.database import Reader, Transaction, upserting
from standfast.store.schema import billing_records, customers, fresh_records

CUSTOMER_ID, SUBSCRIPTION_ID, CUSTOMER_REFERENCE = (
    "customer_id",
    "subscription_id",
    "customer_reference",
)


def find_billing(
    core: Reader, mirror: Reader, connection: ConnectionRow, billing_id: str, *, holds: str
) -> CustomerBilling | None:
    """All we know of the customer behind a trait's value, the newer source winning.

    `holds` says what the value is: customer_id, subscription_id or customer_reference.
    """
    customer_id = find_customer_id(mirror, connection.id, billing_id, holds)
    if customer_id is None:
        return None
    return find_customer_billing(core, mirror, connection.id, customer_id)


def find_customer_billing(
    core: Reader, mirror: Reader, connection_id: str, customer_id: str
) -> CustomerBilling | None:
    fresh = _find_fresh(core, connection_id, customer_id)
    synced = _find_synced(mirror, connection_id, customer_id)
    if fresh is None or synced is None:
        return fresh or synced
    return _newer(fresh, synced)


def find_customer_by_reference(mirror: Reader, connection_id: str, reference: str) -> str | None:
    """The one customer with this reference; references are unique per site."""
    return mirror.connection.execute(
        select(customers.c.external_id).where(
            customers.c.connection_id == connection_id, customers.c.reference == reference
        )
    ).scalar()


def save_fresh_billing(
    transaction: Transaction, connection_id: str, billing: CustomerBilling, *, at: datetime
) -> None:
    """Keep what an action or a fresh read taught us until a later sync pass covers it."""
    _put_fresh(transaction, connection_id, replace(billing, observed_at=at))


def save_reread_billing(
    transaction: Transaction, connection_id: str, billing: CustomerBilling, *, read_at: datetime
) -> None:
    """Keep what a reading begun at `read_at` found, unless something newer was learned meanwhile.

    Of the customer the later observation counts, of each subscription the later `updated_at`.
    """
    found = replace(billing, observed_at=read_at)
    known = _find_fresh(transaction, connection_id, billing.customer.external_id)
    if known is not None:
        is_newer = known.observed_at is None or known.observed_at <= read_at
        base, other = (found, known) if is_newer else (known, found)
        found = _with_later_records(base, other)
    _put_fresh(transaction, connection_id, found, unless_after=found.observed_at)


def introduce_customer(
    mirror: Transaction, connection_id: str, billing: CustomerBilling, *, at: datetime
) -> None:
    """Let a customer be found by reference and subscription before the next pass meets them."""
    customer, ours = billing.customer, customers.c.connection_id == connection_id
    known = mirror.connection.execute(
        select(customers.c.reference).where(ours, customers.c.external_id == customer.external_id)
    ).one_or_none()
    if known is None:
        replace_customers(mirror, connection_id, [customer], pass_id="")
    elif known.reference != customer.reference:
        mirror.connection.execute(
            update(customers)
            .where(ours, customers.c.external_id == customer.external_id)
            .values(reference=customer.reference, body=packed(customer))
        )
    new = [
        one for one in billing.records if not _find_owner(mirror, connection_id, one.external_id)
    ]
    replace_records(mirror, connection_id, new, pass_id="", observed_at=at)


def forget_customer(mirror: Transaction, connection_id: str, customer_id: str) -> None:
    """The billing system has no such customer any more."""
    for table, column in (
        (customers, customers.c.external_id),
        (billing_records, billing_records.c.customer_external_id),
    ):
        mirror.connection.execute(
            delete(table).where(table.c.connection_id == connection_id, column == customer_id)
        )


def forget_fresh_billing(transaction: Transaction, connection_id: str, customer_id: str) -> None:
    transaction.connection.execute(
        delete(fresh_records).where(
            fresh_records.c.connection_id == connection_id,
            fresh_records.c.customer_external_id == customer_id,
        )
    )


def _put_fresh(
    transaction: Transaction,
    connection_id: str,
    billing: CustomerBilling,
    *,
    unless_after: datetime | None = None,
) -> None:
    """One statement, so that two who learned of a customer at once do not meet."""
    values = {"body": packed(billing), "observed_at": billing.observed_at}
    statement = upserting(transaction, fresh_records).values(
        connection_id=connection_id, customer_external_id=billing.customer.external_id, **values
    )
    transaction.connection.execute(
        statement.on_conflict_do_update(
            index_elements=[fresh_records.c.connection_id, fresh_records.c.customer_external_id],
            set_=values,
            where=None if unless_after is None else fresh_records.c.observed_at <= unless_after,
        )
    )


def _with_later_records(base: CustomerBilling, other: CustomerBilling) -> CustomerBilling:
    others = {record.external_id: record for record in other.records}
    records = (
        later
        if (later := others.get(record.external_id)) and later.updated_at > record.updated_at
        else record
        for record in base.records
    )
    return replace(base, records=tuple(records))


def clear_fresh_billing(transaction: Transaction, connection_id: str, *, before: datetime) -> int:
    """Drop what a finished pass, begun at `before`, has seen for itself."""
    return transaction.connection.execute(
        delete(fresh_records).where(
            fresh_records.c.connection_id == connection_id, fresh_records.c.observed_at < before
        )
    ).rowcount


def replace_customers(
    mirror: Transaction, connection_id: str, rows: Sequence[CustomerRecord], *, pass_id: str
) -> None:
    _delete_ids(mirror, customers.c, connection_id, [row.external_id for row in rows])
    if rows:
        mirror.connection.execute(
            insert(customers),
            [
                {
                    "connection_id": connection_id,
                    "external_id": row.external_id,
                    "reference": row.reference,
                    "body": packed(row),
                    "pass_id": pass_id,
                }
                for row in rows
            ],
        )


def replace_records(
    mirror: Transaction,
    connection_id: str,
    rows: Sequence[BillingRecord],
    *,
    pass_id: str,
    observed_at: datetime,
) -> None:
    _delete_ids(mirror, billing_records.c, connection_id, [row.external_id for row in rows])
    if rows:
        mirror.connection.execute(
            insert(billing_records),
            [
                {
                    "connection_id": connection_id,
                    "external_id": row.external_id,
                    "customer_external_id": row.customer_external_id,
                    "state": row.state,
                    "body": packed(row),
                    "updated_at": row.updated_at,
                    "observed_at": observed_at,
                    "pass_id": pass_id,
                }
                for row in rows
            ],
        )


def delete_unseen(mirror: Transaction, connection_id: str, *, pass_id: str) -> int:
    """Forget customers and records that a finished pass no longer found."""
    gone = 0
    for table in (customers, billing_records):
        gone += mirror.connection.execute(
            delete(table).where(table.c.connection_id == connection_id, table.c.pass_id != pass_id)
        ).rowcount
    return gone


def count_billing(mirror: Reader, connection_id: str) -> dict[str, int]:
    return {
        name: mirror.connection.execute(
            select(func.count()).where(table.c.connection_id == connection_id)
        ).scalar_one()
        for name, table in (("customers", customers), ("subscriptions", billing_records))
    }


def find_customer_id(mirror: Reader, connection_id: str, billing_id: str, holds: str) -> str | None:
    """Whom a trait's value means; `holds` as in `find_billing`."""
    if holds == CUSTOMER_ID:
        return billing_id
    if holds == CUSTOMER_REFERENCE:
        return find_customer_by_reference(mirror, connection_id, billing_id)
    return _find_owner(mirror, connection_id, billing_id)


def _find_owner(mirror: Reader, connection_id: str, subscription_id: str) -> str | None:
    return mirror.connection.execute(
        select(billing_records.c.customer_external_id).where(
            billing_records.c.connection_id == connection_id,
            billing_records.c.external_id == subscription_id,
        )
    ).scalar()


def _find_fresh(core: Reader, connection_id: str, customer_id: str) -> CustomerBilling | None:
    body = core.connection.execute(
        select(fresh_records.c.body).where(
            fresh_records.c.connection_id == connection_id,
            fresh_records.c.customer_external_id == customer_id,
        )
    ).scalar()
    return unpacked(body, CustomerBilling) if body else None


def _find_synced(mirror: Reader, connection_id: str, customer_id: str) -> CustomerBilling | None:
    customer = mirror.connection.execute(
        select(customers.c.body).where(
            customers.c.connection_id == connection_id, customers.c.external_id == customer_id
        )
    ).scalar()
    if customer is None:
        return None
    rows = mirror.connection.execute(
        select(billing_records.c.body, billing_records.c.observed_at)
        .where(
            billing_records.c.connection_id == connection_id,
            billing_records.c.customer_external_id == customer_id,
        )
        .order_by(billing_records.c.external_id)
    ).all()
    return CustomerBilling(
        customer=unpacked(customer, CustomerRecord),
        records=tuple(unpacked(row.body, BillingRecord) for row in rows),
        observed_at=max((row.observed_at for row in rows), default=None),
    )


def _newer(fresh: CustomerBilling, synced: CustomerBilling) -> CustomerBilling:
    """The fresh view, each record replaced where the mirror's is newer by its own `updated_at`."""
    if synced.observed_at and fresh.observed_at and synced.observed_at > fresh.observed_at:
        return replace(synced, payment_method_id=fresh.payment_method_id)
    mirrored = {record.external_id: record for record in synced.records}
    fresh_ids = {record.external_id for record in fresh.records}
    merged = [
        mirrored[record.external_id]
        if record.external_id in mirrored
        and mirrored[record.external_id].updated_at > record.updated_at
        else record
        for record in fresh.records
    ]
    merged += [record for key, record in mirrored.items() if key not in fresh_ids]
    return replace(fresh, records=tuple(merged))


def _delete_ids(mirror: Transaction, columns: Any, connection_id: str, ids: list[str]) -> None:
    table = columns.external_id.table
    where: list[ColumnElement[bool]] = [
        columns.connection_id == connection_id,
        columns.external_id.in_(ids),
    ]
    mirror.connection.execute(delete(table).where(*where))
