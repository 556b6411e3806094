from dataclasses import replace

import pytest

from connectors.chargify.site import NOTHING
from standfast.contract.actions import (
    Absent,
    RefusalReason,
    Refused,
    Succeeded,
    Unknown,
)

ADD = "add_coupon"


def test_a_coupon_is_added(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)

    outcome, desk = site.perform_order(site.order(ADD, customer, coupon="SAVE20"))

    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert site.subscription(subscription)["coupon_codes"] == ["SAVE20"]
    assert desk.billings[-1].records[0].coupon_codes == ("SAVE20",)


def test_adding_takes_two_vendor_calls(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.simulator.clear_requests()

    site.perform(ADD, customer, coupon="SAVE20")

    assert site.vendor_calls() == [
        f"GET /customers/{customer}/subscriptions.json",
        f"POST /subscriptions/{subscription}/add_coupon.json",
    ]


@pytest.mark.parametrize("code", ["STACK5", "stack5", "Stack5"])
def test_a_coupon_that_is_there_counts_as_done_in_any_case(site, code):
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=("STACK5",))

    outcome, desk = site.perform_order(site.order(ADD, customer, coupon=code, when_present="stack"))

    assert isinstance(outcome, Succeeded)
    assert outcome.already
    assert desk.written == []
    assert site.subscription(subscription)["coupon_codes"] == ["STACK5"]


def test_another_coupon_is_left_alone_unless_told_otherwise(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=("WELCOME10",))

    outcome = site.perform(ADD, customer, coupon="SAVE20")

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.COUPON_PRESENT
    assert "WELCOME10" in outcome.message
    assert site.subscription(subscription)["coupon_codes"] == ["WELCOME10"]


def test_stackable_coupons_stack(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=("STACK5",))

    outcome = site.perform(ADD, customer, coupon="STACK7", when_present="stack")

    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert site.subscription(subscription)["coupon_codes"] == ["STACK5", "STACK7"]


@pytest.mark.parametrize(("there", "wanted"), [("STACK5", "SAVE20"), ("SAVE20", "STACK5")])
def test_coupons_that_do_not_stack_are_refused(site, there, wanted):
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=(there,))

    outcome = site.perform(ADD, customer, coupon=wanted, when_present="stack")

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.COUPON_NOT_STACKABLE
    assert site.subscription(subscription)["coupon_codes"] == [there]


def test_a_coupon_replaces_all_that_are_there_where_that_was_chosen(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=("STACK5", "STACK7"))

    outcome = site.perform(ADD, customer, coupon="SAVE20", when_present="replace")

    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert site.subscription(subscription)["coupon_codes"] == ["SAVE20"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("SUMMER2019", RefusalReason.COUPON_EXPIRED),
        ("RETIRED", RefusalReason.COUPON_RETIRED),
        ("FIRST100", RefusalReason.COUPON_RETIRED),
        ("TEACHER", RefusalReason.COUPON_UNKNOWN),
        ("NOPE", RefusalReason.COUPON_UNKNOWN),
        ("", RefusalReason.PARAMETER_INVALID),
    ],
)
@pytest.mark.parametrize("there", [(), ("STACK5",)])
def test_a_coupon_that_cannot_be_added_is_refused_with_the_reason(site, code, reason, there):
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=there)

    outcome = site.perform(ADD, customer, coupon=code, when_present="replace")

    assert isinstance(outcome, Refused)
    assert outcome.reason is reason
    assert site.subscription(subscription)["coupon_codes"] == list(there)


@pytest.mark.parametrize("state", ["canceled", "on_hold", "expired", "unpaid"])
def test_a_subscription_that_takes_no_coupon_is_named_in_the_refusal(site, state):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.simulator.force(int(subscription), state=state)

    outcome = site.perform(ADD, customer, coupon="SAVE20")

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.NO_SUBSCRIPTION
    assert f"{subscription} (Basic, {state})" in outcome.message


def test_two_subscriptions_are_listed_and_left_alone(site):
    customer = site.a_customer()
    both = [site.subscribe(customer, "basic") for _ in range(2)]

    outcome = site.perform(ADD, customer, coupon="SAVE20", plan=site.plan("basic"))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.SEVERAL_SUBSCRIPTIONS
    assert all(one in outcome.message for one in both)
    assert all(one["coupon_codes"] == [] for one in site.subscriptions(customer))


def test_a_lost_answer_after_the_effect_is_looked_up_as_done(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    order = site.order(ADD, customer, coupon="stack5")
    site.simulator.fault("POST", "*add_coupon.json", "cut_after")

    outcome, desk = site.perform_order(order)

    assert isinstance(outcome, Unknown)
    assert site.look_up(replace(order, target=desk.target, memo=desk.memo)) == Succeeded(
        subscription, charged=NOTHING
    )


def test_a_lost_answer_before_the_effect_is_looked_up_as_absent(site):
    customer = site.a_customer()
    site.subscribe(customer)
    order = site.order(ADD, customer, coupon="STACK5")
    site.simulator.fault("POST", "*add_coupon.json", "cut_before")

    outcome, desk = site.perform_order(order)

    assert isinstance(outcome, Unknown)
    assert isinstance(site.look_up(replace(order, target=desk.target, memo=desk.memo)), Absent)


def test_a_stackable_coupon_is_never_added_twice_by_one_run(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    order = site.order(ADD, customer, coupon="STACK5", when_present="stack")
    site.simulator.fault("POST", "*add_coupon.json", "cut_after")
    desk = site.perform_order(order)[1]

    again = site.perform_order(replace(order, target=desk.target, memo=desk.memo))[0]

    assert isinstance(again, Succeeded)
    assert again.already
    assert site.subscription(subscription)["coupon_codes"] == ["STACK5"]


def test_a_yes_without_the_coupon_is_a_doubt(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    same = {"id": int(subscription), "state": "active", "coupon_codes": []}
    site.will_say("POST", "*add_coupon.json", 200, {"subscription": same})

    assert isinstance(site.perform(ADD, customer, coupon="SAVE20"), Unknown)


def test_a_subscription_canceled_in_the_meantime_is_no_success(site):
    customer = site.a_customer()
    site.subscribe(customer)
    said = {"error": "The subscription is already canceled"}
    site.will_say("POST", "*add_coupon.json", 422, said)

    outcome = site.perform(ADD, customer, coupon="SAVE20")

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.WRONG_STATE
