"""Notes a change of the console in the transaction that makes it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from standfast.services.errors import FieldInvalid
from standfast.services.ids import new_id
from standfast.services.permissions import Actor
from standfast.store.audit import AuditRow, add_entry
from standfast.store.database import Transaction

LONGEST_REASON = 1_000
WHY = "Say why: whoever reads this later wants to know."


def reason_given(text: str, *, field: str = "reason", ask: str = WHY) -> str:
    """What an operator gave as a reason. Raises `FieldInvalid`; `ask` is said when it is empty."""
    reason = text.strip()
    if not reason:
        raise FieldInvalid(ask, field=field)
    if len(reason) > LONGEST_REASON:
        raise FieldInvalid(f"At most {LONGEST_REASON} characters.", field=field)
    return reason


def write_audit(
    transaction: Transaction,
    actor: Actor,
    deed: str,
    subject: str,
    *,
    at: datetime,
    app_id: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    visitor: str | None = None,
) -> None:
    """`deed` is "noun.what_happened"; `subject` is a name a person knows the thing by.

    What is equal before and after is left out, and what changed nothing is not noted. Never hand
    in a secret. `visitor` is whose data this holds ("u:<user_id>"), so that it can be erased.
    """
    if before is not None and before == after:
        return
    before, after = before or {}, after or {}
    add_entry(
        transaction,
        AuditRow(
            id=new_id("aud"),
            at=at,
            actor_id=actor.operator_id,
            actor_name=actor.name,
            app_id=app_id,
            deed=deed,
            subject=subject,
            before={key: before[key] for key in before if before[key] != after.get(key)},
            after={key: after[key] for key in after if after[key] != before.get(key)},
            reason=reason,
            visitor=visitor,
        ),
    )
