"""What a spec says of the way back, parameter by parameter."""

import pytest

from standfast.connectors.chargify.connector import SPEC


@pytest.mark.parametrize(
    ("action", "parameters", "back"),
    [
        ("cancel_subscription", {}, "undo_cancellation"),
        ("cancel_subscription", {"when": ""}, "undo_cancellation"),
        ("cancel_subscription", {"when": "end_of_period"}, "undo_cancellation"),
        ("cancel_subscription", {"when": "now"}, "reactivate"),
        ("switch_plan", {"plan": "1"}, "undo_plan_change"),
        ("switch_plan", {"plan": "1", "when": "now"}, "switch_plan"),
        ("retry_payment", {}, None),
    ],
)
def test_the_way_back_is_that_of_the_parameters(action, parameters, back):
    spec = SPEC.action(action)
    assert spec is not None

    way = spec.undo_for(parameters)

    assert (way and way.action) == back


def test_what_may_move_money_when_taken_back_says_so():
    moving = {
        (one.key, way.action)
        for one in SPEC.actions
        for way in (one.undo, *one.undo_if)
        if way is not None and way.moves_money
    }

    assert moving == {
        ("cancel_subscription", "reactivate"),
        ("switch_plan", "switch_plan"),
        ("pause", "resume"),
    }
