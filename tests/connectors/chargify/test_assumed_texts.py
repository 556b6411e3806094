"""No public source gives these texts: whatever Chargify says instead, we must behave."""

import pytest

from chargify_simulator.texts import TEXTS
from standfast.contract.actions import NeedsVisitor, Refused, RetryLater, Succeeded, Unknown

ASSUMED = [key for key, text in TEXTS.items() if text.assumed]


@pytest.fixture
def strange_site(site):
    site.simulator.texts(dict.fromkeys(ASSUMED, "Zork says no to {code}."))
    site.simulator.settings(stackable_repeats=False)
    return site


def test_there_are_assumed_texts():
    assert len(ASSUMED) > 5


@pytest.mark.parametrize(
    ("action", "wish"),
    [
        ("add_coupon", {"coupon": "SUMMER2019"}),
        ("add_coupon", {"coupon": "FIRST100"}),
        ("add_coupon", {"coupon": "NOPE"}),
        ("create_subscription", {"plan": "priority-support", "coupon": "SUMMER2019"}),
        ("create_subscription", {"plan": "legacy"}),
        ("create_subscription", {"plan": "999999"}),
    ],
)
def test_a_refusal_in_new_words_is_still_a_refusal(strange_site, action, wish):
    site = strange_site
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    if "plan" in wish:
        wish = {**wish, "plan": site._plans.get(wish["plan"], wish["plan"])}

    outcome = site.perform(action, customer, **wish)

    assert isinstance(outcome, Refused)
    assert len(site.subscriptions(customer)) == 1
    assert site.subscription(subscription)["coupon_codes"] == []


@pytest.mark.parametrize("state", ["past_due", "unpaid", "suspended", "expired"])
def test_an_end_that_cannot_be_scheduled_is_still_a_refusal(strange_site, state):
    site = strange_site
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.simulator.force(int(subscription), state=state)

    outcome = site.perform("cancel_subscription", customer)

    assert isinstance(outcome, Refused)
    assert site.subscription(subscription)["state"] == state


def test_a_taken_reference_in_new_words_makes_no_second_subscription(strange_site):
    site = strange_site
    first, second = site.a_customer(), site.a_customer()
    site.perform("create_subscription", first, plan=site.plan("basic"), reference="same")

    outcome = site.perform("create_subscription", second, plan=site.plan("basic"), reference="same")

    assert isinstance(outcome, Refused | Unknown)
    assert site.subscriptions(second) == []


def test_a_card_that_fails_in_new_words_is_still_a_refusal(site):
    site.simulator.texts({"gateway.declined": "Zork.", "profile.none_on_file": "Zork."})
    broke, cardless = site.a_customer(card="2"), site.a_customer(card=None)

    declined = site.perform("create_subscription", broke, plan=site.plan("basic"))
    unpaid = site.perform("create_subscription", cardless, plan=site.plan("enterprise"))

    assert isinstance(declined, Refused)
    assert isinstance(unpaid, Refused | NeedsVisitor)
    assert site.subscriptions(broke) == site.subscriptions(cardless) == []


def test_even_a_plain_yes_to_a_canceled_subscription_in_new_words_is_no_wrong_success(site):
    site.simulator.texts({"cancel.already": "Zork."})
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    order = site.order("cancel_subscription", customer, when="now")
    site.simulator.force(int(subscription), state="canceled")

    outcome = site.perform_order(order)[0]

    assert isinstance(outcome, Succeeded)
    assert outcome.already


def test_a_wrong_key_and_too_many_calls_in_new_words_are_tried_later(site):
    site.simulator.texts({"auth.denied": "Zork.", "limit.usage_violation": "Zork."})
    customer = site.a_customer()
    site.subscribe(customer)
    site.simulator.fault("GET", "/customers/*", "status", status=429)

    outcome = site.perform("cancel_subscription", customer)

    assert isinstance(outcome, RetryLater)
