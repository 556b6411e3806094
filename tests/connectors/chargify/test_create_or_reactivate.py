"""Creating where a canceled subscription to the plan exists: a new one, or that one again."""

import pytest

from connectors.chargify.site import NOTHING
from standfast.contract.actions import Absent, RefusalReason, Refused, Succeeded, Unknown
from standfast.contract.catalogue import Money

CREATE = "create_subscription"


def canceled(site, customer, plan="basic"):
    subscription = site.subscribe(customer, plan)
    site.owner("DELETE", f"/subscriptions/{subscription}.json")
    return subscription


def wish(site, **more):
    return {"plan": site.plan("basic"), "when_ended": "reactivate", **more}


def test_the_newest_of_those_that_were_canceled_is_brought_back(site):
    customer = site.a_customer()
    older, newer = canceled(site, customer), canceled(site, customer)

    outcome = site.perform(CREATE, customer, **wish(site))

    assert outcome == Succeeded(newer, charged=NOTHING)
    assert site.subscription(newer)["state"] == "active"
    assert site.subscription(older)["state"] == "canceled"


def test_without_a_canceled_one_a_new_one_is_created(site):
    customer = site.a_customer()
    canceled(site, customer, "business")

    outcome = site.perform(CREATE, customer, **wish(site))

    assert isinstance(outcome, Succeeded)
    assert outcome.charged == Money(900, "USD")
    assert len(site.subscriptions(customer)) == 2


def test_one_at_another_price_is_not_taken_for_it(site):
    customer = site.a_customer()
    old = canceled(site, customer)
    price = site.price_point("basic-yearly")

    outcome = site.perform(CREATE, customer, **wish(site, price_point=price))

    assert isinstance(outcome, Succeeded)
    assert outcome.reference != old


def test_a_running_one_is_still_a_refusal(site):
    customer = site.a_customer()
    canceled(site, customer)
    site.subscribe(customer)

    outcome = site.perform(CREATE, customer, **wish(site))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.ALREADY_SUBSCRIBED


def test_beside_a_running_one_that_is_allowed_a_new_one_is_created(site):
    customer = site.a_customer()
    old = canceled(site, customer)
    site.subscribe(customer)

    outcome = site.perform(CREATE, customer, **wish(site, when_live="allow"))

    assert isinstance(outcome, Succeeded)
    assert site.subscription(old)["state"] == "canceled"
    assert len(site.subscriptions(customer)) == 3


def test_a_coupon_cannot_be_promised_with_it(site):
    customer = site.a_customer()

    outcome, desk = site.perform_order(site.order(CREATE, customer, **wish(site, coupon="SAVE20")))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PARAMETER_INVALID
    assert "Add coupon code" in outcome.message
    assert desk.written == []


def test_a_lost_answer_is_looked_up_by_the_state_of_that_one(site):
    customer = site.a_customer()
    subscription = canceled(site, customer)
    order = site.order(CREATE, customer, **wish(site))
    site.simulator.fault("PUT", "*reactivate.json", "cut_after")

    outcome, desk = site.perform_order(order)
    again = site.perform_order(site.again(order, desk))[0]

    assert isinstance(outcome, Unknown)
    assert site.look_up(site.again(order, desk)) == Succeeded(subscription, charged=NOTHING)
    assert isinstance(again, Succeeded)
    assert again.already
    assert len(site.subscriptions(customer)) == 1


def test_a_lost_answer_before_the_effect_is_absent_and_tried_again(site):
    customer = site.a_customer()
    subscription = canceled(site, customer)
    order = site.order(CREATE, customer, **wish(site))
    site.simulator.fault("PUT", "*reactivate.json", "cut_before")
    desk = site.perform_order(order)[1]

    absent = site.look_up(site.again(order, desk))
    again = site.perform_order(site.again(order, desk))[0]

    assert isinstance(absent, Absent)
    assert again == Succeeded(subscription, charged=NOTHING)


@pytest.mark.parametrize("when_live", ["refuse", "allow"])
@pytest.mark.parametrize("state", ["past_due", "expired", "on_hold"])
def test_what_became_of_it_meanwhile_never_makes_a_second_one(site, state, when_live):
    customer = site.a_customer()
    subscription = canceled(site, customer)
    order = site.order(CREATE, customer, **wish(site, when_live=when_live))
    site.simulator.fault("PUT", "*reactivate.json", "cut_before")
    desk = site.perform_order(order)[1]
    site.simulator.force(int(subscription), state=state)

    outcome, desk = site.perform_order(site.again(order, desk))

    assert isinstance(outcome, Refused)
    assert desk.written == []


def test_what_was_created_is_charged_from_nothing_also_when_looked_up(site):
    customer = site.a_customer()
    order = site.order(CREATE, customer, plan=site.plan("basic"))
    site.simulator.fault("POST", "/subscriptions.json", "cut_after")

    desk = site.perform_order(order)[1]

    [made] = site.subscriptions(customer)
    found = site.look_up(site.again(order, desk))
    assert found == Succeeded(str(made["id"]), charged=Money(900, "USD"))


def test_a_setup_fee_and_a_coupon_are_in_what_was_charged(site):
    customer = site.a_customer()
    plan = site.plan("business")

    outcome = site.perform(CREATE, customer, plan=plan, coupon="FIVEOFF")

    assert isinstance(outcome, Succeeded)
    [made] = site.subscriptions(customer)
    assert outcome.charged == Money(made["total_revenue_in_cents"], "USD")
    assert outcome.charged == Money(9_900 + 25_000 - 500, "USD")


def test_what_was_created_is_taken_back_by_canceling_it(site):
    customer = site.a_customer()
    order = site.order(CREATE, customer, plan=site.plan("basic"))
    outcome, desk = site.perform_order(order)

    undone = site.undo(site.again(order, desk), outcome.reference)

    assert isinstance(undone, Succeeded)
    assert site.subscription(outcome.reference)["state"] == "canceled"
