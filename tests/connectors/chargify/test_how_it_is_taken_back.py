"""What takes a succeeded order back, judged from what was noted before its write."""

import pytest

from standfast.connectors.chargify.connector import ChargifyConnector
from standfast.contract.actions import Order, RefusalReason, Refused, Undoing

NOTED = {"state": "active", "plan": "10", "price_point": "11", "revenue": "900"}
END = "2027-01-31T12:00:00+00:00"


def back(action: str, memo=None, **wanted: str) -> Undoing | Refused:
    order = Order(
        action, wanted, "5", "u1", "run-1", "token-1", memo=NOTED if memo is None else memo
    )
    return ChargifyConnector().undo_of(order, reference="7")


WAYS_BACK = [
    ("create_subscription", {"plan": "10"}, {}, "cancel_subscription", {"when": "now"}),
    ("cancel_subscription", {}, {}, "undo_cancellation", {}),
    ("cancel_subscription", {"when": "end_of_period"}, {}, "undo_cancellation", {}),
    ("cancel_subscription", {"when": "now"}, {}, "reactivate", {"period": "resume"}),
    (
        "cancel_subscription",
        *({"when": "now"}, {"state": "trialing"}, "reactivate", {"period": "resume"}),
    ),
    ("add_coupon", {"coupon": "SAVE20"}, {}, "remove_coupon", {"coupon": "SAVE20"}),
    ("undo_cancellation", {}, {}, "cancel_subscription", {"when": "end_of_period"}),
    ("reactivate", {}, {}, "cancel_subscription", {"when": "now"}),
    ("switch_plan", {"plan": "20"}, {}, "undo_plan_change", {"plan": "10"}),
    ("switch_plan", {"plan": "20", "when": "at_renewal"}, {}, "undo_plan_change", {"plan": "10"}),
    (
        "switch_plan",
        {"plan": "20"},
        {"next_plan": "30"},
        "switch_plan",
        {"plan": "30", "price_point": "", "when": "at_renewal"},
    ),
    (
        "switch_plan",
        {"plan": "20"},
        {"next_plan": "30", "next_price_point": "31"},
        "switch_plan",
        {"plan": "30", "price_point": "31", "when": "at_renewal"},
    ),
    (
        "switch_plan",
        {"plan": "20", "when": "now", "from_plan": "10", "which": "newest"},
        {"next_plan": "30"},
        "switch_plan",
        {"plan": "10", "price_point": "11", "when": "now"},
    ),
    (
        "switch_plan",
        {"plan": "20", "when": "now", "billing_date": "restart"},
        {},
        "switch_plan",
        {"plan": "10", "price_point": "11", "when": "now", "billing_date": "restart"},
    ),
    (
        "undo_plan_change",
        {},
        {"next_plan": "30"},
        "switch_plan",
        {"plan": "30", "when": "at_renewal"},
    ),
    (
        "undo_plan_change",
        {},
        {"next_plan": "30", "next_price_point": "31"},
        "switch_plan",
        {"plan": "30", "when": "at_renewal", "price_point": "31"},
    ),
    ("pause", {"for_days": "10"}, {}, "resume", {}),
    ("resume", {}, {"resumes_at": END}, "pause", {"until": "2027-01-31"}),
    ("extend_trial", {"days": "10"}, {"trial_ends_at": END}, "extend_trial", {"to": END}),
    (
        "remove_coupon",
        {},
        {"coupon": "SAVE20"},
        "add_coupon",
        {"coupon": "SAVE20", "when_present": "stack"},
    ),
]


@pytest.mark.parametrize(("action", "wanted", "also", "inverse", "parameters"), WAYS_BACK)
def test_an_order_is_taken_back_on_the_subscription_it_changed(
    action, wanted, also, inverse, parameters
):
    assert back(action, NOTED | also, **wanted) == Undoing(inverse, parameters, "7")


def test_without_its_former_price_a_plan_comes_back_at_its_default_one():
    told = back("switch_plan", {"plan": "10"}, plan="20", when="now")

    assert told == Undoing("switch_plan", {"plan": "10", "price_point": "", "when": "now"}, "7")


NO_WAYS_BACK = [
    ("fly", {}, NOTED, "This action cannot be taken back."),
    ("retry_payment", {}, NOTED, "This action cannot be taken back."),
    ("pause", {}, {}, "This run changed nothing: it was as wanted before."),
    (
        "cancel_subscription",
        {"when": "now"},
        {"state": "past_due"},
        "It was past_due before; reactivating would make it active, which it was not.",
    ),
    (
        "switch_plan",
        {"plan": "20"},
        {"state": "active"},
        "The former plan is not known. Change it in Chargify.",
    ),
    (
        "undo_plan_change",
        {},
        NOTED,
        "Which change was taken back is not known. Schedule it in Chargify.",
    ),
    ("resume", {}, NOTED, "It was on hold without an end. Put it on hold in Chargify."),
    (
        "extend_trial",
        {},
        NOTED,
        "The former end of the trial is not known. Set it in Chargify.",
    ),
    (
        "remove_coupon",
        {},
        NOTED,
        "Which coupon was taken off is not known. Add it in Chargify.",
    ),
    (
        "remove_coupon",
        {},
        NOTED | {"coupon": ""},
        "Which coupon was taken off is not known. Add it in Chargify.",
    ),
]


@pytest.mark.parametrize(("action", "wanted", "memo", "text"), NO_WAYS_BACK)
def test_what_cannot_be_taken_back_says_why(action, wanted, memo, text):
    assert back(action, memo, **wanted) == Refused(RefusalReason.OTHER, text)
