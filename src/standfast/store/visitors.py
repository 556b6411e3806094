"""What we know of visitors, and what they did with each prompt."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update

from standfast.domain.interaction import Kind
from standfast.domain.visitor import BillingIdSource, PromptHistory, TraitValue
from standfast.store.bodies import packed, unpacked
from standfast.store.database import Reader, Transaction, upserting
from standfast.store.schema import visitor_prompts, visitors


@dataclass(frozen=True)
class TraitSource:
    """Who told a system trait, and when."""

    source: BillingIdSource
    at: datetime


@dataclass(frozen=True)
class VisitorRow:
    """A signed-in visitor as the server API and imports told us; `sources`: system traits only."""

    app_id: str
    user_id: str
    created_at: datetime
    updated_at: datetime
    traits: dict[str, TraitValue] = field(default_factory=dict[str, TraitValue])
    sources: dict[str, TraitSource] = field(default_factory=dict[str, TraitSource])
    is_suppressed: bool = False
    is_test: bool = False
    seen_at: datetime | None = None


def find_visitor(reader: Reader, app_id: str, user_id: str) -> VisitorRow | None:
    query = select(visitors).where(visitors.c.app_id == app_id, visitors.c.user_id == user_id)
    found = reader.connection.execute(query).one_or_none()
    return row_of(found) if found else None


def lock_visitor(
    transaction: Transaction, app_id: str, user_id: str, *, at: datetime
) -> VisitorRow:
    """The visitor, added when new, held against other writers until the transaction ends."""
    transaction.connection.execute(
        upserting(transaction, visitors)
        .values(
            app_id=app_id,
            user_id=user_id,
            traits={},
            sources={},
            is_suppressed=False,
            is_test=False,
            created_at=at,
            updated_at=at,
        )
        .on_conflict_do_nothing(index_elements=["app_id", "user_id"])
    )
    query = select(visitors).where(visitors.c.app_id == app_id, visitors.c.user_id == user_id)
    return row_of(transaction.connection.execute(query.with_for_update()).one())


def save_visitor(transaction: Transaction, row: VisitorRow) -> None:
    """Write what is known of a visitor who is there already."""
    transaction.connection.execute(
        update(visitors)
        .where(visitors.c.app_id == row.app_id, visitors.c.user_id == row.user_id)
        .values(
            traits=row.traits,
            sources=packed(row.sources),
            is_suppressed=row.is_suppressed,
            is_test=row.is_test,
            updated_at=row.updated_at,
            seen_at=row.seen_at,
        )
    )


def search_visitors(
    reader: Reader, app_id: str, text: str = "", *, after: str = "", limit: int = 50
) -> tuple[VisitorRow, ...]:
    """By user id, those that begin with `text`; `after` is the last id of the page before."""
    query = select(visitors).where(visitors.c.app_id == app_id, visitors.c.user_id > after)
    if text:
        query = query.where(visitors.c.user_id.startswith(text, autoescape=True))
    rows = reader.connection.execute(query.order_by(visitors.c.user_id).limit(limit))
    return tuple(row_of(row) for row in rows)


def count_visitors(reader: Reader, app_id: str) -> int:
    query = select(func.count()).where(visitors.c.app_id == app_id)
    return reader.connection.execute(query).scalar_one()


def walk_visitors(reader: Reader, app_id: str) -> Iterator[VisitorRow]:
    """Every visitor of the app, one at a time."""
    query = select(visitors).where(visitors.c.app_id == app_id).order_by(visitors.c.user_id)
    rows = reader.connection.execution_options(yield_per=500).execute(query)
    return (row_of(row) for row in rows)


def list_history(reader: Reader, app_id: str, visitor: str) -> dict[str, PromptHistory]:
    """What the visitor did so far, by prompt."""
    rows = reader.connection.execute(
        select(visitor_prompts).where(
            visitor_prompts.c.app_id == app_id, visitor_prompts.c.visitor == visitor
        )
    )
    return {
        row.prompt_id: PromptHistory(
            finals=row.finals,
            impressions=row.impressions,
            last_kind=Kind(row.last_kind) if row.last_kind else None,
            last_at=row.last_at,
            accepted_at=row.accepted_at,
        )
        for row in rows
    }


def row_of(found: Row[Any]) -> VisitorRow:
    return VisitorRow(
        app_id=found.app_id,
        user_id=found.user_id,
        created_at=found.created_at,
        updated_at=found.updated_at,
        traits=found.traits,
        sources=unpacked(found.sources, dict[str, TraitSource]),
        is_suppressed=found.is_suppressed,
        is_test=found.is_test,
        seen_at=found.seen_at,
    )
