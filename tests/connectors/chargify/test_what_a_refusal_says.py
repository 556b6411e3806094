"""A click and a price are refused with one sentence, which names the subscription and the way out.

Where the mirror knows enough, the author reads the same sentence before anybody clicks.
"""

from datetime import timedelta

import pytest

from connectors.chargify.stages import set_up
from standfast.connectors.transport import ReadOnlyTransport
from standfast.contract.actions import NeedsVisitor, RefusalReason, Refused
from standfast.contract.catalogue import KIND_OF

R = RefusalReason


def refused(site, order) -> Refused:
    """What a click and the question for its price are refused with: the same, and nothing sent."""
    outcome, desk = site.perform_order(order)
    transport = ReadOnlyTransport(site.transport())
    assert outcome == site.connector.preview(order, transport, site.settings)
    assert desk.written == desk.billings == []
    assert isinstance(outcome, Refused)
    return outcome


def offered(site, order):
    """What the author reads of it."""
    return site.connector.obstacle(
        order.action,
        order.parameters,
        billing=site.connector.read_customer(site.transport(), site.settings, order.billing_id),
        items={
            (KIND_OF[type(one)], one.external_id): one
            for one in site.connector.catalogue(site.transport())
        },
        now=order.clicked_at,
    )


def _forced(**facts):
    def arrange(site, subscription):
        site.simulator.force(int(subscription), **facts)

    return arrange


def _about_to_end(site, subscription):
    site.owner("POST", f"/subscriptions/{subscription}/delayed_cancel.json")


def _over(site, subscription):
    site.simulator.move_clock(offset_seconds=40 * 86_400)


def _held(site, subscription):
    site.owner("POST", f"/subscriptions/{subscription}/hold.json")


def _renews_soon(site, subscription):
    ends_at = (site.now() + timedelta(hours=23)).isoformat()
    site.simulator.force(int(subscription), current_period_ends_at=ends_at)


def _second_coupon(site, subscription):
    site.owner("POST", f"/subscriptions/{subscription}/add_coupon.json", {"codes": ["STACK7"]})


# (action, wish, what is arranged beyond its stage, reason, text with the subscription's id)
HINDRANCES = [
    (
        "cancel_subscription",
        {},
        _forced(state="past_due"),
        R.WRONG_STATE,
        (
            "Subscription {id} is past_due: Chargify schedules no end for it. Choose 'at once' in "
            "the prompt."
        ),
    ),
    (
        "cancel_subscription",
        {"when": "end_of_period"},
        _forced(state="expired"),
        R.WRONG_STATE,
        (
            "Subscription {id} is expired: Chargify schedules no end for it. Choose 'at once' in "
            "the prompt."
        ),
    ),
    (
        "add_coupon",
        {"coupon": "SAVE20"},
        None,
        R.COUPON_PRESENT,
        (
            "Subscription {id} has STACK5. Choose 'add it if both stack' or 'replace what is "
            "there' in the prompt."
        ),
    ),
    (
        "add_coupon",
        {"coupon": "SAVE20", "when_present": "refuse"},
        _second_coupon,
        R.COUPON_PRESENT,
        (
            "Subscription {id} has STACK5, STACK7. Choose 'add it if both stack' or 'replace what "
            "is there' in the prompt."
        ),
    ),
    (
        "switch_plan",
        {"plan": "business", "when": "now"},
        _forced(state="past_due"),
        R.WRONG_STATE,
        "Subscription {id} is past due: Chargify prorates no change. Choose 'at the next renewal'.",
    ),
    (
        "switch_plan",
        {"plan": "business"},
        _about_to_end,
        R.WRONG_STATE,
        (
            "Subscription {id} is to end with its period and does not renew. Undo the cancellation "
            "first."
        ),
    ),
    (
        "reactivate",
        {"period": "resume"},
        _over,
        R.WRONG_STATE,
        (
            "The paid period of subscription {id} is over. Choose 'begin a new one' in the prompt "
            "if a charge is meant."
        ),
    ),
    (
        "pause",
        {},
        _held,
        R.WRONG_STATE,
        "Subscription {id} is on hold until somebody resumes it. Change it in Chargify.",
    ),
    (
        "pause",
        {},
        _forced(state="on_hold", automatically_resume_at="2031-05-06T07:00:00Z"),
        R.WRONG_STATE,
        "Subscription {id} is on hold until 2031-05-06. Change it in Chargify.",
    ),
    (
        "pause",
        {},
        _renews_soon,
        R.WRONG_STATE,
        "Subscription {id} renews within 24 hours: Chargify then allows no pause.",
    ),
    (
        "extend_trial",
        {"days": "10"},
        _forced(trial_ended_at=None),
        R.PARAMETER_INVALID,
        "The trial of subscription {id} has no end to add days to. Give the exact end instead.",
    ),
    (
        "extend_trial",
        {"to": "2020-01-01T00:00:00Z"},
        None,
        R.PARAMETER_INVALID,
        "The trial of subscription {id} cannot end in the past. Choose a later end.",
    ),
    (
        "remove_coupon",
        {},
        _second_coupon,
        R.PARAMETER_INVALID,
        "Subscription {id} has STACK5, STACK7. Choose one of them in the prompt.",
    ),
    (
        "pause",
        {"plan": "business"},
        None,
        R.NO_SUBSCRIPTION,
        "The customer has no subscription to plan {business}. They have: {id} (Basic, active).",
    ),
    (
        "resume",
        {},
        _forced(state="canceled"),
        R.NO_SUBSCRIPTION,
        "The customer has no subscription this can be done to. They have: {id} (Basic, canceled).",
    ),
    (
        "create_subscription",
        {"plan": "basic", "when_ended": "reactivate"},
        _forced(state="active"),
        R.ALREADY_SUBSCRIBED,
        (
            "The customer has subscription {id} (Basic, active) to this plan. Choose 'create "
            "another one' if that is meant."
        ),
    ),
]


