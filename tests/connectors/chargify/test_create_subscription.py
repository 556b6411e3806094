from dataclasses import replace

import pytest

from standfast.contract.actions import (
    Absent,
    NeedsVisitor,
    Obscure,
    RefusalReason,
    Refused,
    RetryCause,
    RetryLater,
    Succeeded,
    Unknown,
)
from standfast.contract.catalogue import Money

CREATE = "create_subscription"


def test_a_customer_with_a_card_is_subscribed(site):
    customer = site.a_customer()
    order = site.order(CREATE, customer, plan=site.plan("basic"))

    outcome, desk = site.perform_order(order)

    [made] = site.subscriptions(customer)
    assert outcome == Succeeded(str(made["id"]), charged=Money(900, "USD"))
    assert made["reference"] == order.reference
    assert desk.billings[-1].records[-1].external_id == str(made["id"])


def test_creating_takes_three_vendor_calls_for_a_customer_with_subscriptions(site):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    plan = site.plan("pro")
    site.simulator.clear_requests()

    site.perform(CREATE, customer, plan=plan)

    assert site.vendor_calls() == [
        f"GET /customers/{customer}/subscriptions.json",
        "GET /payment_profiles.json",
        "POST /subscriptions.json",
    ]


def test_price_point_and_coupon_are_those_that_were_ordered(site):
    customer = site.a_customer()
    yearly = site.price_point("basic-yearly")

    site.perform(CREATE, customer, plan=site.plan("basic"), price_point=yearly, coupon="welcome10")

    [made] = site.subscriptions(customer)
    assert made["price_point_id"] == int(yearly)
    assert made["coupon_codes"] == ["WELCOME10"]


def test_the_newest_card_pays(site):
    customer = site.a_customer(card="2")
    newest = site.add_card(customer, "1")

    site.perform(CREATE, customer, plan=site.plan("basic"))

    [made] = site.subscriptions(customer)
    assert made["payment_profile_id"] == newest


def test_a_running_subscription_to_the_plan_is_not_doubled(site):
    customer = site.a_customer()
    there = site.subscribe(customer, "basic")

    outcome = site.perform(CREATE, customer, plan=site.plan("basic"))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.ALREADY_SUBSCRIBED
    assert there in outcome.message
    assert len(site.subscriptions(customer)) == 1


def test_a_second_subscription_is_made_where_that_is_allowed(site):
    customer = site.a_customer()
    site.subscribe(customer, "basic")

    outcome = site.perform(CREATE, customer, plan=site.plan("basic"), when_live="allow")

    assert isinstance(outcome, Succeeded)
    assert len(site.subscriptions(customer)) == 2


def test_a_canceled_subscription_to_the_plan_is_no_obstacle(site):
    customer = site.a_customer()
    site.owner("DELETE", f"/subscriptions/{site.subscribe(customer, 'basic')}.json")

    outcome = site.perform(CREATE, customer, plan=site.plan("basic"))

    assert isinstance(outcome, Succeeded)


def test_without_a_card_the_visitor_is_sent_to_the_billing_portal(site):
    customer = site.a_customer(card=None)

    outcome = site.perform(CREATE, customer, plan=site.plan("basic"))

    assert isinstance(outcome, NeedsVisitor)
    assert outcome.link is not None
    assert outcome.link.startswith("https://")
    assert site.subscriptions(customer) == []


def test_without_a_portal_the_visitor_gets_no_link(site):
    site.simulator.settings(portal_enabled=False)
    customer = site.a_customer(card=None)

    outcome = site.perform(CREATE, customer, plan=site.plan("basic"))

    assert isinstance(outcome, NeedsVisitor)
    assert outcome.link is None


def test_a_portal_link_that_was_fetched_too_often_pauses_nothing(site):
    customer = site.a_customer(card=None)
    order = site.order(CREATE, customer, plan=site.plan("basic"))
    site.simulator.fault("GET", "*management_link.json", "status", status=429)

    outcome, desk = site.perform_order(order)

    assert isinstance(outcome, NeedsVisitor)
    assert desk.to.slots.pause_seconds == 0


