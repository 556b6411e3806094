"""Counters that never pass their limit, and the reservations that are their sum."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, literal, select, tuple_, union_all, update

from standfast.domain.limits import Counter, Reservation, Scope
from standfast.store.database import Reader, Transaction, upserting
from standfast.store.schema_ledger import limit_counters, limit_reservations

_COUNTER = ("scope", "subject", "period")


@dataclass(frozen=True)
class Difference:
    """A counter that is not the sum of its unreleased reservations."""

    app_id: str
    counter: Counter
    used: int
    reserved: int


def take(transaction: Transaction, app_id: str, one: Reservation) -> bool:
    """Whether the counter had room; one statement, so no two can take the same place."""
    if not one.fits(0):
        return False
    table = limit_counters.c
    statement = upserting(transaction, limit_counters).values(
        app_id=app_id, **_key(one.counter), used=one.amount
    )
    taken = transaction.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["app_id", *_COUNTER],
            set_={"used": table.used + one.amount},
            where=table.used + one.amount <= one.limit,
        ).returning(table.used)
    )
    return taken.one_or_none() is not None


def give_back(transaction: Transaction, app_id: str, counter: Counter, amount: int) -> None:
    transaction.connection.execute(
        update(limit_counters)
        .where(limit_counters.c.app_id == app_id, *_is(counter))
        .values(used=limit_counters.c.used - amount)
    )


def add_reservations(
    transaction: Transaction, app_id: str, interaction_id: str, taken: Iterable[Reservation]
) -> None:
    rows = [
        {
            "interaction_id": interaction_id,
            "app_id": app_id,
            **_key(one.counter),
            "amount": one.amount,
        }
        for one in taken
    ]
    transaction.connection.execute(insert(limit_reservations), rows)


def lock_reservations(transaction: Transaction, interaction_id: str) -> bool:
    """Whether the click holds any; held against other writers until the transaction ends."""
    query = select(limit_reservations.c.app_id).where(
        limit_reservations.c.interaction_id == interaction_id,
        limit_reservations.c.released_at.is_(None),
    )
    return bool(transaction.connection.execute(query.with_for_update()).all())


def release_reservations(
    transaction: Transaction, interaction_id: str, *, at: datetime
) -> tuple[tuple[Counter, int], ...]:
    """Give back what the click holds; a second time there is nothing left."""
    is_held = limit_reservations.c.released_at.is_(None)
    released = _turned(transaction, interaction_id, is_held, released_at=at)
    for counter, app_id, amount in released:
        give_back(transaction, app_id, counter, amount)
    return tuple((counter, amount) for counter, _, amount in released)


def retake_reservations(transaction: Transaction, interaction_id: str) -> None:
    """Hold again what was released, whether there is room or not."""
    is_released = limit_reservations.c.released_at.is_not(None)
    for counter, app_id, amount in _turned(
        transaction, interaction_id, is_released, released_at=None
    ):
        give_back(transaction, app_id, counter, -amount)


def _turned(
    transaction: Transaction,
    interaction_id: str,
    which: ColumnElement[bool],
    *,
    released_at: datetime | None,
) -> list[tuple[Counter, str, int]]:
    """These reservations of the click, released or held from now on; always in one order."""
    table = limit_reservations.c
    rows = transaction.connection.execute(
        update(limit_reservations)
        .where(table.interaction_id == interaction_id, which)
        .values(released_at=released_at)
        .returning(table.app_id, table.scope, table.subject, table.period, table.amount)
    )
    return sorted(
        (_counter(row.scope, row.subject, row.period), row.app_id, row.amount) for row in rows
    )


def find_used(reader: Reader, app_id: str, counters: Iterable[Counter]) -> dict[Counter, int]:
    """Those of these counters that were ever used."""
    keys = [tuple(_key(one).values()) for one in counters]
    if not keys:
        return {}
    table = limit_counters.c
    query = select(limit_counters).where(
        table.app_id == app_id, tuple_(table.scope, table.subject, table.period).in_(keys)
    )
    return {
        _counter(row.scope, row.subject, row.period): row.used
        for row in reader.connection.execute(query)
    }


def list_differences(reader: Reader) -> tuple[Difference, ...]:
    """Every counter that does not equal its unreleased reservations; empty when all is well."""
    columns = ("app_id", *_COUNTER)
    counters, held = limit_counters.c, limit_reservations.c
    counted = select(
        *(counters[name] for name in columns),
        counters.used.label("used"),
        literal(0).label("reserved"),
    )
    reserving = select(
        *(held[name] for name in columns),
        literal(0).label("used"),
        held.amount.label("reserved"),
    ).where(held.released_at.is_(None))
    both = union_all(counted, reserving).subquery()
    used, reserved = func.sum(both.c.used), func.sum(both.c.reserved)
    query = (
        select(*(both.c[name] for name in columns), used.label("used"), reserved.label("reserved"))
        .group_by(*(both.c[name] for name in columns))
        .having(used != reserved)
    )
    return tuple(
        Difference(
            row.app_id,
            _counter(row.scope, row.subject, row.period),
            int(row.used),
            int(row.reserved),
        )
        for row in reader.connection.execute(query)
    )


def _key(counter: Counter) -> dict[str, str]:
    return {
        "scope": counter.scope.value,
        "subject": counter.subject,
        "period": counter.period,
    }


def _is(counter: Counter) -> tuple[ColumnElement[bool], ...]:
    return tuple(limit_counters.c[name] == value for name, value in _key(counter).items())


def _counter(scope: str, subject: str, period: str) -> Counter:
    return Counter(Scope(scope), subject, period)