@pytest.mark.parametrize(("action", "wish", "arrange", "reason", "text"), HINDRANCES)
def test_what_stands_in_the_way_is_one_sentence_for_all(site, action, wish, arrange, reason, text):
    customer = set_up(site, action, wish)
    [one] = site.subscriptions(customer)
    if arrange is not None:
        arrange(site, str(one["id"]))
    wanted = {key: site.plan(value) if key == "plan" else value for key, value in wish.items()}
    order = site.order(action, customer, **wanted)

    told = refused(site, order)

    expected = text.format(id=one["id"], business=site.plan("business"))
    assert told == offered(site, order) == Refused(reason, expected)


def test_a_customer_with_nothing_has_none_at_all(site):
    order = site.order("pause", site.a_customer())

    text = "The customer has no subscription this can be done to. They have none at all."
    assert refused(site, order) == offered(site, order) == Refused(R.NO_SUBSCRIPTION, text)


def test_several_are_listed_oldest_first(site):
    customer = site.a_customer()
    older, newer = site.subscribe(customer), site.subscribe(customer, "business")
    order = site.order("pause", customer)

    text = (
        f"Several subscriptions match: {older} (Basic, active), {newer} (Business, active). "
        "Choose a plan, or 'take the newest'."
    )
    assert refused(site, order) == offered(site, order) == Refused(R.SEVERAL_SUBSCRIPTIONS, text)


def test_a_second_one_of_the_plan_is_not_brought_back_beside_the_first(site):
    customer = site.a_customer()
    ended, running = site.subscribe(customer), site.subscribe(customer)
    site.owner("DELETE", f"/subscriptions/{ended}.json")
    order = site.order("reactivate", customer)

    text = f"The customer has subscription {running} to this plan: it runs."
    assert refused(site, order) == offered(site, order) == Refused(R.ALREADY_SUBSCRIBED, text)


def test_a_pause_of_no_length_is_told_with_its_day(site):
    customer = site.a_customer()
    site.subscribe(customer)
    day = (site.now() + timedelta(days=400)).date().isoformat()
    order = site.order("pause", customer, until=day)

    text = f"A pause ends 1 to 366 days after the click; {day} does not. Choose another day."
    assert refused(site, order) == offered(site, order) == Refused(R.PARAMETER_INVALID, text)


def test_days_without_a_click_to_count_from_are_no_day(site):
    customer = site.a_customer()
    site.subscribe(customer)

    told = refused(site, site.order("pause", customer, clicked_at=None))

    assert told == Refused(R.PARAMETER_INVALID, "Give the day on which it resumes.")


def test_an_end_that_is_no_instant_is_quoted(site):
    order = site.order("extend_trial", set_up(site, "extend_trial", {}), to="some day")

    text = "'some day' is no instant. Write it as 2027-01-31T12:00:00Z."
    assert refused(site, order) == offered(site, order) == Refused(R.PARAMETER_INVALID, text)


