"""The runs under way of a prompt or a connection, for whoever must stop them."""

from sqlalchemy import update

from standfast.domain.action_run import ActionRun
from standfast.store.database import Reader, Transaction
from standfast.store.run_rows import select_runs
from standfast.store.schema import action_runs

_OF_PROMPT = (
    "JOIN interactions ON interactions.id = action_runs.interaction_id "
    "WHERE action_runs.finished_at IS NULL AND interactions.prompt_id = ?"
)
_OF_CONNECTION = "WHERE action_runs.finished_at IS NULL AND action_runs.connection_id = ?"


def list_open_runs_of_prompt(reader: Reader, prompt_id: str) -> tuple[ActionRun, ...]:
    return _list(reader, _OF_PROMPT, prompt_id)


def list_open_runs_of_connection(reader: Reader, connection_id: str) -> tuple[ActionRun, ...]:
    return _list(reader, _OF_CONNECTION, connection_id)


def lock_open_runs_of_prompt(transaction: Transaction, prompt_id: str) -> tuple[ActionRun, ...]:
    """No worker writes to them before the transaction ends."""
    return _list(transaction, _OF_PROMPT, prompt_id, lock=_lock(transaction))


def lock_open_runs_of_connection(
    transaction: Transaction, connection_id: str
) -> tuple[ActionRun, ...]:
    """No worker writes to them before the transaction ends."""
    return _list(transaction, _OF_CONNECTION, connection_id, lock=_lock(transaction))


def take_over(transaction: Transaction, run: ActionRun) -> int:
    """The run's new fence: whoever holds it can write nothing more, so sends nothing more."""
    return transaction.connection.execute(
        update(action_runs)
        .where(action_runs.c.id == run.id)
        .values(fence=action_runs.c.fence + 1, lease_until=None, lease_owner=None)
        .returning(action_runs.c.fence)
    ).scalar_one()


def _list(reader: Reader, where: str, value: str, *, lock: str = "") -> tuple[ActionRun, ...]:
    order = "ORDER BY action_runs.lane, action_runs.sequence"
    return select_runs(reader.connection, f"{where} {order}{lock}", (value,))


def _lock(transaction: Transaction) -> str:
    is_postgresql = transaction.connection.dialect.name == "postgresql"
    return " FOR UPDATE OF action_runs" if is_postgresql else ""
