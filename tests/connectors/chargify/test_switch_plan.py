from datetime import timedelta

import pytest

from connectors.chargify.site import NOTHING
from standfast.contract.actions import Absent, NeedsVisitor, RefusalReason, Refused, Succeeded
from standfast.contract.catalogue import Money

SWITCH = "switch_plan"
TEN_DAYS = 10 * 86_400


def preview(site, subscription, **wish):
    """What the migration will cost, by the vendor's own reckoning, in cents."""
    path = f"/subscriptions/{subscription}/migrations/preview.json"
    return site.owner("POST", path, {"migration": wish})["migration"]["payment_due_in_cents"]


def test_now_charges_the_difference_for_the_rest_of_the_period_to_the_cent(site):
    site.simulator.freeze_clock("2026-11-23T12:00:00Z")
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.simulator.freeze_clock("2026-12-03T12:00:00Z")
    before, plan = site.subscription(subscription), site.plan("business")
    due = preview(site, subscription, product_id=plan, preserve_period=True)

    outcome = site.perform(SWITCH, customer, plan=plan, when="now")

    after = site.subscription(subscription)
    assert due > 0
    assert outcome == Succeeded(subscription, charged=Money(due, "USD"))
    assert after["product_id"] == int(plan)
    assert after["current_period_ends_at"] == before["current_period_ends_at"]


def test_now_can_begin_a_new_period(site):
    site.simulator.freeze_clock("2026-11-23T12:00:00Z")
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.simulator.freeze_clock("2026-12-03T12:00:00Z")
    plan = site.plan("pro-yearly")
    due = preview(site, subscription, product_id=plan)

    outcome = site.perform(SWITCH, customer, plan=plan, when="now", billing_date="restart")

    assert outcome == Succeeded(subscription, charged=Money(due, "USD"))
    assert site.subscription(subscription)["current_period_ends_at"].startswith("2027-12-03")


