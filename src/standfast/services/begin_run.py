"""What undo, run again and the notes of operators share: whose click it was, why, and by whom."""

from dataclasses import dataclass

from standfast.connectors.registry import ConnectorUnknown, Registry
from standfast.contract.connector import Connector
from standfast.domain.action_run import ActionRun
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.interaction import run_id, visitor_key
from standfast.services.errors import NotFound, NotNow
from standfast.services.permissions import Actor
from standfast.services.write_audit import write_audit
from standfast.store.database import Reader, Transaction
from standfast.store.runs import add_run, append_entry, find_run, list_runs, lock_run
from standfast.store.signals import RUN_DUE


@dataclass(frozen=True)
class Family:
    """One run and all runs of the same click, by position."""

    run: ActionRun
    members: tuple[ActionRun, ...]


def read_family(reader: Reader, app_id: str, run: str) -> Family:
    """Raises `NotFound`, also for a run of another app."""
    found = find_run(reader, app_id, run)
    if found is None:
        raise NotFound("There is no such run.", field="run_id")
    return Family(found, list_runs(reader, found.interaction_id))


def lock_family(transaction: Transaction, app_id: str, run: str) -> Family:
    """As `read_family`; until the transaction ends nobody else begins a run of this click.

    Of two who ask at once the second waits here and then sees what the first has begun. Should
    anybody forget to lock: both would take the same position, which is unique.
    """
    found = read_family(transaction, app_id, run).run
    lock_run(transaction, app_id, run_id(found.interaction_id, 0))
    return read_family(transaction, app_id, run)


def installed(registry: Registry, key: str) -> Connector:
    """The run's connector. Raises `NotNow` where its code is not here (any more)."""
    try:
        return registry.get(key)
    except ConnectorUnknown as unknown:
        raise NotNow(f"The connector {key} is not installed here.") from unknown


def begin(
    transaction: Transaction,
    begun: ActionRun,
    *,
    of: ActionRun,
    by: Actor,
    reason: str,
) -> ActionRun:
    """Write the new run with who wanted it and why; a worker takes it up after the commit."""
    at = begun.created_at
    added = add_run(transaction, begun)
    said = {"begun": str(begun.origin), "of": of.id, "by": by.name, "note": reason}
    append_entry(transaction, added, EntryKind.RECORDED, said, at=at)
    write_audit(
        transaction,
        by,
        f"run.{begun.origin}_begun",
        of.id,
        at=at,
        app_id=of.app_id,
        after={**begun.parameters, "run": begun.id, "action": begun.action},
        reason=reason,
        visitor=visitor_of(of),
    )
    transaction.signal(RUN_DUE, begun.id)
    return added


def visitor_of(run: ActionRun) -> str:
    """Whose data an audit entry about this run holds."""
    return visitor_key(user_id=run.user_id, anonymous_id=None)
