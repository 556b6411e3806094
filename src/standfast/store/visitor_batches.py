"""Many visitors at once, for imports, and one visitor's deeds, for their profile."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from standfast.domain.interaction import Kind
from standfast.store.bodies import packed
from standfast.store.database import Reader, Transaction, upserting
from standfast.store.interactions import NAMES, InteractionRow
from standfast.store.schema import interactions, visitors
from standfast.store.visitors import VisitorRow, row_of


def lock_visitors(
    transaction: Transaction, app_id: str, user_ids: Collection[str], *, at: datetime
) -> dict[str, VisitorRow]:
    """By id: those visitors, added where new, held against other writers."""
    if not user_ids:
        return {}
    new: dict[str, Any] = {
        "app_id": app_id,
        "traits": {},
        "sources": {},
        "is_suppressed": False,
        "is_test": False,
        "created_at": at,
        "updated_at": at,
    }
    # In one order, so that two imports at once wait for each other instead of for ever.
    rows = [{**new, "user_id": user_id} for user_id in sorted(user_ids)]
    transaction.connection.execute(
        upserting(transaction, visitors).on_conflict_do_nothing(
            index_elements=["app_id", "user_id"]
        ),
        rows,
    )
    query = (
        select(visitors)
        .where(visitors.c.app_id == app_id, visitors.c.user_id.in_(sorted(user_ids)))
        .order_by(visitors.c.user_id)
    )
    found = transaction.connection.execute(query.with_for_update())
    return {row.user_id: row_of(row) for row in found}


def save_visitors(transaction: Transaction, rows: Sequence[VisitorRow]) -> None:
    """Write what is known of visitors who are there already."""
    if not rows:
        return
    statement = upserting(transaction, visitors)
    transaction.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["app_id", "user_id"],
            set_={
                name: statement.excluded[name]
                for name in (
                    "traits",
                    "sources",
                    "is_suppressed",
                    "is_test",
                    "updated_at",
                    "seen_at",
                )
            },
        ),
        [{**vars(row), "sources": packed(row.sources)} for row in rows],
    )


def list_deeds(
    reader: Reader, app_id: str, visitor: str, *, limit: int = 100
) -> tuple[InteractionRow, ...]:
    """What the visitor did, the newest first."""
    query = (
        select(interactions)
        .where(interactions.c.app_id == app_id, interactions.c.visitor == visitor)
        .order_by(interactions.c.received_at.desc())
        .limit(limit)
    )
    return tuple(_deed(row) for row in reader.connection.execute(query))


def _deed(row: Row[Any]) -> InteractionRow:
    values: dict[str, Any] = {name: getattr(row, name) for name in NAMES}
    values["kind"] = Kind(values["kind"])
    return InteractionRow(**values)
