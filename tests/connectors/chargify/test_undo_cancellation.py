import pytest

from connectors.chargify.site import NOTHING
from standfast.contract.actions import Absent, RefusalReason, Refused, Succeeded, Unknown

UNDO = "undo_cancellation"


def about_to_end(site, plan="basic"):
    customer = site.a_customer()
    subscription = site.subscribe(customer, plan)
    site.owner("POST", f"/subscriptions/{subscription}/delayed_cancel.json")
    return customer, subscription


def test_it_renews_as_before(site):
    customer, subscription = about_to_end(site)

    outcome, desk = site.perform_order(site.order(UNDO, customer))

    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert site.subscription(subscription)["cancel_at_end_of_period"] is False
    assert not desk.billings[-1].records[0].ends_at_period_end


def test_of_two_the_one_that_is_about_to_end_is_meant(site):
    customer, subscription = about_to_end(site)
    site.subscribe(customer, "priority-support")

    assert site.perform(UNDO, customer) == Succeeded(subscription, charged=NOTHING)


def test_nothing_pending_is_a_success_said_so(site):
    customer = site.a_customer()
    site.subscribe(customer)

    outcome, desk = site.perform_order(site.order(UNDO, customer))

    assert isinstance(outcome, Succeeded)
    assert outcome.already
    assert desk.written == []


def test_one_that_has_ended_is_beyond_it(site):
    customer, subscription = about_to_end(site)
    site.simulator.move_clock(offset_seconds=40 * 86_400)

    outcome = site.perform(UNDO, customer)

    assert site.subscription(subscription)["state"] == "canceled"
    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.NO_SUBSCRIPTION


@pytest.mark.parametrize(("fault", "kind"), [("cut_after", Succeeded), ("cut_before", Absent)])
def test_a_lost_answer_is_looked_up(site, fault, kind):
    customer, _ = about_to_end(site)
    order = site.order(UNDO, customer)
    site.simulator.fault("DELETE", "*delayed_cancel.json", fault)

    outcome, desk = site.perform_order(order)

    assert isinstance(outcome, Unknown)
    assert isinstance(site.look_up(site.again(order, desk)), kind)


def test_a_yes_without_the_effect_is_a_doubt(site):
    customer, _ = about_to_end(site)
    site.will_say("DELETE", "*delayed_cancel.json", 200, {"message": "ok"})

    assert isinstance(site.perform(UNDO, customer), Unknown)
