"""When two runs of a click are the same deed, done to a subscription each."""

import pytest

from standfast.contract.actions import ActionSpec, SpreadSpec

SPREAD = SpreadSpec("which", "all", names="subscription", partly_done="On some.")
ADD = ActionSpec("add", "Add", "Adds it.", (), moves_money=True, spread=SPREAD)
PLAIN = ActionSpec("pause", "Pause", "Pauses it.", (), moves_money=False)
ONE = {"coupon": "TEN", "which": "refuse", "subscription": "1"}


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ({**ONE, "subscription": "2"}, True),
        ({**ONE, "subscription": "2", "coupon": "FIVE"}, False),
        ({**ONE, "subscription": "2", "plan": "gold"}, False),
        ({**ONE, "subscription": ""}, False),
        ({"coupon": "TEN", "which": "refuse"}, False),
    ],
)
def test_only_the_subscription_may_be_another_one(other, is_same):
    assert ADD.is_same_but_for_target(ONE, other) is is_same
    assert ADD.is_same_but_for_target(other, ONE) is is_same
    assert not PLAIN.is_same_but_for_target(ONE, other)


@pytest.mark.parametrize(
    ("spec", "parameters", "may"),
    [
        (ADD, {"which": "all"}, True),
        (ADD, {"which": "newest"}, False),
        (ADD, {}, False),
        (PLAIN, {"which": "all"}, False),
    ],
)
def test_a_click_is_spread_where_that_was_chosen(spec, parameters, may):
    assert spec.may_spread(parameters) is may
