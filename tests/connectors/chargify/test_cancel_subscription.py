from dataclasses import replace

import pytest

from connectors.chargify.site import NOTHING
from standfast.contract.actions import (
    Absent,
    Obscure,
    RefusalReason,
    Refused,
    RetryCause,
    RetryLater,
    Succeeded,
    Unknown,
)
from standfast.contract.testing import RecordingDesk

CANCEL = "cancel_subscription"


def test_a_subscription_ends_with_its_period_unless_told_otherwise(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)

    outcome, desk = site.perform_order(site.order(CANCEL, customer))

    truth = site.subscription(subscription)
    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert (truth["state"], truth["cancel_at_end_of_period"]) == ("active", True)
    assert desk.billings[-1].records[0].ends_at_period_end


def test_a_subscription_is_canceled_at_once_with_reason_and_message(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)

    outcome, desk = site.perform_order(
        site.order(CANCEL, customer, when="now", reason_code="CH1", message="Too dear")
    )

    truth = site.subscription(subscription)
    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert (truth["state"], truth["reason_code"]) == ("canceled", "CH1")
    assert truth["cancellation_message"] == "Too dear"
    assert desk.billings[-1].records[0].state == "canceled"


@pytest.mark.parametrize("when", ["now", "end_of_period"])
def test_a_canceled_subscription_counts_as_done(site, when):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.owner("DELETE", f"/subscriptions/{subscription}.json")

    outcome, desk = site.perform_order(site.order(CANCEL, customer, when=when))

    assert isinstance(outcome, Succeeded)
    assert (outcome.reference, outcome.already) == (subscription, True)
    assert desk.written == []


