"""Which subscription is meant: named, of a group, or what an undo is about."""

import pytest
from structlog.testing import capture_logs

from connectors.chargify.stages import OTHER_WISHES, WISHES, named, set_up
from standfast.contract.actions import RefusalReason, Refused, Succeeded, Undoing

ON_EXISTING = sorted(set(WISHES) - {"create_subscription"})
ENDS_OR_BRINGS_BACK = (
    *("cancel_subscription", "undo_cancellation", "reactivate", "pause", "resume"),
)


def wish_of(site, action, **more):
    return named(site, WISHES[action]) | more


@pytest.mark.parametrize("action", ON_EXISTING)
def test_a_subscription_that_is_named_is_the_one_that_is_meant(site, action):
    customer = set_up(site, action, WISHES[action])
    [own] = [str(one["id"]) for one in site.subscriptions(customer)]

    outcome = site.perform(action, customer, **wish_of(site, action, subscription=own))

    assert isinstance(outcome, Succeeded)
    assert outcome.reference == own


@pytest.mark.parametrize("action", ON_EXISTING)
def test_somebody_elses_subscription_is_left_alone_and_told(site, action):
    customer = set_up(site, action, WISHES[action])
    stranger = set_up(site, action, WISHES[action])
    [theirs] = [str(one["id"]) for one in site.subscriptions(stranger)]
    before = site.simulator.state()

    with capture_logs() as logs:
        outcome, desk = site.perform_order(
            site.order(action, customer, **wish_of(site, action, subscription=theirs))
        )

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.BILLING_ID_FOREIGN
    assert "Nothing was changed" in outcome.message
    assert desk.written == []
    assert site.simulator.state() == before
    told = [one for one in logs if one["event"] == "security.foreign_subscription_refused"]
    assert [(one["subscription"], one["billing_id"]) for one in told] == [(theirs, customer)]


def test_a_subscription_nobody_knows_is_refused(site):
    customer = site.a_customer()
    site.subscribe(customer)

    outcome = site.perform("pause", customer, subscription="987654321")

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.NO_SUBSCRIPTION


@pytest.mark.parametrize("asked", ["../customers/1", "1 OR 1", "0", "abc"])
def test_what_cannot_be_an_id_is_refused_unsent(site, asked):
    customer = site.a_customer()
    site.subscribe(customer)
    site.simulator.clear_requests()

    outcome = site.perform("pause", customer, subscription=asked)

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PARAMETER_INVALID
    assert len(site.vendor_calls()) == 1


def test_a_named_one_in_the_wrong_state_is_told_by_its_state(site):
    customer = site.a_customer()
    old, _ = site.subscribe(customer), site.subscribe(customer)
    site.owner("DELETE", f"/subscriptions/{old}.json")

    outcome = site.perform("pause", customer, subscription=old)

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.WRONG_STATE
    assert f"{old} (Basic, canceled)" in outcome.message


def test_a_named_one_of_another_plan_than_was_chosen_is_not_meant(site):
    customer = site.a_customer()
    own = site.subscribe(customer)

    outcome = site.perform("pause", customer, subscription=own, plan=site.plan("business"))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.NO_SUBSCRIPTION
    assert f"{own} (Basic, active)" in outcome.message


@pytest.mark.parametrize("how", ["subscription", "target"])
def test_a_named_one_goes_before_the_one_that_the_trait_holds(site, how):
    site.holds = "subscription_id"
    customer = site.a_customer()
    held, meant = site.subscribe(customer), site.subscribe(customer)

    outcome = site.perform("pause", held, **{how: meant})

    assert isinstance(outcome, Succeeded)
    assert outcome.reference == meant
    assert site.subscription(held)["state"] == "active"


@pytest.mark.parametrize("is_primary", [False, True])
@pytest.mark.parametrize("action", ON_EXISTING)
def test_groups_are_refused_where_chargify_has_other_ways_for_them(site, action, is_primary):
    customer = set_up(site, action, WISHES[action])
    rows = site.owner("GET", f"/customers/{customer}/subscriptions.json")
    rows[0]["subscription"]["group"] = {"uid": "grp_1", "primary": is_primary}
    site.will_say("GET", f"/customers/{customer}/subscriptions.json", 200, rows)

    outcome, desk = site.perform_order(site.order(action, customer, **wish_of(site, action)))

    if is_primary and action not in ENDS_OR_BRINGS_BACK:
        assert isinstance(outcome, Succeeded)
    else:
        assert isinstance(outcome, Refused)
        assert outcome.reason is RefusalReason.WRONG_STATE
        assert "group" in outcome.message
        assert desk.written == []


@pytest.mark.parametrize("action", ON_EXISTING)
def test_an_undo_is_about_its_subscription_even_among_several(site, action):
    wish = WISHES[action] | OTHER_WISHES.get(action, {})
    customer = set_up(site, action, wish)
    [own] = [str(one["id"]) for one in site.subscriptions(customer)]
    site.subscribe(customer, "priority-support")
    more = {} if "subscription" in wish else {"subscription": own}
    order = site.order(action, customer, **named(site, wish), **more)
    outcome, desk = site.perform_order(order)
    assert isinstance(outcome, Succeeded)

    back = site.connector.undo_of(site.again(order, desk), reference=own)

    if action == "retry_payment":
        assert isinstance(back, Refused)
    else:
        assert isinstance(back, Undoing)
        undone = site.undo(site.again(order, desk), own)
        assert isinstance(undone, Succeeded)
        assert undone.reference == own


@pytest.mark.parametrize("action", sorted(WISHES))
def test_a_run_that_changed_nothing_is_not_taken_back(site, action):
    order = site.order(action, "1", **named(site, WISHES[action]))

    back = site.connector.undo_of(order, reference="2")

    assert isinstance(back, Refused)


def test_a_customer_who_lost_the_subscription_is_told(site):
    customer, other = site.a_customer(), site.a_customer()
    theirs = site.subscribe(other)

    outcome, desk = site.perform_order(site.order("resume", customer, target=theirs))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.NO_SUBSCRIPTION
    assert desk.written == []
