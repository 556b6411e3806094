import pytest

from connectors.chargify.site import NOTHING
from standfast.contract.actions import (
    Absent,
    NeedsVisitor,
    Obscure,
    RefusalReason,
    Refused,
    Succeeded,
    Unknown,
)
from standfast.contract.catalogue import Money
from standfast.contract.testing import RecordingDesk

REACTIVATE = "reactivate"
FORTY_DAYS = 40 * 86_400


def canceled(site, customer, plan="basic"):
    subscription = site.subscribe(customer, plan)
    site.owner("DELETE", f"/subscriptions/{subscription}.json")
    return subscription


def test_a_period_that_was_paid_goes_on_and_costs_nothing(site):
    customer = site.a_customer()
    subscription = canceled(site, customer)
    before = site.subscription(subscription)

    outcome, desk = site.perform_order(site.order(REACTIVATE, customer))

    after = site.subscription(subscription)
    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert after["state"] == "active"
    assert after["current_period_ends_at"] == before["current_period_ends_at"]
    assert desk.billings[-1].records[0].state == "active"


def test_a_period_that_is_over_is_followed_by_a_new_one_that_is_charged(site):
    customer = site.a_customer()
    subscription = canceled(site, customer)
    site.simulator.move_clock(offset_seconds=FORTY_DAYS)

    outcome = site.perform(REACTIVATE, customer)

    assert outcome == Succeeded(subscription, charged=Money(900, "USD"))
    assert site.subscription(subscription)["total_revenue_in_cents"] == 1800


def test_a_new_period_is_charged_at_once_where_that_was_chosen(site):
    customer = site.a_customer()
    subscription = canceled(site, customer)

    outcome = site.perform(REACTIVATE, customer, period="renew")

    assert outcome == Succeeded(subscription, charged=Money(900, "USD"))


def test_only_going_on_is_refused_when_the_period_is_over_and_nothing_is_sent(site):
    customer = site.a_customer()
    canceled(site, customer)
    site.simulator.move_clock(offset_seconds=FORTY_DAYS)

    outcome, desk = site.perform_order(site.order(REACTIVATE, customer, period="resume"))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.WRONG_STATE
    assert "begin a new one" in outcome.message
    assert desk.written == []


def test_chargify_too_refuses_to_go_on_with_a_period_that_is_over(site):
    customer = site.a_customer()
    subscription = canceled(site, customer)
    site.simulator.move_clock(offset_seconds=FORTY_DAYS)

    outcome = site.perform(REACTIVATE, customer, period="resume", clicked_at=None)

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.WRONG_STATE
    assert site.subscription(subscription)["state"] == "canceled"


def test_a_trial_that_ended_becomes_a_paid_subscription(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer, "pro")
    site.simulator.force(int(subscription), state="trial_ended", current_period_ends_at=None)

    outcome = site.perform(REACTIVATE, customer)

    assert outcome == Succeeded(subscription, charged=Money(2900, "USD"))


def test_a_second_subscription_to_a_plan_that_runs_is_not_brought_back(site):
    customer = site.a_customer()
    old = canceled(site, customer)
    running = site.subscribe(customer)

    outcome, desk = site.perform_order(site.order(REACTIVATE, customer, subscription=old))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.ALREADY_SUBSCRIBED
    assert running in outcome.message
    assert desk.written == []


def test_another_plan_that_runs_is_no_hindrance(site):
    customer = site.a_customer()
    old = canceled(site, customer)
    site.subscribe(customer, "priority-support")

    assert isinstance(site.perform(REACTIVATE, customer), Succeeded)
    assert site.subscription(old)["state"] == "active"


def test_one_that_is_active_is_a_success_said_so(site):
    customer = site.a_customer()
    site.subscribe(customer)

    outcome, desk = site.perform_order(site.order(REACTIVATE, customer))

    assert isinstance(outcome, Succeeded)
    assert outcome.already
    assert outcome.message
    assert desk.written == []


@pytest.mark.parametrize("state", ["expired", "past_due", "unpaid", "on_hold"])
def test_other_states_cannot_be_brought_back(site, state):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.simulator.force(int(subscription), state=state)

    outcome = site.perform(REACTIVATE, customer)

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.NO_SUBSCRIPTION
    assert state in outcome.message


def test_a_declined_card_leaves_it_canceled(site):
    customer = site.a_customer()
    subscription = canceled(site, customer)
    bad = site.add_card(customer, "2")
    site.simulator.force(int(subscription), payment_profile_id=bad)

    outcome = site.perform(REACTIVATE, customer, period="renew")

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PAYMENT_DECLINED
    assert site.subscription(subscription)["state"] == "canceled"


def test_without_a_card_the_visitor_is_asked_for_one(site):
    customer = site.a_customer()
    subscription = canceled(site, customer)
    site.simulator.force(int(subscription), payment_profile_id=None)

    outcome = site.perform(REACTIVATE, customer, period="renew")

    assert isinstance(outcome, NeedsVisitor)
    assert outcome.link


def test_a_lost_answer_is_found_with_what_it_charged_and_charges_once(site):
    customer = site.a_customer()
    subscription = canceled(site, customer)
    order = site.order(REACTIVATE, customer, period="renew")
    site.simulator.fault("PUT", "*reactivate.json", "cut_after")

    outcome, desk = site.perform_order(order)
    found = site.look_up(site.again(order, desk))
    site.perform_order(site.again(order, desk))

    assert isinstance(outcome, Unknown)
    assert found == Succeeded(subscription, charged=Money(900, "USD"))
    assert site.subscription(subscription)["total_revenue_in_cents"] == 1800


def test_an_answer_that_was_lost_before_anything_happened_is_absent(site):
    customer = site.a_customer()
    canceled(site, customer)
    order = site.order(REACTIVATE, customer)
    site.simulator.fault("PUT", "*reactivate.json", "cut_before")

    desk = site.perform_order(order)[1]

    assert isinstance(site.look_up(site.again(order, desk)), Absent)


def test_money_that_was_taken_is_no_proof_that_nothing_happened(site):
    """It was reactivated and charged, and canceled again before anybody looked."""
    customer = site.a_customer()
    subscription = canceled(site, customer)
    order = site.order(REACTIVATE, customer, period="renew")
    site.simulator.fault("PUT", "*reactivate.json", "cut_after")
    desk = site.perform_order(order)[1]
    site.owner("DELETE", f"/subscriptions/{subscription}.json")

    found = site.look_up(site.again(order, desk))

    assert isinstance(found, Obscure)
    assert "money was taken" in found.detail


def test_without_a_memo_the_state_alone_decides(site):
    customer = site.a_customer()
    subscription = canceled(site, customer)

    found = site.look_up(site.order(REACTIVATE, customer, target=subscription))

    assert isinstance(found, Absent)


def test_a_refusal_because_somebody_was_faster_is_a_success(site):
    """It is reactivated between our reading and our write."""
    customer = site.a_customer()
    subscription = canceled(site, customer)
    inner, path = site.transport(), f"/subscriptions/{subscription}/reactivate.json"

    class Faster:
        def send(self, call):
            if not call.is_read:
                site.owner("PUT", path, {"resume": True})
            return inner.send(call)

    order = site.order(REACTIVATE, customer)
    outcome = site.connector.perform(order, RecordingDesk(Faster()), site.settings)

    assert outcome == Succeeded(subscription, already=True)