def test_a_scheduled_end_is_not_scheduled_twice(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.perform(CANCEL, customer)

    outcome, desk = site.perform_order(site.order(CANCEL, customer))

    assert isinstance(outcome, Succeeded)
    assert (outcome.reference, outcome.already) == (subscription, True)
    assert desk.written == []


def test_a_scheduled_end_can_be_brought_forward(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.perform(CANCEL, customer)

    outcome = site.perform(CANCEL, customer, when="now")

    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert site.subscription(subscription)["state"] == "canceled"


def test_someone_else_canceling_between_our_reading_and_our_writing_is_no_failure(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    said = {"error": "The subscription is already canceled"}
    site.will_say("DELETE", f"/subscriptions/{subscription}.json", 422, said)

    outcome = site.perform(CANCEL, customer, when="now")

    assert isinstance(outcome, Succeeded)
    assert outcome.already


def test_a_plan_says_which_of_several_is_meant(site):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    support = site.subscribe(customer, "priority-support")

    outcome = site.perform(CANCEL, customer, plan=site.plan("priority-support"), when="now")

    assert outcome == Succeeded(support, charged=NOTHING)
    assert [one["state"] for one in site.subscriptions(customer)] == ["active", "canceled"]


def test_a_plan_they_do_not_have_is_refused_with_what_they_have(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer, "basic")

    outcome = site.perform(CANCEL, customer, plan=site.plan("pro"))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.NO_SUBSCRIPTION
    assert f"{subscription} (Basic, active)" in outcome.message


def test_a_customer_with_nothing_is_refused(site):
    outcome = site.perform(CANCEL, site.a_customer())

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.NO_SUBSCRIPTION


def test_two_subscriptions_to_the_plan_are_listed_and_left_alone(site):
    customer = site.a_customer()
    both = [site.subscribe(customer, "basic") for _ in range(2)]

    outcome = site.perform(CANCEL, customer, plan=site.plan("basic"), when="now")

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.SEVERAL_SUBSCRIPTIONS
    assert all(one in outcome.message for one in both)
    assert {one["state"] for one in site.subscriptions(customer)} == {"active"}


def test_the_newest_of_two_is_canceled_where_that_was_chosen(site):
    customer = site.a_customer()
    older, newer = site.subscribe(customer, "basic"), site.subscribe(customer, "basic")

    outcome = site.perform(CANCEL, customer, which="newest", when="now")

    assert outcome == Succeeded(newer, charged=NOTHING)
    assert site.subscription(older)["state"] == "active"


def test_a_repeated_try_never_goes_on_to_the_next_subscription(site):
    customer = site.a_customer()
    older, newer = site.subscribe(customer, "basic"), site.subscribe(customer, "basic")
    order = site.order(CANCEL, customer, which="newest", when="now")
    site.simulator.fault("DELETE", "*", "cut_after")
    first, desk = site.perform_order(order)

    again = site.perform_order(replace(order, target=desk.target, memo=desk.memo))[0]

    assert isinstance(first, Unknown)
    assert isinstance(again, Succeeded)
    assert (again.reference, again.already) == (newer, True)
    assert site.subscription(older)["state"] == "active"


def test_the_old_canceled_one_does_not_hide_the_running_one(site):
    customer = site.a_customer()
    site.owner("DELETE", f"/subscriptions/{site.subscribe(customer, 'basic')}.json")
    running = site.subscribe(customer, "basic")

    assert site.perform(CANCEL, customer, when="now") == Succeeded(running, charged=NOTHING)


@pytest.mark.parametrize(
    "state", ["trialing", "past_due", "unpaid", "on_hold", "trial_ended", "expired", "mystery"]
)
def test_every_state_but_canceled_can_be_canceled_at_once(site, state):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.simulator.force(int(subscription), state=state)

    assert site.perform(CANCEL, customer, when="now") == Succeeded(subscription, charged=NOTHING)


@pytest.mark.parametrize("state", ["past_due", "unpaid", "expired", "trial_ended"])
def test_an_end_that_cannot_be_scheduled_is_a_refusal(site, state):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.simulator.force(int(subscription), state=state)

    outcome = site.perform(CANCEL, customer)

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.WRONG_STATE


def test_a_group_members_subscription_is_left_alone(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    member = {
        "id": int(subscription),
        "state": "active",
        "customer": {"id": int(customer)},
        "product": {"id": 1, "name": "Basic"},
        "group": {"uid": "g", "primary": False},
    }
    site.will_say("GET", "/customers/*", 200, [{"subscription": member}])

    outcome, desk = site.perform_order(site.order(CANCEL, customer))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.WRONG_STATE
    assert "group" in outcome.message
    assert desk.written == []


@pytest.mark.parametrize("when", ["now", "end_of_period"])
def test_a_lost_answer_after_the_effect_is_looked_up_as_done(site, when):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    order = site.order(CANCEL, customer, when=when)
    site.simulator.fault("*", f"/subscriptions/{subscription}*", "cut_after")

    outcome, desk = site.perform_order(order)

    assert isinstance(outcome, Unknown)
    assert site.look_up(replace(order, target=desk.target, memo=desk.memo)) == Succeeded(
        subscription, charged=NOTHING
    )


@pytest.mark.parametrize("when", ["now", "end_of_period"])
def test_a_lost_answer_before_the_effect_is_looked_up_as_absent(site, when):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    order = site.order(CANCEL, customer, when=when)
    site.simulator.fault("*", f"/subscriptions/{subscription}*", "cut_before")

    outcome, desk = site.perform_order(order)

    assert isinstance(outcome, Unknown)
    assert isinstance(site.look_up(replace(order, target=desk.target, memo=desk.memo)), Absent)


def test_a_look_up_before_anything_was_sent_finds_nothing(site):
    assert isinstance(site.look_up(site.order(CANCEL, "1")), Absent)


def test_a_look_up_of_a_subscription_that_is_gone_tells_nothing(site):
    assert isinstance(site.look_up(site.order(CANCEL, "1", target="424242")), Obscure)


def test_a_scheduled_end_succeeds_even_when_it_cannot_be_read_back(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.simulator.fault("GET", f"/subscriptions/{subscription}.json", "status", status=503)

    outcome, desk = site.perform_order(site.order(CANCEL, customer))

    assert outcome == Succeeded(subscription)
    assert desk.billings == []


def test_a_message_that_is_too_long_is_refused_before_anything_is_sent(site):
    outcome = site.perform(CANCEL, site.a_customer(), message="x" * 2001)

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PARAMETER_INVALID


@pytest.mark.parametrize(
    ("billing_id", "reason"),
    [
        ("", RefusalReason.BILLING_ID_MISSING),
        ("cus 12", RefusalReason.BILLING_ID_MALFORMED),
        ("../site", RefusalReason.BILLING_ID_MALFORMED),
        ("０１", RefusalReason.BILLING_ID_MALFORMED),
        ("999999999", RefusalReason.BILLING_ID_UNMATCHED),
    ],
)
def test_a_billing_id_that_cannot_be_used_is_refused(site, billing_id, reason):
    outcome, desk = site.perform_order(site.order(CANCEL, billing_id))

    assert isinstance(outcome, Refused)
    assert outcome.reason is reason
    assert desk.written == []


def test_a_customer_found_by_reference_is_canceled(site):
    site.holds = "customer_reference"
    customer = site.a_customer(reference="ada+1@example.com")
    subscription = site.subscribe(customer)

    assert site.perform(CANCEL, "ada+1@example.com") == Succeeded(subscription, charged=NOTHING)


def test_an_unknown_reference_is_unmatched(site):
    site.holds = "customer_reference"

    outcome = site.perform(CANCEL, "nobody")

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.BILLING_ID_UNMATCHED


def test_a_named_subscription_is_the_one_that_is_meant(site):
    site.holds = "subscription_id"
    customer = site.a_customer()
    named, other = site.subscribe(customer, "basic"), site.subscribe(customer, "basic")

    outcome = site.perform(CANCEL, named, when="now")

    assert outcome == Succeeded(named, charged=NOTHING)
    assert site.subscription(other)["state"] == "active"


def test_an_unknown_subscription_id_is_unmatched(site):
    site.holds = "subscription_id"

    outcome = site.perform(CANCEL, "424242")

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.BILLING_ID_UNMATCHED


def test_a_site_that_is_down_is_tried_later(site):
    customer = site.a_customer()
    site.subscribe(customer)
    site.simulator.down()

    outcome = site.perform(CANCEL, customer)

    assert isinstance(outcome, RetryLater)
    assert outcome.cause is RetryCause.NOT_REACHED


def test_a_key_rotated_at_chargify_is_told_as_such(site):
    customer = site.a_customer()
    site.subscribe(customer)
    order = site.order(CANCEL, customer)
    transport_of_old_key = site.transport()
    site.simulator.settings(api_key="rotated")

    outcome = site.connector.perform(order, RecordingDesk(transport_of_old_key), site.settings)

    assert isinstance(outcome, RetryLater)
    assert outcome.cause is RetryCause.CREDENTIALS_REFUSED