def test_at_the_renewal_nothing_is_charged_until_then(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    plan = site.plan("business")

    outcome, desk = site.perform_order(site.order(SWITCH, customer, plan=plan))

    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert site.subscription(subscription)["next_product_id"] == int(plan)
    assert desk.billings[-1].records[0].next_plan_external_id == plan
    site.simulator.move_clock(offset_seconds=4 * TEN_DAYS)
    assert site.subscription(subscription)["product_id"] == int(plan)


def test_a_price_point_is_switched_to(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    plan, price = site.plan("basic"), site.price_point("basic-yearly")

    wish = {"plan": plan, "price_point": price, "when": "now", "billing_date": "restart"}
    outcome = site.perform(SWITCH, customer, **wish)

    assert isinstance(outcome, Succeeded)
    assert str(site.subscription(subscription)["price_point_id"]) == price


@pytest.mark.parametrize("when", ["now", "at_renewal"])
def test_being_on_the_plan_is_a_success_said_so(site, when):
    customer = site.a_customer()
    site.subscribe(customer)

    outcome, desk = site.perform_order(
        site.order(SWITCH, customer, plan=site.plan("basic"), when=when)
    )

    assert isinstance(outcome, Succeeded)
    assert outcome.already
    assert desk.written == []


@pytest.mark.parametrize("when", ["now", "at_renewal"])
def test_a_second_click_finds_the_change_made_though_the_former_plan_is_gone(site, when):
    customer = site.a_customer()
    site.subscribe(customer)
    wish = {"plan": site.plan("business"), "from_plan": site.plan("basic"), "when": when}
    site.perform(SWITCH, customer, **wish)

    outcome, desk = site.perform_order(site.order(SWITCH, customer, **wish))

    assert isinstance(outcome, Succeeded)
    assert outcome.already
    assert desk.written == []


def test_a_change_that_waits_is_not_taken_for_the_change_now(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    plan = site.plan("business")
    site.perform(SWITCH, customer, plan=plan)

    site.perform(SWITCH, customer, plan=plan, when="now")

    assert site.subscription(subscription)["product_id"] == int(plan)


def test_the_former_plan_says_which_of_several_is_meant(site):
    customer = site.a_customer()
    basic, support = site.subscribe(customer), site.subscribe(customer, "priority-support")
    plan = site.plan("business")

    several = site.perform(SWITCH, customer, plan=plan)
    outcome = site.perform(SWITCH, customer, plan=plan, from_plan=site.plan("basic"))

    assert isinstance(several, Refused)
    assert several.reason is RefusalReason.SEVERAL_SUBSCRIPTIONS
    assert outcome == Succeeded(basic, charged=NOTHING)
    assert site.subscription(support)["next_product_id"] is None


def test_one_that_is_past_due_switches_only_at_the_renewal(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.simulator.force(int(subscription), state="past_due")
    plan = site.plan("business")

    now, desk = site.perform_order(site.order(SWITCH, customer, plan=plan, when="now"))
    later = site.perform(SWITCH, customer, plan=plan)

    assert isinstance(now, Refused)
    assert now.reason is RefusalReason.WRONG_STATE
    assert desk.written == []
    assert isinstance(later, Succeeded)


def test_one_that_is_about_to_end_has_no_renewal_to_switch_at(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.owner("POST", f"/subscriptions/{subscription}/delayed_cancel.json")

    outcome = site.perform(SWITCH, customer, plan=site.plan("business"))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.WRONG_STATE
    assert "Undo the cancellation" in outcome.message


@pytest.mark.parametrize("when", ["now", "at_renewal"])
@pytest.mark.parametrize("plan", ["999999999", "legacy"])
def test_a_plan_that_is_not_sold_is_refused(site, plan, when):
    customer = site.a_customer()
    subscription = site.subscribe(customer)

    outcome = site.perform(SWITCH, customer, plan=site._plans.get(plan, plan), when=when)

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PLAN_UNKNOWN
    assert site.subscription(subscription)["next_product_id"] is None


@pytest.mark.parametrize(("card", "kind"), [("2", Refused), (None, NeedsVisitor)])
def test_a_card_that_cannot_pay_the_difference_leaves_the_plan(site, card, kind):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    profile = None if card is None else site.add_card(customer, card)
    site.simulator.force(int(subscription), payment_profile_id=profile)

    outcome = site.perform(SWITCH, customer, plan=site.plan("business"), when="now")

    assert isinstance(outcome, kind)
    assert site.subscription(subscription)["product_id"] == int(site.plan("basic"))


def test_switching_back_credits_what_was_charged(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    order = site.order(SWITCH, customer, plan=site.plan("business"), when="now")
    desk = site.perform_order(order)[1]

    outcome = site.undo(site.again(order, desk), subscription)

    after = site.subscription(subscription)
    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert after["product_id"] == int(site.plan("basic"))
    assert after["credit_balance_in_cents"] > 0


def test_undoing_a_change_that_replaced_another_brings_that_one_back(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.perform(SWITCH, customer, plan=site.plan("pro-yearly"))
    order = site.order(SWITCH, customer, plan=site.plan("business"))
    desk = site.perform_order(order)[1]

    site.undo(site.again(order, desk), subscription)

    assert site.subscription(subscription)["next_product_id"] == int(site.plan("pro-yearly"))


def test_a_scheduled_change_can_be_taken_back_and_scheduled_again(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.perform(SWITCH, customer, plan=site.plan("business"))
    order = site.order("undo_plan_change", customer)

    outcome, desk = site.perform_order(order)
    is_kept = site.subscription(subscription)["next_product_id"] is None
    site.undo(site.again(order, desk), subscription)

    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert is_kept
    assert site.subscription(subscription)["next_product_id"] == int(site.plan("business"))


def test_nothing_scheduled_is_a_success_said_so(site):
    customer = site.a_customer()
    site.subscribe(customer)

    outcome = site.perform("undo_plan_change", customer)

    assert isinstance(outcome, Succeeded)
    assert outcome.already


def test_a_change_that_was_made_is_not_taken_for_one_that_was_taken_back(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    order = site.order(SWITCH, customer, plan=site.plan("business"))
    desk = site.perform_order(order)[1]
    site.simulator.move_clock(offset_seconds=4 * TEN_DAYS)

    outcome = site.undo(site.again(order, desk), subscription)

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.WRONG_STATE
    assert "Business" in outcome.message


def test_a_lost_undo_is_absent_once_the_renewal_made_the_change(site):
    customer = site.a_customer()
    site.subscribe(customer)
    site.perform(SWITCH, customer, plan=site.plan("business"))
    order = site.order("undo_plan_change", customer)
    site.simulator.fault("PUT", "/subscriptions/*", "cut_before")
    desk = site.perform_order(order)[1]
    site.simulator.move_clock(offset_seconds=timedelta(days=40).total_seconds())

    assert isinstance(site.look_up(site.again(order, desk)), Absent)
    assert isinstance(site.perform_order(site.again(order, desk))[0], Refused)
