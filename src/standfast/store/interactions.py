"""What visitors did, each deed once."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update

from standfast.domain.interaction import FINAL, Kind
from standfast.store.columns import instant, json_text
from standfast.store.database import Reader, Transaction
from standfast.store.driver import execute, inserting
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
    values = (
        row.id,
        row.app_id,
        row.visitor,
        row.user_id,
        row.prompt_id,
        row.version,
        row.variation,
        row.snapshot_hash,
        row.decision,
        row.view,
        row.step,
        row.kind.value,
        row.claim,
        json_text(row.values),
        row.billing_id,
        row.billing_id_source,
        row.show,
        json_text(row.refusal),
        instant(row.decided_at),
        instant(row.received_at),
        json_text(row.quote),
    )
    return execute(transaction.connection, _INSERT, values).rowcount == 1


# No index is named: of two at the same moment the later may meet the other's id first, and
# PostgreSQL forgives a conflict in the named index only.
_INSERT = inserting("interactions", NAMES) + " ON CONFLICT DO NOTHING"


def find_interaction_by_claim(reader: Reader, claim: str) -> InteractionRow | None:
    return _find(reader, interactions.c.claim == claim)


def find_interaction(reader: Reader, app_id: str, interaction_id: str) -> InteractionRow | None:
    return _find(reader, interactions.c.id == interaction_id, interactions.c.app_id == app_id)


def refuse_interaction(
    transaction: Transaction, interaction_id: str, refusal: dict[str, str] | None
) -> None:
    transaction.connection.execute(
        update(interactions).where(interactions.c.id == interaction_id).values(refusal=refusal)
    )


def count_interaction(transaction: Transaction, row: InteractionRow) -> None:
    """Bring the visitor's history with the prompt up to date."""
    is_accept = row.kind in {Kind.ACCEPT, Kind.SECONDARY_ACCEPT} and row.refusal is None
    at = instant(row.received_at)
    values = (
        row.app_id,
        row.visitor,
        row.prompt_id,
        int(row.kind in FINAL),
        int(row.kind is Kind.IMPRESSION),
        row.kind.value,
        at,
        at if is_accept else None,
    )
    execute(transaction.connection, _COUNT, values)


_COUNT = (
    inserting("visitor_prompts", [column.name for column in visitor_prompts.c])
    + " ON CONFLICT (app_id, visitor, prompt_id) DO UPDATE SET "
    "finals = visitor_prompts.finals + excluded.finals, "
    "impressions = visitor_prompts.impressions + excluded.impressions, "
    "last_kind = excluded.last_kind, last_at = excluded.last_at, "
    "accepted_at = coalesce(excluded.accepted_at, visitor_prompts.accepted_at)"
)


def forget_accept(transaction: Transaction, interaction_id: str) -> None:
    """What the visitor accepted came to nothing: it counts as if they had closed the prompt."""
    values = (Kind.DISMISS.value, interaction_id, interaction_id)
    execute(transaction.connection, _FORGET_ACCEPT, values)


def remember_accept(transaction: Transaction, interaction_id: str) -> None:
    """It is tried again: it counts as an accept again."""
    values = (interaction_id, interaction_id, interaction_id)
    execute(transaction.connection, _REMEMBER_ACCEPT, values)


_OF_THE_CLICK = (
    "WHERE (app_id, visitor, prompt_id) = "
    "(SELECT app_id, visitor, prompt_id FROM interactions WHERE id = ?)"
)
_FORGET_ACCEPT = (
    f"UPDATE visitor_prompts SET accepted_at = NULL, last_kind = ? {_OF_THE_CLICK} "  # noqa: S608 - our own names
    "AND accepted_at = (SELECT received_at FROM interactions WHERE id = ?)"
)
_REMEMBER_ACCEPT = (
    "UPDATE visitor_prompts SET "  # noqa: S608 - our own names
    "accepted_at = (SELECT received_at FROM interactions WHERE id = ?), "
    f"last_kind = (SELECT kind FROM interactions WHERE id = ?) {_OF_THE_CLICK} "
    "AND accepted_at IS NULL"
)


def _find(reader: Reader, *where: ColumnElement[bool]) -> InteractionRow | None:
    row = reader.connection.execute(select(interactions).where(*where)).mappings().one_or_none()
    if row is None:
        return None
    values: dict[str, Any] = {name: row[name] for name in NAMES}
    values["kind"] = Kind(values["kind"])
    return InteractionRow(**values)
