"""Takes a person out of every table and leaves what the sealed chain stands on: hashes."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, or_, select, update

from standfast.domain.action_run import ActionRun, RunResult, RunState
from standfast.domain.interaction import visitor_key
from standfast.store.audit import AuditRow, digest_of
from standfast.store.database import Reader, Transaction
from standfast.store.driver import execute
from standfast.store.run_rows import select_runs
from standfast.store.schema import (
    action_runs,
    billing_records,
    customers,
    fresh_records,
    interactions,
    visitor_prompts,
    visitors,
)
from standfast.store.schema_ledger import webhook_inbox
from standfast.store.schema_operators import audit_entries


@dataclass(frozen=True)
class Person:
    """A signed-in visitor, and the name that takes the place of theirs."""

    app_id: str
    user_id: str
    pseudonym: str

    @property
    def key(self) -> str:
        return visitor_key(user_id=self.user_id, anonymous_id=None)


@dataclass(frozen=True)
class Known:
    """Whom the billing system knows the person as, by connection."""

    connection_id: str
    customers: frozenset[str]
    subscriptions: frozenset[str]


def list_runs_of(reader: Reader, app_id: str, user_id: str) -> tuple[ActionRun, ...]:
    """Every run of their clicks, in order."""
    of_theirs = (
        "WHERE interaction_id IN (SELECT id FROM interactions WHERE app_id = ? AND visitor = ?) "
        "ORDER BY sequence, position"
    )
    visitor = visitor_key(user_id=user_id, anonymous_id=None)
    return select_runs(reader.connection, of_theirs, (app_id, visitor))


def list_billing_ids(reader: Reader, app_id: str, user_id: str) -> set[str]:
    """What their interactions were told to be their billing id."""
    key = visitor_key(user_id=user_id, anonymous_id=None)
    rows = reader.connection.execute(
        select(interactions.c.billing_id)
        .distinct()
        .where(interactions.c.app_id == app_id, interactions.c.visitor == key)
    )
    return {row.billing_id for row in rows if row.billing_id}


def is_open(run: ActionRun) -> bool:
    """Whether somebody still needs to know whose it is."""
    return not run.is_finished or run.state is RunState.NEEDS_OPERATOR


def erase_visitor(transaction: Transaction, person: Person) -> None:
    """What they are and what they did with each prompt."""
    for table, column, value in (
        (visitors, visitors.c.user_id, person.user_id),
        (visitor_prompts, visitor_prompts.c.visitor, person.key),
    ):
        transaction.connection.execute(
            delete(table).where(table.c.app_id == person.app_id, column == value)
        )


def erase_interactions(transaction: Transaction, person: Person) -> int:
    """Their answers and ids; how many interactions that were."""
    where = (interactions.c.app_id == person.app_id, interactions.c.visitor == person.key)
    refused = transaction.connection.execute(
        select(interactions.c.id, interactions.c.refusal).where(*where)
    ).all()
    for row in refused:
        if row.refusal:
            transaction.connection.execute(
                update(interactions)
                .where(interactions.c.id == row.id)
                .values(refusal={"reason": row.refusal.get("reason", ""), "message": ""})
            )
    return transaction.connection.execute(
        update(interactions)
        .where(*where)
        .values(
            visitor=visitor_key(user_id=person.pseudonym, anonymous_id=None),
            user_id=person.pseudonym,
            values={},
            billing_id=None,
            billing_id_source=None,
        )
    ).rowcount


def erase_run(
    transaction: Transaction, run: ActionRun, person: Person, *, parameters: dict[str, str]
) -> int:
    """Leaves what was done, when and at what price; how many lines its journal had."""
    told = run.result
    left = RunResult(already=told.already, reason=told.reason, charged=told.charged)
    transaction.connection.execute(
        update(action_runs)
        .where(action_runs.c.id == run.id)
        .values(
            user_id=person.pseudonym,
            billing_id=person.pseudonym,
            lane=person.pseudonym,
            parameters=parameters,
            target=None,
            memo={},
            result=left,
        )
    )
    statement = "UPDATE action_attempts SET body = 'null', salt = '' WHERE run_id = ?"
    return execute(transaction.connection, statement, (run.id,)).rowcount


def erase_deeds(transaction: Transaction, person: Person, run_ids: Collection[str]) -> list[str]:
    """What changes in the console said of them; the ids of those entries."""
    named = audit_entries.c.subject == person.user_id
    about = or_(
        audit_entries.c.visitor == person.key,
        and_(audit_entries.c.deed.startswith("visitor."), named),
        audit_entries.c.subject.in_(sorted(run_ids)),
    )
    rows = transaction.connection.execute(
        select(audit_entries).where(audit_entries.c.app_id == person.app_id, about)
    ).all()
    for row in rows:
        _erase_deed(transaction, row, person)
    return [row.id for row in rows]


def _erase_deed(transaction: Transaction, row: Any, person: Person) -> None:
    left = AuditRow(
        id=row.id,
        at=row.at,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        app_id=row.app_id,
        deed=row.deed,
        subject=person.pseudonym if row.subject == person.user_id else row.subject,
        before=None,
        after=None,
        visitor=visitor_key(user_id=person.pseudonym, anonymous_id=None),
    )
    statement = (
        "UPDATE audit_entries SET before = 'null', after = 'null', reason = '', salt = '', "
        "subject = ?, visitor = ?, digest = ? WHERE id = ?"
    )
    values = (left.subject, left.visitor, digest_of(left, ""), left.id)
    execute(transaction.connection, statement, values)


def erase_news(transaction: Transaction, known: Known, *, at: datetime) -> None:
    """What the billing system told of them since the last sync."""
    transaction.connection.execute(
        delete(fresh_records).where(
            fresh_records.c.connection_id == known.connection_id,
            fresh_records.c.customer_external_id.in_(sorted(known.customers)),
        )
    )
    about = or_(
        webhook_inbox.c.customer_external_id.in_(sorted(known.customers)),
        webhook_inbox.c.subscription_external_id.in_(sorted(known.subscriptions)),
    )
    transaction.connection.execute(
        update(webhook_inbox)
        .where(webhook_inbox.c.connection_id == known.connection_id, about)
        .values(
            customer_external_id=None,
            subscription_external_id=None,
            body=b"",
            due_at=None,
            lease_until=None,
            error=None,
            done_at=at,
        )
    )


def erase_mirrored(mirror: Transaction, known: Known) -> None:
    """The mirror of the billing system; what is still there comes back with the next sync."""
    of: tuple[tuple[Table, ColumnElement[str]], ...] = (
        (customers, customers.c.external_id),
        (billing_records, billing_records.c.customer_external_id),
    )
    for table, column in of:
        mirror.connection.execute(
            delete(table).where(
                table.c.connection_id == known.connection_id, column.in_(sorted(known.customers))
            )
        )


def list_subscription_ids(mirror: Reader, connection_id: str, ids: Iterable[str]) -> set[str]:
    """Of these customers."""
    rows = mirror.connection.execute(
        select(billing_records.c.external_id).where(
            billing_records.c.connection_id == connection_id,
            billing_records.c.customer_external_id.in_(sorted(ids)),
        )
    )
    return {row.external_id for row in rows}
