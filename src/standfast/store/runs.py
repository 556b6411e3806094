"""The ledger's tables: runs that are claimed by lease and fence, and their append-only journal."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    and_,
    exists,
    insert,
    or_,
    select,
    update,
)

from standfast.domain.action_run import BLOCKS_NOBODY, FINISHED, ActionRun, RunResult, RunState
from standfast.domain.attempt_chain import Entry, EntryKind, seal
from standfast.store.bodies import packed, unpacked
from standfast.store.database import Reader, Transaction
from standfast.store.schema import action_attempts, action_runs, interactions

FIELDS = tuple(one.name for one in fields(ActionRun))
COLUMNS = tuple(action_runs.c[name] for name in FIELDS)


class LeaseLost(Exception):
    """Another worker has taken over this run; what we know of it no longer counts."""

    def __init__(self, run_id: str, fence: int) -> None:
        self.run_id = run_id
        self.fence = fence
        super().__init__(f"run {run_id} is no longer ours under fence {fence}")


@dataclass(frozen=True)
class PendingInteraction:
    """A click whose runs are not all finished; a page that comes back follows it."""

    interaction_id: str
    prompt_id: str
    step: str


def add_run(transaction: Transaction, run: ActionRun) -> None:
    """Write a new run with the first line of its journal."""
    transaction.connection.execute(
        insert(action_runs).values(**_values(run), attempts=0, last_hash="")
    )
    body = {"action": run.action, "parameters": run.parameters, "billing_id": run.billing_id}
    append_entry(transaction, run, EntryKind.CREATED, body, at=run.created_at)


def claim_due_runs(
    transaction: Transaction, *, owner: str, now: datetime, until: datetime, limit: int
) -> tuple[ActionRun, ...]:
    """Take up to `limit` due runs that nobody holds, the first unfinished of each customer.

    Each gets a higher fence: what an earlier holder still writes changes nothing.
    """
    due = (
        select(action_runs.c.id)
        .where(
            action_runs.c.due_at <= now,
            or_(action_runs.c.lease_until.is_(None), action_runs.c.lease_until <= now),
            ~_is_behind_another(),
        )
        .order_by(action_runs.c.due_at, action_runs.c.sequence)
        .limit(limit)
    )
    if transaction.connection.dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True)
    rows = transaction.connection.execute(
        update(action_runs)
        .where(action_runs.c.id.in_(due.scalar_subquery()))
        .values(fence=action_runs.c.fence + 1, lease_until=until, lease_owner=owner)
        .returning(*COLUMNS)
    ).mappings()
    return tuple(sorted((_run(row) for row in rows), key=lambda run: run.sequence))


def save_run(transaction: Transaction, run: ActionRun, *, keep_lease: bool = False) -> None:
    """Write what became of a run we hold. Raises `LeaseLost` when we no longer do."""
    changes = _values(run) if keep_lease else {**_values(run), "lease_until": None}
    for name in ("id", "fence"):
        del changes[name]
    if keep_lease:
        del changes["lease_until"]
    changed = transaction.connection.execute(
        update(action_runs)
        .where(action_runs.c.id == run.id, action_runs.c.fence == run.fence)
        .values(**changes)
    )
    if changed.rowcount != 1:
        raise LeaseLost(run.id, run.fence)


def append_entry(
    transaction: Transaction, run: ActionRun, kind: EntryKind, body: dict[str, Any], *, at: datetime
) -> Entry:
    """Add a line to the run's journal, chained to the one before it."""
    head = transaction.connection.execute(
        update(action_runs)
        .where(action_runs.c.id == run.id)
        .values(attempts=action_runs.c.attempts + 1)
        .returning(action_runs.c.attempts, action_runs.c.last_hash)
    ).one()
    entry = seal(
        Entry(
            run_id=run.id,
            n=head.attempts,
            kind=kind,
            fence=run.fence,
            state=run.state,
            at=at,
            body=body,
            previous_hash=head.last_hash,
        )
    )
    transaction.connection.execute(insert(action_attempts).values(**packed_entry(entry)))
    transaction.connection.execute(
        update(action_runs).where(action_runs.c.id == run.id).values(last_hash=entry.hash)
    )
    return entry


def extend_leases(transaction: Transaction, held: Iterable[ActionRun], *, until: datetime) -> None:
    """The heartbeat: only leases that are still ours are extended."""
    ours = [and_(action_runs.c.id == run.id, action_runs.c.fence == run.fence) for run in held]
    if ours:
        transaction.connection.execute(
            update(action_runs)
            .where(or_(*ours), action_runs.c.lease_until.is_not(None))
            .values(lease_until=until)
        )


