"""What visitors did, each deed once."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from standfast.domain.interaction import FINAL, Kind
from standfast.store.database import Reader, Transaction, upserting
from standfast.store.schema import interactions, visitor_prompts


@dataclass(frozen=True)
class InteractionRow:
    """One deed. `claim` excludes a second one; `refusal` is why nothing was started.

    `quote` is the price that was shown and agreed to, a packed `contract.actions.Preview`.
    """

    id: str
    app_id: str
    visitor: str
    user_id: str | None
    prompt_id: str
    version: int
    variation: str
    snapshot_hash: str
    decision: str
    view: str
    step: str
    kind: Kind
    claim: str
    values: dict[str, str]
    billing_id: str | None
    billing_id_source: str | None
    show: bool
    refusal: dict[str, str] | None
    decided_at: datetime
    received_at: datetime
    quote: dict[str, Any] | None = None


NAMES = tuple(one.name for one in fields(InteractionRow))


def add_interaction(transaction: Transaction, row: InteractionRow) -> bool:
    """Whether this deed is the first of its claim; a second one changes nothing."""
    # No index is named: of two at the same moment the later may meet the other's id first, and
    # PostgreSQL forgives a conflict in the named index only.
    written = transaction.connection.execute(
        upserting(transaction, interactions)
        .values(**vars(row))
        .on_conflict_do_nothing()
        .returning(interactions.c.id)
    ).one_or_none()
    return written is not None


def find_interaction_by_claim(reader: Reader, claim: str) -> InteractionRow | None:
    return _find(reader, interactions.c.claim == claim)


def find_interaction(reader: Reader, app_id: str, interaction_id: str) -> InteractionRow | None:
    return _find(reader, interactions.c.id == interaction_id, interactions.c.app_id == app_id)


def count_interaction(transaction: Transaction, row: InteractionRow) -> None:
    """Bring the visitor's history with the prompt up to date."""
    is_accept = row.kind in {Kind.ACCEPT, Kind.SECONDARY_ACCEPT} and row.refusal is None
    first = {
        "finals": int(row.kind in FINAL),
        "impressions": int(row.kind is Kind.IMPRESSION),
        "last_kind": row.kind,
        "last_at": row.received_at,
        "accepted_at": row.received_at if is_accept else None,
    }
    table = visitor_prompts.c
    statement = upserting(transaction, visitor_prompts).values(
        app_id=row.app_id, visitor=row.visitor, prompt_id=row.prompt_id, **first
    )
    transaction.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["app_id", "visitor", "prompt_id"],
            set_={
                **first,
                "finals": table.finals + first["finals"],
                "impressions": table.impressions + first["impressions"],
                "accepted_at": first["accepted_at"] or table.accepted_at,
            },
        )
    )


def _find(reader: Reader, *where: ColumnElement[bool]) -> InteractionRow | None:
    row = reader.connection.execute(select(interactions).where(*where)).mappings().one_or_none()
    if row is None:
        return None
    values: dict[str, Any] = {name: row[name] for name in NAMES}
    values["kind"] = Kind(values["kind"])
    return InteractionRow(**values)
