"""Whatever operators do about the runs of one click, nothing is done twice at the same time."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from clocks import FrozenClock
from ledger.rig import a_run
from standfast.config import Durations
from standfast.contract.actions import Undoing
from standfast.domain.action_run import (
    CAME_TO_NOTHING,
    ActionRun,
    Origin,
    RunResult,
    RunState,
)
from standfast.domain.redoing import (
    Begun,
    again_run,
    attempts_at,
    goal_of,
    hindrance_to_again,
    hindrance_to_undo,
    undo_run,
)

NOW = FrozenClock().now()
BEGUN = Begun("op", NOW, Durations())
UNDOING = Undoing("cancel_subscription", {}, "s1")
UNDER_WAY = frozenset(RunState) - CAME_TO_NOTHING - {RunState.SUCCEEDED}


def ended(run: ActionRun, state: RunState) -> ActionRun:
    return replace(run, state=state, result=RunResult(reference="s1"))


def undone(run: ActionRun, family: list[ActionRun]) -> ActionRun:
    return undo_run(run, UNDOING, family, BEGUN, moves_money=False)


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from(RunState), st.booleans())))
def test_of_one_goal_at_most_one_attempt_is_alive_or_done(
    deeds: list[tuple[int, RunState, bool]],
) -> None:
    family = [ended(a_run(position=0), RunState.SUCCEEDED), a_run(position=1)]
    for number, state, wants_undo in deeds:
        place = number % len(family)
        run = family[place]
        if run.state not in {RunState.SUCCEEDED, *CAME_TO_NOTHING}:
            family[place] = ended(run, state)
        elif wants_undo and hindrance_to_undo(run, family) is None:
            family.append(undone(run, family))
        elif not wants_undo and hindrance_to_again(run, family) is None:
            family.append(again_run(run, family, BEGUN))

        assert [one.position for one in family] == list(range(len(family)))
        assert len({one.id for one in family}) == len(family)
        for goal in {goal_of(one, family) for one in family}:
            attempts = attempts_at(goal, family)
            assert sum(one.state not in CAME_TO_NOTHING for one in attempts) <= 1


@pytest.mark.parametrize("state", sorted(UNDER_WAY))
def test_while_one_undo_may_still_happen_there_is_no_other(state: RunState) -> None:
    made = ended(a_run(), RunState.SUCCEEDED)
    undo = ended(undone(made, [made]), state)

    hindrance = hindrance_to_undo(made, [made, undo])

    assert hindrance is not None
    assert ("needs a person" in hindrance) == (state is RunState.NEEDS_OPERATOR)


@pytest.mark.parametrize("state", sorted(CAME_TO_NOTHING))
def test_an_undo_that_ended_badly_is_tried_again_in_either_way(state: RunState) -> None:
    made = ended(a_run(), RunState.SUCCEEDED)
    undo = ended(undone(made, [made]), state)

    assert hindrance_to_undo(made, [made, undo]) is None
    assert hindrance_to_again(undo, [made, undo]) is None


@pytest.mark.parametrize("state", sorted(set(RunState) - CAME_TO_NOTHING))
def test_what_did_not_end_badly_is_not_run_again(state: RunState) -> None:
    run = ended(a_run(), state)

    assert hindrance_to_again(run, [run]) is not None


def test_a_run_again_stands_after_all_others_and_keeps_what_was_asked() -> None:
    first, second = ended(a_run(), RunState.REFUSED), a_run(position=1)

    again = again_run(first, [first, second], BEGUN)

    kept = ("action", "parameters", "user_id", "billing_id", "lane", "connection_id", "quoted")
    assert [getattr(again, key) for key in kept] == [getattr(first, key) for key in kept]
    assert (again.position, again.origin, again.parent_id) == (2, Origin.AGAIN, first.id)
    assert (again.started_by, again.stop_on_error, again.target) == ("op", False, None)
    assert again.sequence > second.sequence
    assert again.deadline_at is not None


def test_the_sequence_of_many_runs_of_one_instant_still_follows_the_click() -> None:
    family = [ended(a_run(), RunState.REFUSED)]
    for _ in range(20):
        family.append(ended(again_run(family[-1], family, BEGUN), RunState.REFUSED))

    clicked, *begun = (one.sequence for one in family)

    assert all(one > clicked for one in begun)
    assert [key for key, _ in groupby(one.origin for one in family)] == [
        Origin.CLICK,
        Origin.AGAIN,
    ]