def free_all_leases(transaction: Transaction, *, now: datetime) -> int:
    """Only for a process that holds the lock file: nobody else can be working."""
    return transaction.connection.execute(
        update(action_runs)
        .where(action_runs.c.lease_until.is_not(None), action_runs.c.finished_at.is_(None))
        .values(lease_until=now)
    ).rowcount


def wake_runs(transaction: Transaction, connection_id: str, *, now: datetime) -> int:
    """A mended connection's waiting runs are due at once."""
    return transaction.connection.execute(
        update(action_runs)
        .where(
            action_runs.c.connection_id == connection_id,
            action_runs.c.state == RunState.RETRYING,
            action_runs.c.due_at > now,
        )
        .values(due_at=now)
    ).rowcount


def get_run(reader: Reader, run_id: str) -> ActionRun:
    query = select(*COLUMNS).where(action_runs.c.id == run_id)
    return _run(reader.connection.execute(query).mappings().one())


def find_run(reader: Reader, app_id: str, run_id: str) -> ActionRun | None:
    query = select(*COLUMNS).where(action_runs.c.id == run_id, action_runs.c.app_id == app_id)
    row = reader.connection.execute(query).mappings().one_or_none()
    return _run(row) if row else None


def list_runs(reader: Reader, interaction_id: str) -> tuple[ActionRun, ...]:
    """The runs of one click, in order."""
    query = _runs_of(interaction_id)
    return tuple(_run(row) for row in reader.connection.execute(query).mappings())


def lock_runs(transaction: Transaction, interaction_id: str) -> tuple[ActionRun, ...]:
    """The runs of one click, held against other writers until the transaction ends."""
    query = _runs_of(interaction_id)
    if transaction.connection.dialect.name == "postgresql":
        query = query.with_for_update()
    return tuple(_run(row) for row in transaction.connection.execute(query).mappings())


def list_entries(reader: Reader, run_id: str) -> list[Entry]:
    rows = reader.connection.execute(
        select(action_attempts)
        .where(action_attempts.c.run_id == run_id)
        .order_by(action_attempts.c.n)
    )
    return [
        Entry(
            run_id=row.run_id,
            n=row.n,
            kind=EntryKind(row.kind),
            fence=row.fence,
            state=row.state,
            at=row.at,
            body=row.body,
            previous_hash=row.previous_hash,
            hash=row.hash,
        )
        for row in rows
    ]


def list_pending_interactions(
    reader: Reader, app_id: str, visitor: str
) -> tuple[PendingInteraction, ...]:
    """The visitor's clicks that are still under way, oldest first."""
    unfinished = exists().where(
        action_runs.c.interaction_id == interactions.c.id, action_runs.c.finished_at.is_(None)
    )
    rows = reader.connection.execute(
        select(interactions.c.id, interactions.c.prompt_id, interactions.c.step)
        .where(interactions.c.app_id == app_id, interactions.c.visitor == visitor, unfinished)
        .order_by(interactions.c.received_at)
    )
    return tuple(PendingInteraction(row.id, row.prompt_id, row.step) for row in rows)


def packed_entry(entry: Entry) -> dict[str, Any]:
    return {
        "run_id": entry.run_id,
        "n": entry.n,
        "kind": entry.kind,
        "fence": entry.fence,
        "state": entry.state,
        "at": entry.at,
        "body": entry.body,
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
    }


def _is_behind_another() -> ColumnElement[bool]:
    """Whether an earlier run of the same customer must end first."""
    earlier = action_runs.alias("earlier")
    return exists().where(
        earlier.c.lane == action_runs.c.lane,
        earlier.c.sequence < action_runs.c.sequence,
        earlier.c.finished_at.is_(None),
        or_(
            earlier.c.interaction_id == action_runs.c.interaction_id,
            earlier.c.state.not_in(BLOCKS_NOBODY - FINISHED),
        ),
    )


def _runs_of(interaction_id: str) -> Select[Any]:
    return (
        select(*COLUMNS)
        .where(action_runs.c.interaction_id == interaction_id)
        .order_by(action_runs.c.position)
    )


def _values(run: ActionRun) -> dict[str, Any]:
    values = {name: getattr(run, name) for name in FIELDS}
    return {**values, "result": packed(run.result)}


def _run(row: RowMapping) -> ActionRun:
    run = ActionRun(**{name: row[name] for name in FIELDS})
    return replace(run, state=RunState(run.state), result=unpacked(row["result"], RunResult))
