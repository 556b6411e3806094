"""The ledger's tables: runs that are claimed by lease and fence, and their append-only journal."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import and_, exists, or_, select, update

from standfast.domain.action_run import BLOCKS_NOBODY, FINISHED, ActionRun, Origin, RunState
from standfast.domain.attempt_chain import Entry, EntryKind, body_digest, seal
from standfast.store.bodies import packed
from standfast.store.columns import instant
from standfast.store.database import Reader, Transaction
from standfast.store.driver import execute
from standfast.store.run_rows import (
    COLUMNS,
    insert_entry,
    insert_run_with_entry,
    run_of,
    select_runs,
    update_run,
    update_run_with_entry,
)
from standfast.store.schema import action_attempts, action_runs, interactions


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


def add_run(transaction: Transaction, run: ActionRun) -> ActionRun:
    """Write a new run with the first line of its journal."""
    body: dict[str, Any] = {
        "action": run.action,
        "parameters": run.parameters,
        "billing_id": run.billing_id,
        "user_id": run.user_id,
    }
    if run.quoted is not None:
        body["quoted"] = packed(run.quoted)
    entry = _entry(run, EntryKind.CREATED, body, at=run.created_at)
    added = replace(run, entries=entry.n, last_hash=entry.hash)
    insert_run_with_entry(transaction.connection, added, entry)
    return added


def claim_due_runs(
    transaction: Transaction, *, owner: str, now: datetime, until: datetime, limit: int
) -> tuple[ActionRun, ...]:
    """Take up to `limit` due runs that nobody holds, the first unfinished of each customer.

    Each gets a higher fence: what an earlier holder still writes changes nothing.
    """
    is_postgresql = transaction.connection.dialect.name == "postgresql"
    statement = _CLAIM_POSTGRESQL if is_postgresql else _CLAIM_SQLITE
    at = instant(now)
    values = (instant(until), owner, at, at, at, limit)
    rows = execute(transaction.connection, statement, values).fetchall()
    return tuple(sorted((run_of(row) for row in rows), key=lambda run: run.sequence))


def save_run(
    transaction: Transaction,
    run: ActionRun,
    kind: EntryKind,
    body: dict[str, Any],
    *,
    at: datetime,
    keep_lease: bool = False,
) -> ActionRun:
    """Write what became of a run we hold, with a line in its journal.

    Raises `LeaseLost` when we no longer hold it.
    """
    entry = _entry(run, kind, body, at=at)
    saved = replace(run, entries=entry.n, last_hash=entry.hash)
    if update_run_with_entry(
        transaction.connection, saved, entry, known=run.entries, keep_lease=keep_lease
    ):
        return saved
    head = _head(transaction, run.id)
    if head.fence != run.fence or head.entries == run.entries:
        raise LeaseLost(run.id, run.fence)
    # Somebody without a lease has written a line since we read the run: ours comes after it.
    behind = replace(run, entries=head.entries, last_hash=head.last_hash)
    return save_run(transaction, behind, kind, body, at=at, keep_lease=keep_lease)


def save_waiting(transaction: Transaction, run: ActionRun) -> None:
    """A run we hold goes on waiting, and its journal has nothing new. Raises `LeaseLost`."""
    if not update_run(transaction.connection, run, known=run.entries, keep_lease=False):
        raise LeaseLost(run.id, run.fence)


def append_entry(
    transaction: Transaction, run: ActionRun, kind: EntryKind, body: dict[str, Any], *, at: datetime
) -> None:
    """Add a line to the journal of a run that we do not hold, and change nothing else."""
    head = _head(transaction, run.id)
    behind = replace(run, entries=head.entries, last_hash=head.last_hash)
    entry = _entry(behind, kind, body, at=at)
    insert_entry(transaction.connection, entry)
    transaction.connection.execute(
        update(action_runs)
        .where(action_runs.c.id == run.id)
        .values(entries=entry.n, last_hash=entry.hash)
    )


def _head(transaction: Transaction, run_id: str) -> Any:
    query = select(action_runs.c.fence, action_runs.c.entries, action_runs.c.last_hash).where(
        action_runs.c.id == run_id
    )
    if transaction.connection.dialect.name == "postgresql":
        query = query.with_for_update()
    return transaction.connection.execute(query).one()


def _entry(run: ActionRun, kind: EntryKind, body: dict[str, Any], *, at: datetime) -> Entry:
    """The next line of the run's journal."""
    salt = secrets.token_hex(16)
    return seal(
        Entry(
            run_id=run.id,
            n=run.entries + 1,
            kind=kind,
            fence=run.fence,
            state=run.state,
            at=at,
            body=body,
            salt=salt,
            body_digest=body_digest(body, salt),
            previous_hash=run.last_hash,
        )
    )


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
    [found] = _runs(reader, "WHERE id = ?", run_id)
    return found


