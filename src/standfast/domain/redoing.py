"""What an operator may do about a run that has ended: take it back, run it again, record it.

Pure. A `family` is all runs of one interaction: the click's own, and those operators began.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from msgspec.structs import replace

from standfast.config import Durations
from standfast.contract.actions import Undoing
from standfast.contract.catalogue import Money
from standfast.domain.action_run import (
    CAME_TO_NOTHING,
    ActionRun,
    Origin,
    RunResult,
    RunState,
)
from standfast.domain.interaction import run_id

Goal: TypeAlias = tuple[Origin, str]
"""What a run is for: to do what a click asked (the click's run), or to take a run back."""

ERASED = "Whose bill it was has been erased: nobody can be asked or charged any more."


@dataclass(frozen=True)
class Begun:
    """Who begins a run, and when."""

    by: str
    at: datetime
    durations: Durations


def goal_of(run: ActionRun, family: Iterable[ActionRun]) -> Goal:
    """Equal for all attempts at the same thing, however often it is run again."""
    known = {one.id: one for one in family}
    while run.origin is Origin.AGAIN and run.parent_id in known:
        run = known[run.parent_id]
    is_undo = run.origin is Origin.UNDO and run.parent_id is not None
    return (Origin.UNDO, run.parent_id or "") if is_undo else (Origin.CLICK, run.id)


def attempts_at(goal: Goal, family: Sequence[ActionRun]) -> tuple[ActionRun, ...]:
    """Every run that was to reach it, oldest first."""
    return tuple(one for one in family if goal_of(one, family) == goal)


def undos_of(run: ActionRun, family: Sequence[ActionRun]) -> tuple[ActionRun, ...]:
    return attempts_at((Origin.UNDO, run.id), family)


def is_erased(run: ActionRun) -> bool:
    """Whether the person was erased: then one random name stands for all that named them."""
    return run.lane == run.billing_id == run.user_id


def hindrance_to_undo(run: ActionRun, family: Sequence[ActionRun]) -> str | None:
    """Why this run cannot be taken back (now), in a sentence, or None."""
    if is_erased(run):
        return ERASED
    if run.state is not RunState.SUCCEEDED:
        return "Only a change that was made can be taken back."
    if run.result.already:
        return "It was like that before the click, so there is nothing to take back."
    if goal_of(run, family)[0] is Origin.UNDO:
        return "This run took another one back. An undo is not undone: let the customer click anew."
    return _hindrance_of(undos_of(run, family), done="It has been taken back already.")


def hindrance_to_again(run: ActionRun, family: Sequence[ActionRun]) -> str | None:
    """Why this run cannot be run again (now), in a sentence, or None."""
    if is_erased(run):
        return ERASED
    match run.state:
        case RunState.SUCCEEDED:
            return "It succeeded: there is nothing to run again."
        case RunState.NEEDS_OPERATOR:
            return "First record whether it happened: it must not be made twice."
        case RunState.REFUSED | RunState.FAILED | RunState.CANCELLED:
            attempts = attempts_at(goal_of(run, family), family)
            return _hindrance_of(attempts, done="It was run again, and that succeeded.")
        case _:
            return "It is still under way."


def undo_run(
    run: ActionRun,
    undoing: Undoing,
    family: Sequence[ActionRun],
    begun: Begun,
    *,
    moves_money: bool,
) -> ActionRun:
    """A new run that takes this one back, on the subscription it changed."""
    return replace(
        _child(run, family, begun, moves_money=moves_money),
        origin=Origin.UNDO,
        action=undoing.action,
        parameters=dict(undoing.parameters),
        target=undoing.target,
    )


def again_run(run: ActionRun, family: Sequence[ActionRun], begun: Begun) -> ActionRun:
    """A new run that asks the same. An undo keeps its subscription, a click's chooses anew."""
    undone = _undone_by(run, family)
    return replace(
        _child(run, family, begun, moves_money=run.moves_money),
        origin=Origin.AGAIN,
        target=undone.result.reference if undone else None,
        quoted=run.quoted,
    )


def found_done(
    run: ActionRun, *, reference: str, charged: Money | None, note: str, now: datetime
) -> ActionRun:
    """An operator saw at the billing system that it happened."""
    message = f"An operator recorded that it happened: {note}"
    result = RunResult(reference=reference, message=message, charged=charged)
    return _recorded(run, RunState.SUCCEEDED, result, now)


def found_undone(run: ActionRun, *, note: str, now: datetime) -> ActionRun:
    """An operator saw at the billing system that it did not happen."""
    message = f"An operator recorded that it did not happen: {note}"
    return _recorded(run, RunState.FAILED, RunResult(message=message), now)


def look_again(run: ActionRun, *, now: datetime) -> ActionRun:
    """Back in doubt: to be looked up now, and handed to a person again if that tells nothing."""
    return replace(run, state=RunState.UNKNOWN, due_at=now, finished_at=None)


def _undone_by(run: ActionRun, family: Sequence[ActionRun]) -> ActionRun | None:
    """What this run was to take back, if that is its goal."""
    origin, of = goal_of(run, family)
    return next((one for one in family if origin is Origin.UNDO and one.id == of), None)


def _hindrance_of(attempts: Iterable[ActionRun], *, done: str) -> str | None:
    states = {one.state for one in attempts}
    if RunState.SUCCEEDED in states:
        return done
    if RunState.NEEDS_OPERATOR in states:
        return "Another run for the same needs a person. Record there first whether it happened."
    return None if states <= CAME_TO_NOTHING else "Another run for the same is under way."


def _child(
    run: ActionRun, family: Sequence[ActionRun], begun: Begun, *, moves_money: bool
) -> ActionRun:
    """A new run of the same click for the same customer, after all there are."""
    position = max(one.position for one in family) + 1
    deadline = begun.at + timedelta(seconds=begun.durations.money_deadline)
    return ActionRun(
        id=run_id(run.interaction_id, position),
        interaction_id=run.interaction_id,
        position=position,
        app_id=run.app_id,
        connection_id=run.connection_id,
        connector=run.connector,
        action=run.action,
        parameters=run.parameters,
        user_id=run.user_id,
        billing_id=run.billing_id,
        lane=run.lane,
        sequence=int(begun.at.timestamp() * 1_000_000) * 16 + position % 16,
        stop_on_error=False,  # it stands for itself: no later step hangs on it
        moves_money=moves_money,
        created_at=begun.at,
        deadline_at=deadline if moves_money else None,
        due_at=begun.at,
        parent_id=run.id,
        started_by=begun.by,
    )


def _recorded(run: ActionRun, state: RunState, result: RunResult, now: datetime) -> ActionRun:
    return replace(
        run, state=state, result=result, due_at=None, has_open_intent=False, finished_at=now
    )
