"""A run that waits for its visitor is tried again once they may have acted."""

from datetime import datetime, timedelta

from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.run_transitions import resume
from standfast.store.database import Transaction
from standfast.store.runs import save_run
from standfast.store.signals import RUN_DUE

RETURN_SECONDS = 5.0
"""Nobody gives a card or passes a bank's check sooner: such news is the run's own doing."""


def go_on(
    transaction: Transaction,
    run: ActionRun,
    *,
    because: str,
    now: datetime,
    has_news: bool = False,
) -> None:
    """Due at once, unless it was tried just now. The caller holds the run's row."""
    last_try_at = run.last_try_at or run.created_at
    is_too_soon = last_try_at > now - timedelta(seconds=RETURN_SECONDS)
    if run.state is not RunState.WAITING_FOR_VISITOR or is_too_soon:
        return
    save_run(
        transaction,
        resume(run, now=now, has_news=has_news),
        EntryKind.CHANGED,
        {"because": because},
        at=now,
    )
    transaction.signal(RUN_DUE)
