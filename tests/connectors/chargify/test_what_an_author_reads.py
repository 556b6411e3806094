"""The sentence beside an offer that cannot be kept, and the bounds at which it can."""

from datetime import timedelta

import pytest

from connectors.chargify.stages import WISHES
from connectors.chargify.test_obstacle import (
    BASIC,
    CLASS,
    DUE,
    HELD,
    NOW,
    SAVE,
    STACK,
    YEARLY,
    a_record,
    canceled,
    obstacle,
)
from standfast.connectors.chargify.connector import ChargifyConnector
from standfast.contract.actions import Absent, RefusalReason, Refused, Succeeded
from standfast.contract.catalogue import KIND_OF
from standfast.contract.records import CustomerBilling, CustomerRecord

R = RefusalReason
ITEMS = {(KIND_OF[type(one)], one.external_id): one for one in (BASIC, CLASS, YEARLY, SAVE, STACK)}
MIDNIGHT = NOW.replace(hour=0)


def read(action, records, *, now=NOW, **wanted):
    billing = CustomerBilling(CustomerRecord("5", None, NOW, NOW), tuple(records))
    return ChargifyConnector().obstacle(action, wanted, billing=billing, items=ITEMS, now=now)


with_other = a_record(coupon_codes=("OTHER", "MORE"))
SENTENCES = [
    (
        "cancel_subscription",
        {"reason_code": "CH9"},
        R.PARAMETER_INVALID,
        "The catalogue has no reason code CH9. Sync it, or pick another.",
    ),
    (
        "add_coupon",
        {"coupon": "SAVE", "when_present": "stack"},
        R.COUPON_NOT_STACKABLE,
        (
            "SAVE does not stack, and Subscription 1 has OTHER, MORE. Choose 'add it if both "
            "stack' or 'replace what is there' in the prompt."
        ),
    ),
    (
        "add_coupon",
        {"coupon": "STACK"},
        R.COUPON_PRESENT,
        (
            "Subscription 1 has OTHER, MORE. Choose 'add it if both stack' or 'replace what is "
            "there' in the prompt."
        ),
    ),
    (
        "add_coupon",
        {"coupon": "NOPE"},
        R.COUPON_UNKNOWN,
        "The catalogue has no coupon NOPE. Sync it, or pick another.",
    ),
    (
        "switch_plan",
        {"plan": "99"},
        R.PLAN_UNKNOWN,
        "The catalogue has no plan 99. Sync it, or pick another plan.",
    ),
    (
        "switch_plan",
        {"plan": "20", "from_plan": "99"},
        R.PLAN_UNKNOWN,
        "The catalogue has no plan 99. Sync it, or pick another plan.",
    ),
    (
        "switch_plan",
        {"plan": "20", "price_point": "11"},
        R.PARAMETER_INVALID,
        "Price point Yearly is not of this plan.",
    ),
    (
        "create_subscription",
        {"plan": "10"},
        R.ALREADY_SUBSCRIBED,
        (
            "The customer has subscription 1 (Basic, active) to this plan. Choose 'create another "
            "one' if that is meant."
        ),
    ),
    (
        "pause",
        {"subscription": "3"},
        R.NO_SUBSCRIPTION,
        "The customer has no subscription 3.",
    ),
]


@pytest.mark.parametrize(("action", "wanted", "reason", "text"), SENTENCES)
def test_what_cannot_be_offered_says_why(action, wanted, reason, text):
    assert read(action, [with_other], **wanted) == Refused(reason, text)


def days(count: float, **more: float) -> dict:
    return {"resumes_at": NOW + timedelta(days=count, **more)}