def test_an_expired_card_is_as_good_as_none(site):
    customer = site.a_customer(card="1")
    expired = {
        "id": 1,
        "customer_id": int(customer),
        "expiration_year": 2019,
        "expiration_month": 1,
    }
    today = "Mon, 02 Mar 2026 12:00:00 GMT"
    profiles = [{"payment_profile": expired}]
    site.will_say("GET", "/payment_profiles.json", 200, profiles, date=today)

    outcome = site.perform(CREATE, customer, plan=site.plan("basic"))

    assert isinstance(outcome, NeedsVisitor)


def test_a_plan_that_wants_no_card_is_given_without_one(site):
    customer = site.a_customer(card=None)

    outcome = site.perform(CREATE, customer, plan=site.plan("free"))

    assert isinstance(outcome, Succeeded)


def test_a_balance_without_a_card_needs_the_visitor(site):
    customer = site.a_customer(card=None)

    outcome = site.perform(CREATE, customer, plan=site.plan("enterprise"))

    assert isinstance(outcome, NeedsVisitor)
    assert outcome.link is not None


def test_a_declined_card_is_a_refusal(site):
    customer = site.a_customer(card="2")

    outcome = site.perform(CREATE, customer, plan=site.plan("basic"))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PAYMENT_DECLINED
    assert site.subscriptions(customer) == []


def test_three_d_secure_sends_the_visitor_to_the_bank(site):
    customer = site.a_customer()
    said = {
        "errors": ["Your card requires authentication"],
        "gateway_payment_id": "pi_1",
        "description": "3-D Secure",
        "action_link": "https://acme.chargify.com/3d/1",
    }
    site.will_say("POST", "/subscriptions.json", 422, said)

    outcome = site.perform(CREATE, customer, plan=site.plan("basic"))

    assert outcome == NeedsVisitor(
        "The customer's bank wants the payment confirmed (3-D Secure).",
        "https://acme.chargify.com/3d/1",
        completes_it=True,
    )


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"coupon": "SUMMER2019"}, RefusalReason.COUPON_EXPIRED),
        ({"coupon": "RETIRED"}, RefusalReason.COUPON_RETIRED),
        ({"coupon": "TEACHER"}, RefusalReason.COUPON_UNKNOWN),
        ({"coupon": "NOPE"}, RefusalReason.COUPON_UNKNOWN),
        ({"coupon": "FIRST100"}, RefusalReason.COUPON_RETIRED),
        ({"plan": "999999"}, RefusalReason.PLAN_UNKNOWN),
        ({"price_point": "999999"}, RefusalReason.PARAMETER_INVALID),
        ({"plan": ""}, RefusalReason.PARAMETER_INVALID),
        ({"when_live": "perhaps"}, RefusalReason.PARAMETER_INVALID),
    ],
)
def test_what_chargify_refuses_is_translated(site, wish, reason):
    customer = site.a_customer()

    outcome = site.perform(CREATE, customer, **{"plan": site.plan("basic"), **wish})

    assert isinstance(outcome, Refused)
    assert outcome.reason is reason
    assert site.subscriptions(customer) == []


def test_a_plan_archived_since_the_offer_is_refused(site):
    customer = site.a_customer()
    site.owner("DELETE", f"/products/{site.plan('basic')}.json")

    outcome = site.perform(CREATE, customer, plan=site.plan("basic"))

    assert isinstance(outcome, Refused)
    assert outcome.reason in {RefusalReason.PLAN_UNKNOWN, RefusalReason.PLAN_RETIRED}
    assert site.subscriptions(customer) == []