def test_a_coupon_is_not_promised_with_reactivating(site):
    wish = {"plan": site.plan("basic"), "when_ended": "reactivate", "coupon": "SAVE20"}
    order = site.order("create_subscription", site.a_customer(), **wish)

    text = "Reactivating takes no coupon. Take it out, and attach 'Add coupon code' after this."
    assert refused(site, order) == offered(site, order) == Refused(R.PARAMETER_INVALID, text)


def test_a_named_one_in_the_wrong_state_is_told_with_its_plan_and_state(site):
    customer = site.a_customer()
    old, _ = site.subscribe(customer), site.subscribe(customer)
    site.owner("DELETE", f"/subscriptions/{old}.json")
    order = site.order("pause", customer, subscription=old)

    text = f"This cannot be done to subscription {old} (Basic, canceled)."
    assert refused(site, order) == offered(site, order) == Refused(R.WRONG_STATE, text)


def test_a_named_one_of_another_customer_says_where_to_look(site):
    customer, other = site.a_customer(), site.a_customer()
    theirs = site.subscribe(other)
    order = site.order("pause", customer, subscription=theirs)

    text = (
        f"Subscription {theirs} belongs to another customer than {customer}. Nothing was "
        "changed. Check where the page takes the id from."
    )
    assert refused(site, order) == Refused(R.BILLING_ID_FOREIGN, text)
    text = f"The customer has no subscription {theirs}."
    assert offered(site, order) == Refused(R.NO_SUBSCRIPTION, text)


def test_a_named_one_that_nobody_has_says_where_to_look(site):
    order = site.order("pause", site.a_customer(), subscription="987654321")

    text = "Chargify has no subscription 987654321. Check what the prompt names."
    assert refused(site, order) == Refused(R.NO_SUBSCRIPTION, text)


def test_what_cannot_be_a_subscriptions_id_is_quoted(site):
    order = site.order("pause", site.a_customer(), subscription="abc")

    text = "A Chargify subscription id is a number such as 15236915. The prompt named 'abc'."
    assert refused(site, order) == Refused(R.PARAMETER_INVALID, text)


def test_what_a_run_meant_and_the_customer_lost_is_named(site):
    theirs = site.subscribe(site.a_customer())
    order = site.order("resume", site.a_customer(), target=theirs)

    text = f"The customer no longer has subscription {theirs}."
    assert refused(site, order) == Refused(R.NO_SUBSCRIPTION, text)


def test_a_change_that_has_been_made_is_told_with_the_plan_though_another_waits(site):
    customer = site.a_customer()
    one = site.subscribe(customer, "business")
    later = {"product_handle": "pro-yearly", "product_change_delayed": True}
    site.owner("PUT", f"/subscriptions/{one}.json", {"subscription": later})
    order = site.order("undo_plan_change", customer, plan=site.plan("basic"), target=one)

    text = f"Subscription {one} has changed to Business already. Switch it back if that is meant."
    assert refused(site, order) == Refused(R.WRONG_STATE, text)


def test_one_that_cannot_come_back_is_named_and_no_new_one_created(site):
    customer = site.a_customer()
    one = site.subscribe(customer)
    site.simulator.force(int(one), state="expired")
    wish = {"plan": site.plan("basic"), "when_ended": "reactivate"}

    outcome, desk = site.perform_order(
        site.order("create_subscription", customer, target=one, **wish)
    )

    text = f"Subscription {one} cannot be reactivated any more. Look at it in Chargify."
    assert outcome == Refused(R.WRONG_STATE, text)
    assert desk.written == []


def test_a_plan_that_is_gone_is_named_where_nobody_has_a_card(site):
    customer = site.a_customer(card=None)

    outcome = site.perform("create_subscription", customer, plan="999999999")

    text = "Chargify has no product 999999999. Pick another plan in the prompt."
    assert outcome == Refused(R.PLAN_UNKNOWN, text)


def test_a_plan_that_was_archived_is_named_where_nobody_has_a_card(site):
    customer, plan = site.a_customer(card=None), site.plan("basic")
    site.owner("DELETE", f"/products/{plan}.json")

    outcome = site.perform("create_subscription", customer, plan=plan)

    text = "Basic is archived in Chargify. Pick another plan in the prompt."
    assert outcome == Refused(R.PLAN_RETIRED, text)


def test_a_plan_that_wants_a_card_says_so(site):
    outcome = site.perform(
        "create_subscription", site.a_customer(card=None), plan=site.plan("basic")
    )

    assert isinstance(outcome, NeedsVisitor)
    text = "The plan wants a payment method, and none that is usable is on file."
    assert outcome.message == text