BOUNDS = [
    ("switch_plan", {"plan": "10", "price_point": ""}, [a_record()], R.ALREADY_DONE),
    (
        "switch_plan",
        {"plan": "10", "price_point": "", "when": "now"},
        [a_record()],
        R.ALREADY_DONE,
    ),
    (
        "switch_plan",
        {"plan": "20", "price_point": ""},
        [a_record(next_plan_external_id="20")],
        R.ALREADY_DONE,
    ),
    (
        "switch_plan",
        {"plan": "10", "price_point": "11"},
        [
            a_record(
                price_point_external_id="12",
                next_plan_external_id="10",
                next_price_point_external_id="11",
            )
        ],
        R.ALREADY_DONE,
    ),
    (
        "switch_plan",
        {"plan": "10", "price_point": "11"},
        [
            a_record(
                price_point_external_id="12",
                next_plan_external_id="10",
                next_price_point_external_id="13",
            )
        ],
        None,
    ),
    ("switch_plan", {"plan": "20"}, [a_record(**DUE, next_plan_external_id="20")], R.ALREADY_DONE),
    ("switch_plan", {"plan": "10"}, [a_record(**DUE)], R.ALREADY_DONE),
    ("switch_plan", {"plan": "10", "when": "now"}, [a_record(**DUE)], R.WRONG_STATE),
    ("switch_plan", {"plan": "10"}, [canceled()], R.NO_SUBSCRIPTION),
    ("switch_plan", {"plan": "10", "when": "now"}, [canceled()], R.NO_SUBSCRIPTION),
    ("pause", {"for_days": "10"}, [a_record(**HELD, **days(9, hours=1))], R.ALREADY_DONE),
    ("pause", {"for_days": "10"}, [a_record(**HELD, **days(9))], R.WRONG_STATE),
    ("pause", {"for_days": "10"}, [a_record(**HELD)], R.WRONG_STATE),
    ("pause", {"for_days": "10"}, [a_record(**days(10))], None),
    ("undo_cancellation", {}, [canceled()], R.NO_SUBSCRIPTION),
    ("undo_plan_change", {}, [canceled()], R.NO_SUBSCRIPTION),
    ("add_coupon", {"coupon": "SAVE", "when_present": ""}, [with_other], R.COUPON_PRESENT),
    ("add_coupon", {"coupon": "SAVE", "when_present": "stack"}, [a_record()], None),
    ("remove_coupon", {"coupon": "SAVE"}, [with_other], R.ALREADY_DONE),
    ("create_subscription", {"plan": "10", "when_ended": "create", "coupon": "SAVE"}, [], None),
    ("create_subscription", {"plan": "10", "when_ended": "reactivate", "coupon": ""}, [], None),
]


@pytest.mark.parametrize(("action", "wanted", "records", "reason"), BOUNDS)
def test_an_offer_is_judged_to_the_last_detail(action, wanted, records, reason):
    assert obstacle(action, records, **wanted) is reason


@pytest.mark.parametrize(
    ("until", "is_fine"),
    [
        (MIDNIGHT + timedelta(days=1), True),
        (MIDNIGHT + timedelta(days=366), True),
        (MIDNIGHT + timedelta(days=367), False),
        (MIDNIGHT, False),
    ],
)
def test_a_pause_lasts_a_day_to_a_year_to_the_second(until, is_fine):
    told = read("pause", [a_record()], now=MIDNIGHT, until=until.date().isoformat())

    day = f"{until:%Y-%m-%d}"
    text = f"A pause ends 1 to 366 days after the click; {day} does not. Choose another day."
    assert told == (None if is_fine else Refused(R.PARAMETER_INVALID, text))


# What has ended was not changed by us, even where nothing is left of what was to be undone.
ON_ENDED = ["add_coupon", "extend_trial", "pause", "remove_coupon", "switch_plan"]


@pytest.mark.parametrize("action", [*ON_ENDED, "undo_cancellation", "undo_plan_change"])
def test_what_has_ended_meanwhile_is_not_taken_for_done(site, action):
    customer = site.a_customer()
    coupons = ("STACK7",) if action == "add_coupon" else ()
    one = site.subscribe(customer, coupons=coupons)
    wish = WISHES[action] | ({"plan": site.plan("basic")} if action == "switch_plan" else {})
    memo = {"state": "active", "trial_ends_at": "2027-01-31T12:00:00+00:00"}
    site.owner("DELETE", f"/subscriptions/{one}.json")

    found = site.look_up(site.order(action, customer, target=one, memo=memo, **wish))

    text = f"Subscription {one} (Basic, canceled) is not as this run wants it."
    assert found == Absent(text)


@pytest.mark.parametrize(
    ("action", "wish"),
    [("reactivate", {"period": "resume"}), ("extend_trial", {"days": "10"})],
)
def test_without_the_moment_of_the_click_nothing_is_judged_to_be_over(site, action, wish):
    customer = site.a_customer()
    one = site.subscribe(customer, "pro" if action == "extend_trial" else "basic")
    if action == "reactivate":
        site.owner("DELETE", f"/subscriptions/{one}.json")

    outcome = site.perform(action, customer, clicked_at=None, **wish)

    assert isinstance(outcome, Succeeded)
    assert outcome.reference == one
