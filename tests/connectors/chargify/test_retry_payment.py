import pytest

from standfast.contract.actions import (
    Absent,
    NeedsVisitor,
    RefusalReason,
    Refused,
    Succeeded,
    Unknown,
)
from standfast.contract.catalogue import Money

RETRY = "retry_payment"


def owing(site, *, card: str | None = "1", state="past_due"):
    """A customer whose last renewal of 9 dollars was not paid; the card is the present one."""
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    profile = None if card is None else site.add_card(customer, card)
    site.simulator.force(
        int(subscription), state=state, balance_in_cents=900, payment_profile_id=profile
    )
    return customer, subscription


@pytest.mark.parametrize("state", ["past_due", "unpaid", "soft_failure"])
def test_what_is_owed_is_charged_and_the_subscription_is_active(site, state):
    customer, subscription = owing(site, state=state)

    outcome, desk = site.perform_order(site.order(RETRY, customer))

    after = site.subscription(subscription)
    assert outcome == Succeeded(subscription, charged=Money(900, "USD"))
    assert (after["state"], after["balance_in_cents"]) == ("active", 0)
    assert desk.billings[-1].records[0].state == "active"


def test_a_real_renewal_that_failed_is_collected(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.simulator.force(int(subscription), payment_profile_id=site.add_card(customer, "2"))
    site.simulator.move_clock(offset_seconds=33 * 86_400)
    was = site.subscription(subscription)["state"]
    site.simulator.force(int(subscription), payment_profile_id=site.add_card(customer, "1"))

    outcome = site.perform(RETRY, customer)

    assert was == "past_due"
    assert outcome == Succeeded(subscription, charged=Money(900, "USD"))


def test_nothing_open_is_a_success_said_so(site):
    customer = site.a_customer()
    site.subscribe(customer)

    outcome, desk = site.perform_order(site.order(RETRY, customer))

    assert isinstance(outcome, Succeeded)
    assert outcome.already
    assert desk.written == []


def test_a_declined_card_is_told_and_nothing_is_taken(site):
    customer, subscription = owing(site, card="2")

    outcome = site.perform(RETRY, customer)

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PAYMENT_DECLINED
    assert site.subscription(subscription)["balance_in_cents"] == 900


def test_without_a_card_the_visitor_is_asked_for_one_before_anything_is_sent(site):
    customer, _ = owing(site, card=None)

    outcome, desk = site.perform_order(site.order(RETRY, customer))

    assert isinstance(outcome, NeedsVisitor)
    assert outcome.link
    assert desk.written == []


@pytest.mark.parametrize("state", ["canceled", "expired", "on_hold", "trial_ended"])
def test_what_has_ended_is_not_retried(site, state):
    customer, _ = owing(site, state=state)

    outcome, desk = site.perform_order(site.order(RETRY, customer))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.NO_SUBSCRIPTION
    assert desk.written == []


def test_a_lost_answer_to_a_payment_is_found_and_charged_once(site):
    customer, subscription = owing(site)
    order = site.order(RETRY, customer)
    site.simulator.fault("PUT", "*retry.json", "cut_after")

    outcome, desk = site.perform_order(order)
    found = site.look_up(site.again(order, desk))
    again = site.perform_order(site.again(order, desk, token="another"))[0]

    assert isinstance(outcome, Unknown)
    assert found == Succeeded(subscription, charged=Money(900, "USD"))
    assert isinstance(again, Succeeded)
    assert again.already
    assert site.subscription(subscription)["total_revenue_in_cents"] == 1800


def test_a_lost_answer_to_a_declined_payment_is_absent(site):
    customer, _ = owing(site, card="2")
    order = site.order(RETRY, customer)
    site.simulator.fault("PUT", "*retry.json", "cut_after")

    desk = site.perform_order(order)[1]

    assert isinstance(site.look_up(site.again(order, desk)), Absent)


def test_a_resend_under_the_same_token_is_turned_away_while_the_first_may_be_under_way(site):
    customer, subscription = owing(site)
    order = site.order(RETRY, customer)
    site.perform_order(order)
    site.simulator.force(int(subscription), state="past_due", balance_in_cents=900)

    outcome = site.perform_order(order)[0]

    assert isinstance(outcome, Unknown)
    assert site.subscription(subscription)["balance_in_cents"] == 900


def test_a_yes_with_the_balance_still_open_is_a_doubt(site):
    """A bank debit may be under way."""
    customer, subscription = owing(site)
    same = {"subscription": {"id": int(subscription), "state": "past_due"}}
    site.will_say("PUT", "*retry.json", 200, same)

    assert isinstance(site.perform(RETRY, customer), Unknown)


def test_money_that_was_collected_is_not_paid_back_from_here(site):
    customer, subscription = owing(site)
    order = site.order(RETRY, customer)
    desk = site.perform_order(order)[1]

    back = site.connector.undo_of(site.again(order, desk), reference=subscription)

    assert isinstance(back, Refused)
