"""What is as wanted already, or became so while we wrote: a success that is told and learned."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from connectors.chargify.stages import WISHES, WRITES, named, set_up
from connectors.chargify.test_obstacle import NOW, a_record
from standfast.connectors.chargify.connector import ChargifyConnector
from standfast.contract.actions import NeedsVisitor, RefusalReason, Refused, Succeeded
from standfast.contract.records import CustomerBilling, CustomerRecord, Standing
from standfast.contract.testing import RecordingDesk

ALREADY = {"error": "The subscription is already canceled"}
ADD, CANCEL, CREATE, REMOVE = (
    *("add_coupon", "cancel_subscription", "create_subscription", "remove_coupon"),
)
WAS_SO = {
    "cancel_subscription": "It was canceled, or about to end, before.",
    "add_coupon": "The coupon was on it before.",
    "undo_cancellation": "No end is scheduled for it.",
    "reactivate": "It is active.",
    "switch_plan": "It is on that plan, or changes to it at its renewal.",
    "undo_plan_change": "No change of plan is scheduled for it.",
    "pause": "It is on hold until that day.",
    "resume": "It is not on hold.",
    "extend_trial": "Its trial ends then.",
    "remove_coupon": "The coupon is not on it.",
    "retry_payment": "Nothing is open on it.",
}


@dataclass
class SlowDesk(RecordingDesk):
    """A desk so slow that something happens at Chargify between our reading and our writing."""

    meanwhile: Callable[[], object] = lambda: None

    def write(self, call, *, target, memo=None):
        self.meanwhile()
        return super().write(call, target=target, memo=memo)


def outrun(site, order, meanwhile):
    desk = SlowDesk(site.transport(), meanwhile=meanwhile)
    return site.connector.perform(order, desk, site.settings), desk


def learned(desk):
    """What the last reading told of the subscriptions: their ids and states."""
    return [(one.external_id, one.state) for one in desk.billings[-1].records]


@pytest.mark.parametrize("action", sorted(set(WAS_SO) - {"extend_trial"}))
def test_a_second_click_is_a_success_that_says_what_was_so(site, action):
    customer = set_up(site, action, WISHES[action])
    order = site.order(action, customer, **named(site, WISHES[action]))
    site.perform_order(order)
    [one] = site.subscriptions(customer)

    again, desk = site.perform_order(order)

    assert again == Succeeded(str(one["id"]), already=True, message=WAS_SO[action])
    assert learned(desk) == [(str(one["id"]), one["state"])]
    assert desk.written == []


def test_a_trial_that_ends_then_is_a_success_that_says_so(site):
    customer = set_up(site, "extend_trial", {})
    [one] = site.subscriptions(customer)

    again, desk = site.perform_order(site.order("extend_trial", customer, to=one["trial_ended_at"]))

    assert again == Succeeded(str(one["id"]), already=True, message="Its trial ends then.")
    assert learned(desk) == [(str(one["id"]), "trialing")]


HELD = {"state": "on_hold", "standing": Standing.PAUSED}
AS_WANTED = {
    "cancel_subscription": ({}, {"ends_at_period_end": True}),
    "undo_cancellation": ({}, {}),
    "reactivate": ({}, {}),
    "undo_plan_change": ({}, {}),
    "resume": ({}, {}),
    "remove_coupon": ({"coupon": "SAVE"}, {}),
    "retry_payment": ({}, {}),
    "pause": ({"until": "2026-04-01"}, HELD | {"resumes_at": NOW.replace(month=4, day=1, hour=0)}),
    "extend_trial": (
        {"to": NOW.replace(day=9).isoformat()},
        {"state": "trialing", "trial_ends_at": NOW.replace(day=9)},
    ),
}


@pytest.mark.parametrize("action", AS_WANTED)
def test_nobody_is_offered_what_is_so_and_the_author_reads_why(action):
    wanted, changes = AS_WANTED[action]
    billing = CustomerBilling(CustomerRecord("5", None, NOW, NOW), (a_record(**changes),))

    told = ChargifyConnector().obstacle(action, wanted, billing=billing, items={}, now=NOW)

    assert told == Refused(RefusalReason.ALREADY_DONE, f"Subscription 1: {WAS_SO[action]}")


def test_an_earlier_try_that_created_it_is_told(site):
    order = site.order(CREATE, site.a_customer(), plan=site.plan("basic"))
    outcome, _ = site.perform_order(order)

    again, desk = site.perform_order(order)

    text = "An earlier try of this run created it."
    assert again == Succeeded(outcome.reference, already=True, message=text)
    assert learned(desk) == [(outcome.reference, "active")]


def test_an_earlier_try_that_reactivated_it_is_told(site):
    customer = site.a_customer()
    one = site.subscribe(customer)
    wish = {"plan": site.plan("basic"), "when_ended": "reactivate"}

    again, desk = site.perform_order(site.order(CREATE, customer, target=one, **wish))

    text = "An earlier try of this run reactivated it."
    assert again == Succeeded(one, already=True, message=text)
    assert learned(desk) == [(one, "active")]


def test_another_that_runs_is_not_taken_for_the_one_an_earlier_try_meant(site):
    customer = site.a_customer()
    meant, other = site.subscribe(customer), site.subscribe(customer, "business")
    site.owner("DELETE", f"/subscriptions/{meant}.json")
    wish = {"plan": site.plan("basic"), "when_ended": "reactivate"}

    outcome, _ = site.perform_order(site.order(CREATE, customer, target=meant, **wish))

    assert isinstance(outcome, Succeeded)
    assert (outcome.reference, outcome.already) == (meant, False)
    assert site.subscription(other)["state"] == "active"


DECLINED = Refused(RefusalReason.PAYMENT_DECLINED, "Chargify could not create it.")


def test_one_that_could_not_be_created_is_a_declined_payment_in_the_answer_and_ever_after(site):
    order = site.order(CREATE, site.a_customer(), plan=site.plan("basic"))
    failed = {"id": 1, "state": "failed_to_create", "reference": order.reference}
    site.will_say("POST", "/subscriptions.json", 201, {"subscription": failed})
    first, desk = site.perform_order(order)
    made, _ = site.perform_order(order)
    site.simulator.force(int(made.reference), state="failed_to_create")

    later, _ = site.perform_order(order)

    assert first == later == DECLINED
    assert desk.billings == []


def test_someone_elses_failed_one_is_no_hindrance(site):
    customer = site.a_customer()
    site.simulator.force(int(site.subscribe(customer)), state="failed_to_create")

    outcome = site.perform(CREATE, customer, plan=site.plan("basic"))

    assert isinstance(outcome, Succeeded)
    assert not outcome.already


def test_one_that_somebody_canceled_meanwhile_is_canceled_and_learned(site):
    customer = site.a_customer()
    one, other = site.subscribe(customer), site.subscribe(customer, "business")
    order = site.order(CANCEL, customer, when="now", subscription=one)

    def meanwhile():
        site.owner("DELETE", f"/subscriptions/{one}.json")
        site.will_say(*WRITES[CANCEL], 422, ALREADY)

    outcome, desk = outrun(site, order, meanwhile)

    assert outcome == Succeeded(one, already=True)
    assert sorted(learned(desk)) == sorted([(one, "canceled"), (other, "active")])


def test_it_is_canceled_also_where_it_cannot_be_read_again(site):
    customer = site.a_customer()
    one = site.subscribe(customer)
    site.will_say(*WRITES[CANCEL], 422, ALREADY)
    site.simulator.fault("GET", f"/subscriptions/{one}.json", "status", status=503)

    outcome, desk = site.perform_order(site.order(CANCEL, customer, when="now"))

    assert outcome == Succeeded(one, already=True)
    assert desk.billings == []


@pytest.mark.parametrize("action", [ADD, "undo_cancellation", "pause"])
def test_canceled_meanwhile_is_a_refusal_to_who_wanted_something_else(site, action):
    order = site.order(action, set_up(site, action, WISHES[action]), **WISHES[action])
    site.will_say(*WRITES[action], 422, ALREADY)

    outcome, desk = site.perform_order(order)

    text = "Chargify says: The subscription is already canceled."
    why = "It was not when this run read it just before."
    assert outcome == Refused(RefusalReason.WRONG_STATE, f"{text} {why}")
    assert desk.billings == []


def test_a_coupon_that_somebody_added_meanwhile_is_there_and_learned(site):
    customer = site.a_customer()
    one = site.subscribe(customer)
    path = f"/subscriptions/{one}/add_coupon.json"
    said = {"subscription": ["Coupon code already applied."]}

    def meanwhile():
        site.owner("POST", path, {"codes": ["SAVE20"]})
        site.will_say("POST", path, 422, said)

    outcome, desk = outrun(site, site.order(ADD, customer, coupon="SAVE20"), meanwhile)

    assert outcome == Succeeded(one, already=True)
    assert [one.coupon_codes for one in desk.billings[-1].records] == [("SAVE20",)]


NOT_ON_IT = {"subscription": ["This subscription does not have any coupons."]}
SAID_NOT_ON_IT = Refused(
    RefusalReason.COUPON_UNKNOWN,
    "Chargify says: This subscription does not have any coupons. The coupon is not on the "
    "subscription; nothing has to be taken off.",
)


def test_the_only_coupon_is_known_by_its_note_though_another_came_meanwhile(site):
    """The code that was there before the write is meant, not the only one that is there now."""
    customer = site.a_customer()
    one = site.subscribe(customer, coupons=("STACK5",))
    path = f"/subscriptions/{one}/remove_coupon.json"

    def meanwhile():
        site.owner("POST", f"/subscriptions/{one}/add_coupon.json", {"codes": ["STACK7"]})
        site.client.delete(
            f"{site.simulator.url}{path}?coupon_code=STACK5", auth=(site.simulator.api_key, "x")
        ).raise_for_status()
        site.will_say("DELETE", path, 422, NOT_ON_IT)

    outcome, desk = outrun(site, site.order(REMOVE, customer), meanwhile)

    assert outcome == Succeeded(one, already=True)
    assert [one.coupon_codes for one in desk.billings[-1].records] == [("STACK7",)]


@pytest.mark.parametrize("is_readable", [True, False])
def test_a_refusal_stays_one_where_it_is_not_found_as_wanted(site, is_readable):
    customer = site.a_customer()
    one = site.subscribe(customer, coupons=("STACK5",))
    site.will_say("DELETE", "*remove_coupon.json", 422, NOT_ON_IT)
    if not is_readable:
        site.simulator.fault("GET", f"/subscriptions/{one}.json", "status", status=503)

    outcome, desk = site.perform_order(site.order(REMOVE, customer))

    assert outcome == SAID_NOT_ON_IT
    assert desk.billings == []


def test_a_decline_is_not_looked_into(site):
    """Only what may be so by now is read again: one more call at every decline helps nobody."""
    order = site.order("reactivate", set_up(site, "reactivate", {}), period="renew")
    site.will_say(*WRITES["reactivate"], 422, {"errors": ["Your card was declined."]})
    site.simulator.clear_requests()

    outcome, _ = site.perform_order(order)

    text = "Chargify says: Your card was declined. Ask the customer for another payment method."
    assert outcome == Refused(RefusalReason.PAYMENT_DECLINED, text)
    assert [one.split()[0] for one in site.vendor_calls()] == ["GET", "PUT"]


def test_a_payment_without_a_method_says_who_must_give_one(site):
    customer = set_up(site, "retry_payment", {})
    [one] = site.subscriptions(customer)
    site.simulator.force(one["id"], payment_profile_id=None)

    outcome, desk = site.perform_order(site.order("retry_payment", customer))

    assert isinstance(outcome, NeedsVisitor)
    text = f"Subscription {one['id']} has no payment method. The customer must give one."
    assert outcome.message == text
    assert outcome.link
    assert desk.written == desk.billings == []


def test_a_yes_in_a_sentence_is_believed_where_it_cannot_be_read_again(site):
    customer = set_up(site, REMOVE, {})
    [one] = site.subscriptions(customer)
    site.simulator.fault("GET", f"/subscriptions/{one['id']}.json", "status", status=503)

    outcome, desk = site.perform_order(site.order(REMOVE, customer))

    assert outcome == Succeeded(str(one["id"]))
    assert desk.billings == []
