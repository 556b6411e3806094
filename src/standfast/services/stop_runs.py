"""Ends runs that have sent nothing yet, whoever holds them, inside a transaction of the caller's.

A worker that holds such a run loses it by its fence: it finds out when it journals the intent,
so before it sends. One that has journalled its intent may have sent; its run is left to it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec.structs import replace

from standfast.config import Durations
from standfast.domain.action_run import ActionRun, Origin, RunState
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.stopping import UnderWay, count_under_way, stop
from standfast.services.reserve_limits import release_if_over
from standfast.store.database import Transaction
from standfast.store.interactions import find_interaction
from standfast.store.open_runs import take_over
from standfast.store.prompts import was_stopped_since
from standfast.store.runs import save_run
from standfast.store.signals import RUN_DUE, RUN_SETTLED

LATER = "The prompt was stopped while it was in doubt whether this had happened."
_WOULD_GO_ON = frozenset({RunState.RETRYING, RunState.WAITING_FOR_VISITOR})


def end_runs(
    transaction: Transaction,
    runs: Iterable[ActionRun],
    ending: Callable[[ActionRun], ActionRun],
    *,
    by: str,
    why: str,
    now: datetime,
) -> UnderWay:
    """How many were ended, and how many stay because they may have happened."""
    locked = tuple(runs)
    for run in locked:
        ended = ending(run)
        if ended == run:
            continue
        held = replace(ended, fence=take_over(transaction, run))
        save_run(transaction, held, EntryKind.CHANGED, {"stopped_by": by, "why": why}, at=now)
    for interaction in dict.fromkeys(run.interaction_id for run in locked):
        release_if_over(transaction, interaction, now=now)
        transaction.signal(RUN_SETTLED, interaction)
    transaction.signal(RUN_DUE)
    return count_under_way(locked)


def stop_if_stopped(
    transaction: Transaction, run: ActionRun, *, now: datetime, durations: Durations
) -> ActionRun:
    """A run that was in doubt while its prompt was stopped, and would now be tried again.

    To be asked after the run was written: a stop that came before that write is seen, and one
    that comes after it sees the run. The prompt is not locked: a stop holds it while it waits
    for runs.
    """
    if run.state not in _WOULD_GO_ON or run.origin is Origin.UNDO:
        return run
    click = find_interaction(transaction, run.app_id, run.interaction_id)
    if click is None or not was_stopped_since(transaction, click.prompt_id, run.created_at):
        return run
    stopped = stop(run, LATER, now=now, durations=durations)
    body = {"stopped_by": "An operator", "why": LATER}
    return save_run(transaction, stopped, EntryKind.CHANGED, body, at=now)