def find_run(reader: Reader, app_id: str, run_id: str) -> ActionRun | None:
    found = _runs(reader, "WHERE id = ? AND app_id = ?", run_id, app_id)
    return found[0] if found else None


def lock_run(transaction: Transaction, app_id: str, run_id: str) -> ActionRun | None:
    """A run, held against other writers until the transaction ends."""
    where = "WHERE id = ? AND app_id = ?" + _for_update(transaction)
    found = _runs(transaction, where, run_id, app_id)
    return found[0] if found else None


def list_runs(reader: Reader, interaction_id: str) -> tuple[ActionRun, ...]:
    """The runs of one click, in order."""
    return _runs(reader, "WHERE interaction_id = ? ORDER BY position", interaction_id)


def lock_runs(transaction: Transaction, interaction_id: str) -> tuple[ActionRun, ...]:
    """The runs of one click, held against other writers until the transaction ends."""
    where = "WHERE interaction_id = ? ORDER BY position" + _for_update(transaction)
    return _runs(transaction, where, interaction_id)


def lock_waiting_runs(
    transaction: Transaction, connection_id: str, lanes: Iterable[str]
) -> tuple[ActionRun, ...]:
    """The runs of these lanes that wait for their visitor, held against other writers."""
    among = list(lanes)
    if not among:
        return ()
    where = (
        f"WHERE lane IN ({', '.join('?' * len(among))}) AND connection_id = ? AND state = ? "
        "ORDER BY sequence"
    ) + _for_update(transaction)
    return _runs(transaction, where, *among, connection_id, RunState.WAITING_FOR_VISITOR.value)


def _runs(reader: Reader, where: str, *values: str) -> tuple[ActionRun, ...]:
    return select_runs(reader.connection, where, values)


def _for_update(transaction: Transaction) -> str:
    return " FOR UPDATE" if transaction.connection.dialect.name == "postgresql" else ""


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
            salt=row.salt,
            body_digest=row.body_digest,
            previous_hash=row.previous_hash,
            hash=row.hash,
        )
        for row in rows
    ]


def list_pending_interactions(
    reader: Reader, app_id: str, visitor: str
) -> tuple[PendingInteraction, ...]:
    """The visitor's clicks that are still under way, oldest first.

    What operators began about a click is no news to the visitor.
    """
    unfinished = exists().where(
        action_runs.c.interaction_id == interactions.c.id,
        action_runs.c.finished_at.is_(None),
        action_runs.c.origin == Origin.CLICK,
    )
    rows = reader.connection.execute(
        select(interactions.c.id, interactions.c.prompt_id, interactions.c.step)
        .where(interactions.c.app_id == app_id, interactions.c.visitor == visitor, unfinished)
        .order_by(interactions.c.received_at)
    )
    return tuple(PendingInteraction(row.id, row.prompt_id, row.step) for row in rows)


def _quoted(states: Iterable[RunState]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


# A planner that takes the subqueries for joins reads all open runs for each due one; OFFSET keeps
# it from that, and the limits of a claim from being guessed.
_CLAIM_SQLITE = (
    "UPDATE action_runs SET fence = fence + 1, lease_until = ?, lease_owner = ? WHERE id IN ("  # noqa: S608 - our own words
    "SELECT id FROM action_runs AS due WHERE due_at <= ? "
    "AND (lease_until IS NULL OR lease_until <= ?) "
    # An earlier run of the same customer must end first; those that wait for a person let later
    # clicks and what operators begin go ahead, but not later steps of the same click.
    "AND NOT EXISTS (SELECT 1 FROM action_runs AS earlier WHERE earlier.lane = due.lane "
    "AND earlier.sequence < due.sequence AND earlier.finished_at IS NULL "
    f"AND (earlier.interaction_id = due.interaction_id AND due.origin = '{Origin.CLICK}' "
    f"OR earlier.state NOT IN ({_quoted(BLOCKS_NOBODY - FINISHED)}) "
    # One that is looked up without a doubt was stopped while its visitor is at their bank.
    f"AND NOT (earlier.state = '{RunState.UNKNOWN}' AND earlier.doubt_at IS NULL "
    "AND NOT earlier.has_open_intent)) LIMIT 1 OFFSET 0) "
    # Nor may a later one be under way, that went ahead while this one waited.
    "AND NOT EXISTS (SELECT 1 FROM action_runs AS held WHERE held.lane = due.lane "
    "AND held.finished_at IS NULL AND held.lease_until > ? LIMIT 1 OFFSET 0) "
    "ORDER BY due_at, sequence LIMIT ?) "
    f"RETURNING {COLUMNS}"
)
_CLAIM_POSTGRESQL = _CLAIM_SQLITE.replace("id IN (SELECT", "id = ANY (ARRAY(SELECT").replace(
    "LIMIT ?)", "LIMIT ? FOR UPDATE SKIP LOCKED))"
)
