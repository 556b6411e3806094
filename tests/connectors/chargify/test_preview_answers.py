"""What has no price, what Chargify says of prices, and that asking changes nothing."""

from datetime import UTC, datetime

import pytest

from connectors.chargify.prices import FEBRUARY, START, pass_to, price, refusal, usd
from connectors.chargify.site import ChargifySite
from simulator.vendor_world import vendor_file
from standfast.contract.actions import Preview
from standfast.contract.errors import CallFailed


@pytest.fixture(autouse=True)
def january(site: ChargifySite) -> None:
    pass_to(site, START)


def test_what_would_be_refused_has_no_price(site):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    plan = site.plan("basic")

    assert refusal(site, "create_subscription", customer, plan=plan) == "already_subscribed"
    assert refusal(site, "create_subscription", customer, plan="999999") == "plan_unknown"
    assert refusal(site, "create_subscription", customer) == "parameter_invalid"
    assert refusal(site, "extend_trial", customer) == "no_subscription"
    assert refusal(site, "add_coupon", customer, coupon="NOSUCH") == "coupon_unknown"
    assert refusal(site, "add_coupon", "123456789", coupon="TENNER") == "billing_id_unmatched"
    assert (
        refusal(site, "create_subscription", customer, plan=site.plan("pro"), coupon="SUMMER2019")
        == "coupon_expired"
    )


def test_a_renewal_that_chargify_will_not_preview_is_estimated_from_the_price(site):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    order = site.order("undo_cancellation", customer)
    site.will_say(
        "POST", "*/renewals/preview.json", 422, {"errors": ["Not for this subscription."]}
    )

    shown = price(site, order)

    assert shown == Preview(usd(0), usd(900), FEBRUARY, is_estimate=True)


def test_no_price_is_told_while_chargify_does_not_answer(site):
    customer = site.a_customer()
    order = site.order("create_subscription", customer, plan=site.plan("basic"))
    site.will_say("POST", "*/preview.json", 500, {})

    with pytest.raises(CallFailed):
        price(site, order)


def test_asking_for_prices_leaves_everything_as_it_was(site):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    before = site.simulator.state()

    for action, more in (
        ("create_subscription", {"plan": site.plan("pro"), "coupon": "SAVE20"}),
        ("switch_plan", {"plan": site.plan("pro"), "when": "now"}),
        ("add_coupon", {"coupon": "SAVE20"}),
    ):
        price(site, site.order(action, customer, **more))

    assert site.simulator.state() == before


# What the vendor's documentation shows


def documented(site: ChargifySite, fixture: str, path: str) -> None:
    site.will_say("POST", path, 200, vendor_file(fixture)["response"]["body"])


def test_the_documented_signup_preview_is_read(site):
    customer = site.a_customer()
    documented(site, "subscriptions/preview-subscription-200.json", "/subscriptions/preview.json")

    shown = price(site, site.order("create_subscription", customer, plan=site.plan("basic")))

    at = datetime(2018, 9, 21, 21, 25, 21, tzinfo=UTC)
    assert shown == Preview(usd(35_000), next_charge=usd(33_000), next_charge_at=at)


def test_the_documented_renewal_preview_is_read(site):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    site.perform("cancel_subscription", customer)
    documented(site, "subscription-status/preview-renewal-200.json", "*/renewals/preview.json")

    shown = price(site, site.order("undo_cancellation", customer))

    at = datetime(2017, 3, 13, 16, 50, 55, tzinfo=UTC)
    assert shown == Preview(usd(0), next_charge=usd(6_000), next_charge_at=at)


def test_the_documented_migration_preview_is_read(site):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    told = {
        "migration": {
            "prorated_adjustment_in_cents": 0,
            "charge_in_cents": 5_000,
            "payment_due_in_cents": 0,
            "credit_applied_in_cents": 0,
        }
    }
    for _ in range(2):
        site.will_say("POST", "*/migrations/preview.json", 200, told)
    order = site.order("switch_plan", customer, plan=site.plan("pro"), when="now")

    assert price(site, order).due_now == usd(0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("This subscription is not eligible for a prorated migration", "wrong_state"),
        ("Subscription must be active", "wrong_state"),
        ("Invalid Product", "plan_unknown"),
    ],
)
def test_a_migration_that_cannot_be_previewed_has_no_price(site, text, reason):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    site.will_say("POST", "*/migrations/preview.json", 422, {"errors": [text]})

    assert refusal(site, "switch_plan", customer, plan=site.plan("pro"), when="now") == reason
