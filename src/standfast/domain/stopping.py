"""What becomes of runs under way when an operator pulls the plug."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from standfast.config import Durations
from standfast.contract.actions import RefusalReason
from standfast.domain.action_run import ActionRun, RunResult, RunState
from standfast.domain.run_transitions import absence_counts_from

SWITCHED_OFF = "The connection was switched off after the click."
OTHER_SITE = (
    "The connection was pointed at another site after the click. Look at the former one for it."
)


@dataclass(frozen=True)
class UnderWay:
    """Runs that have not ended: what a stop ends, and what it must leave to be looked up."""

    waiting: int = 0
    in_doubt: int = 0


NOTHING_UNDER_WAY = UnderWay()


def count_under_way(runs: Iterable[ActionRun]) -> UnderWay:
    open_runs = [run for run in runs if not run.is_finished]
    in_doubt = sum(not run.surely_did_nothing for run in open_runs)
    return UnderWay(len(open_runs) - in_doubt, in_doubt)


def stop(run: ActionRun, why: str, *, now: datetime, durations: Durations) -> ActionRun:
    """The run of a stopped prompt. What may have happened is looked up, and never sent again."""
    if run.is_finished or run.is_in_doubt:
        return run
    if run.doubt_at is not None:
        # It would be sent once more under the same token; now it waits for the proof instead.
        due_at = max(now, absence_counts_from(run.last_sent_at or now, durations))
        return replace(run, state=RunState.UNKNOWN, due_at=due_at)
    if run.was_led:
        # At their bank they may confirm it until their time is over.
        again = now + timedelta(seconds=durations.look_up_then)
        due_at = max(now, min(again, run.deadline_at or again))
        return replace(run, state=RunState.UNKNOWN, due_at=due_at)
    result = RunResult(message=f"Stopped by an operator: {why}")
    return _ended(run, RunState.CANCELLED, result, now)


def refuse_switched_off(run: ActionRun, *, now: datetime) -> ActionRun:
    """The run of a connection that is switched off; one in doubt goes on being looked up."""
    if run.is_finished or not run.surely_did_nothing:
        return run
    result = RunResult(reason=RefusalReason.CONNECTION_INACTIVE, message=SWITCHED_OFF)
    return _ended(run, RunState.REFUSED, result, now)


def _ended(run: ActionRun, state: RunState, result: RunResult, now: datetime) -> ActionRun:
    return replace(run, state=state, result=result, due_at=None, finished_at=now)