def test_a_lost_answer_after_the_effect_is_unknown_and_then_found(site):
    customer = site.a_customer()
    order = site.order(CREATE, customer, plan=site.plan("basic"))
    site.simulator.fault("POST", "/subscriptions.json", "cut_after")

    outcome = site.perform_order(order)[0]

    [made] = site.subscriptions(customer)
    assert isinstance(outcome, Unknown)
    assert site.look_up(order) == Succeeded(str(made["id"]))


def test_a_lost_answer_before_the_effect_is_unknown_and_then_absent(site):
    customer = site.a_customer()
    order = site.order(CREATE, customer, plan=site.plan("basic"))
    site.simulator.fault("POST", "/subscriptions.json", "cut_before")

    outcome = site.perform_order(order)[0]

    assert isinstance(outcome, Unknown)
    assert isinstance(site.look_up(order), Absent)


def test_a_repeat_after_the_effect_finds_this_runs_subscription(site):
    customer = site.a_customer()
    order = site.order(CREATE, customer, plan=site.plan("basic"))
    site.perform_order(order)

    again = site.perform_order(replace(order, token="another"))[0]

    [made] = site.subscriptions(customer)
    assert isinstance(again, Succeeded)
    assert (again.reference, again.already) == (str(made["id"]), True)


def test_a_burnt_token_leaves_a_doubt_and_no_second_subscription(site):
    customer = site.a_customer(card="2")
    order = site.order(CREATE, customer, plan=site.plan("basic"))
    site.perform_order(order)
    site.add_card(customer, "1")

    again = site.perform_order(order)[0]

    assert isinstance(again, Unknown)
    assert site.subscriptions(customer) == []


def test_a_reference_that_is_taken_leaves_a_doubt_for_the_look_up(site):
    first, second = site.a_customer(), site.a_customer()
    order = site.order(CREATE, first, plan=site.plan("basic"))
    site.perform_order(order)

    outcome = site.perform_order(replace(order, billing_id=second, token="other"))[0]

    assert isinstance(outcome, Unknown)


def test_reading_before_the_write_may_fail_without_harm(site):
    customer = site.a_customer()
    site.simulator.fault("GET", "/payment_profiles.json", "status", status=500)

    outcome = site.perform(CREATE, customer, plan=site.plan("basic"))

    assert isinstance(outcome, RetryLater)
    assert outcome.cause is RetryCause.NOT_REACHED
    assert site.subscriptions(customer) == []


def test_a_page_of_html_proves_no_absence(site):
    customer = site.a_customer()
    order = site.order(CREATE, customer, plan=site.plan("basic"))
    site.perform_order(order)
    site.simulator.fault(
        "GET", "/subscriptions/lookup.json", "status", status=404, body="<html>Gone</html>"
    )

    assert isinstance(site.look_up(order), Obscure)


def test_a_page_of_html_is_no_unknown_customer(site):
    customer = site.a_customer()
    site.simulator.fault("GET", "/customers/*", "status", status=404, body="<html>Gone</html>")

    outcome = site.perform(CREATE, customer, plan=site.plan("basic"))

    assert isinstance(outcome, RetryLater)


def test_payment_profiles_of_strange_shapes_stop_nobody(site):
    customer = site.a_customer()
    [own] = site.owner("GET", f"/payment_profiles.json?customer_id={customer}")
    hidden = {**own["payment_profile"], "expiration_month": "XX", "expiration_year": None}
    foreign = {**own["payment_profile"], "id": 2**40, "customer_id": 1}
    disabled = {**own["payment_profile"], "id": 2**41, "disabled": True}
    doubtful = {"id": 2**42, "payment_type": "bank_account", "verified": False}
    shapes = [{"payment_profile": one} for one in (hidden, foreign, disabled, doubtful, {"id": []})]
    site.will_say("GET", "/payment_profiles.json", 200, [*shapes, None])

    outcome = site.perform(CREATE, customer, plan=site.plan("basic"))

    [made] = site.subscriptions(customer)
    assert isinstance(outcome, Succeeded)
    assert made["payment_profile_id"] == own["payment_profile"]["id"]
