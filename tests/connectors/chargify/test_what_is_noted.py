"""How a subscription stood before a write is noted; what was charged is told by the difference."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from connectors.chargify.stages import WISHES, named, set_up
from standfast.connectors.chargify.models import Group, Product, Subscription
from standfast.connectors.chargify.writing import (
    charged,
    in_group,
    memo_of,
    number_or_text,
    subscription_of,
)
from standfast.contract.actions import RefusalReason, Refused, Unknown
from standfast.contract.catalogue import Money
from standfast.contract.transport import Answer


def a_subscription(**changes) -> Subscription:
    return replace(Subscription(id=7, state="active"), **changes)


def test_a_note_holds_state_plan_price_what_is_to_come_and_what_was_taken():
    before = a_subscription(
        product=Product(id=10),
        product_price_point_id=11,
        next_product_id=20,
        next_product_price_point_id=21,
        total_revenue_in_cents=900,
    )

    assert memo_of(before) == {
        "state": "active",
        "plan": "10",
        "price_point": "11",
        "next_plan": "20",
        "next_price_point": "21",
        "revenue": "900",
    }


def test_what_is_not_told_is_not_noted():
    assert memo_of(a_subscription()) == {"state": "active"}


def test_nothing_taken_so_far_is_noted_as_nothing():
    assert memo_of(a_subscription(total_revenue_in_cents=0))["revenue"] == "0"


DOLLARS = {"currency": "USD"}
CHARGES = [
    ({"revenue": "100"}, {"total_revenue_in_cents": 350, **DOLLARS}, Money(250, "USD")),
    ({"revenue": "100"}, {"total_revenue_in_cents": 100, **DOLLARS}, Money(0, "USD")),
    ({"revenue": "0"}, {"total_revenue_in_cents": 1, **DOLLARS}, Money(1, "USD")),
    ({"revenue": "100"}, {"total_revenue_in_cents": 99, **DOLLARS}, None),
    ({"revenue": "100"}, {"total_revenue_in_cents": 350}, None),
    ({"revenue": "100"}, {"total_revenue_in_cents": 350, "currency": ""}, None),
    ({"revenue": "100"}, DOLLARS, None),
    ({"revenue": "100"}, {}, None),
    ({"revenue": "some"}, {"total_revenue_in_cents": 350, **DOLLARS}, None),
    ({}, {"total_revenue_in_cents": 350, **DOLLARS}, None),
]


@pytest.mark.parametrize(("memo", "after", "taken"), CHARGES)
def test_what_was_taken_is_told_only_where_it_is_known(memo, after, taken):
    assert charged(memo, a_subscription(**after)) == taken


@pytest.mark.parametrize(
    ("told", "sent"), [("123", 123), ("0", 0), ("pro", "pro"), ("1-2", "1-2"), ("", "")]
)
def test_an_id_goes_out_as_the_number_it_is(told, sent):
    assert number_or_text(told) == sent
    assert type(number_or_text(told)) is type(sent)


IN_GROUPS = [
    (None, False, None),
    (None, True, None),
    (Group(primary=False), False, "belongs to a group whose primary pays"),
    (Group(primary=False), True, "belongs to a group whose primary pays"),
    (Group(primary=True), True, "is the primary of a group"),
    (Group(primary=True), False, None),
    (Group(primary=None), True, "is the primary of a group"),
    (Group(primary=None), False, None),
]


@pytest.mark.parametrize(("group", "primary_too", "why"), IN_GROUPS)
def test_a_subscription_of_a_group_is_left_alone_and_the_operator_told_why(group, primary_too, why):
    grouped = a_subscription(group=group, product=Product(id=10, name="Basic"))

    told = in_group(grouped, primary_too=primary_too)

    text = f"Subscription 7 (Basic, active) {why}. Change it in Chargify."
    assert told == (None if why is None else Refused(RefusalReason.WRONG_STATE, text))


@pytest.mark.parametrize("body", [b"", b" ", b"yes", b"{}", b'{"subscription": {"id": 1}}'])
@pytest.mark.parametrize("status", [200, 201])
def test_a_yes_that_nobody_can_read_is_a_doubt_with_its_status(status, body):
    told = subscription_of(Answer(status, body))

    assert told == Unknown(f"Chargify answered {status} with a body we cannot read.")


def test_a_yes_is_read():
    body = b'{"subscription": {"id": 1, "state": "active", "new": 2}}'

    assert subscription_of(Answer(200, body)) == a_subscription(id=1)


ALSO = {
    "remove_coupon": lambda before: {"coupon": "STACK5"},
    "extend_trial": lambda before: {"trial_ends_at": _in_utc(before["trial_ended_at"])},
    "resume": lambda before: {"resumes_at": _in_utc(before["automatically_resume_at"])},
    "undo_plan_change": lambda before: {
        "next_plan": str(before["next_product_id"]),
        "next_price_point": str(before["next_product_price_point_id"]),
    },
}
"""What an action notes beside what all of them note, from how the site tells the subscription."""
EXISTING = sorted(set(WISHES) - {"create_subscription"})


def _in_utc(told):
    return datetime.fromisoformat(told).astimezone(UTC).isoformat()


@pytest.mark.parametrize("action", EXISTING)
def test_an_action_notes_what_its_undo_and_its_look_up_need(site, action):
    customer = set_up(site, action, WISHES[action])
    [row] = site.owner("GET", f"/customers/{customer}/subscriptions.json")
    before = row["subscription"]

    desk = site.perform_order(site.order(action, customer, **named(site, WISHES[action])))[1]

    [written] = desk.written
    common = {
        "state": before["state"],
        "plan": str(before["product"]["id"]),
        "price_point": str(before["product_price_point_id"]),
        "revenue": str(before["total_revenue_in_cents"]),
    }
    also = ALSO[action](before) if action in ALSO else {}
    told = {key: value for key, value in (common | also).items() if value != "None"}
    assert written.memo == told
    assert written.target == str(before["id"])


def test_a_new_subscription_is_noted_as_one_that_brought_in_nothing_yet(site):
    customer = site.a_customer()

    desk = site.perform_order(site.order("create_subscription", customer, plan=site.plan("basic")))[
        1
    ]

    assert [(one.target, dict(one.memo)) for one in desk.written] == [(None, {"revenue": "0"})]


def test_a_trial_without_an_end_is_noted_without_one_and_can_be_given_an_exact_one(site):
    customer = set_up(site, "extend_trial", {})
    [one] = site.subscriptions(customer)
    site.simulator.force(one["id"], trial_ended_at=None)
    end = (site.now() + timedelta(days=20)).replace(microsecond=0).isoformat()

    desk = site.perform_order(site.order("extend_trial", customer, to=end))[1]

    [written] = desk.written
    assert "trial_ends_at" not in written.memo
    assert written.call.json["subscription"] == {"next_billing_at": end}
