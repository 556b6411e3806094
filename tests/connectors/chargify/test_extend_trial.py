from datetime import datetime, timedelta

import pytest

from connectors.chargify.site import NOTHING
from standfast.contract.actions import (
    Absent,
    Obscure,
    RefusalReason,
    Refused,
    Succeeded,
    Unknown,
)

EXTEND = "extend_trial"


def end_of(site, subscription):
    return datetime.fromisoformat(site.subscription(subscription)["trial_ended_at"])


def in_trial(site):
    customer = site.a_customer()
    return customer, site.subscribe(customer, "pro")


def test_the_days_count_from_the_present_end_of_the_trial(site):
    customer, subscription = in_trial(site)
    before = end_of(site, subscription)

    outcome, desk = site.perform_order(site.order(EXTEND, customer, days="10"))

    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert end_of(site, subscription) == before + timedelta(days=10)
    assert desk.billings[-1].records[0].trial_ends_at == before + timedelta(days=10)
    assert (
        site.subscription(subscription)["current_period_ends_at"]
        == (site.subscription(subscription)["trial_ended_at"])
    )


def test_without_an_answer_it_is_a_week(site):
    customer, subscription = in_trial(site)
    before = end_of(site, subscription)

    site.perform(EXTEND, customer)

    assert end_of(site, subscription) == before + timedelta(days=7)


def test_a_repeated_try_never_adds_the_days_once_more(site):
    customer, subscription = in_trial(site)
    before = end_of(site, subscription)
    order = site.order(EXTEND, customer, days="10")
    site.simulator.fault("PUT", "/subscriptions/*", "cut_after")

    outcome, desk = site.perform_order(order)
    again = site.perform_order(site.again(order, desk, token="another"))[0]

    assert isinstance(outcome, Unknown)
    assert isinstance(again, Succeeded)
    assert again.already
    assert end_of(site, subscription) == before + timedelta(days=10)


def test_a_second_run_adds_its_own_days(site):
    customer, subscription = in_trial(site)
    before = end_of(site, subscription)

    for _ in range(2):
        site.perform(EXTEND, customer, days="3")

    assert end_of(site, subscription) == before + timedelta(days=6)


def test_an_end_that_somebody_else_moved_proves_nothing(site):
    customer, subscription = in_trial(site)
    order = site.order(EXTEND, customer, days="10")
    site.simulator.fault("PUT", "/subscriptions/*", "cut_before")
    desk = site.perform_order(order)[1]
    other = (end_of(site, subscription) + timedelta(days=3)).isoformat()

    absent = site.look_up(site.again(order, desk))
    body = {"subscription": {"next_billing_at": other}}
    site.owner("PUT", f"/subscriptions/{subscription}.json", body)
    obscure = site.look_up(site.again(order, desk))

    assert isinstance(absent, Absent)
    assert isinstance(obscure, Obscure)


def test_without_the_former_end_a_doubt_stays_a_doubt(site):
    customer, subscription = in_trial(site)

    found = site.look_up(site.order(EXTEND, customer, days="10", target=subscription))

    assert isinstance(found, Obscure)


def test_the_former_end_is_set_again(site):
    customer, subscription = in_trial(site)
    before = end_of(site, subscription)
    order = site.order(EXTEND, customer, days="10")
    desk = site.perform_order(order)[1]

    outcome = site.undo(site.again(order, desk), subscription)

    assert isinstance(outcome, Succeeded)
    assert end_of(site, subscription) == before


def test_a_former_end_that_has_passed_cannot_be_set_again(site):
    customer, subscription = in_trial(site)
    order = site.order(EXTEND, customer, days="30")
    desk = site.perform_order(order)[1]
    site.simulator.move_clock(offset_seconds=20 * 86_400)

    outcome = site.undo(site.again(order, desk), subscription)

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PARAMETER_INVALID
    assert "past" in outcome.message


def test_an_exact_end_that_is_there_is_a_success_said_so(site):
    customer, subscription = in_trial(site)
    exact = end_of(site, subscription).isoformat()

    outcome, desk = site.perform_order(site.order(EXTEND, customer, to=exact))

    assert isinstance(outcome, Succeeded)
    assert outcome.already
    assert desk.written == []


# In UTC they would be in the years 0 and 10000.
NO_INSTANTS = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]


@pytest.mark.parametrize(
    "wish",
    [
        *({"days": days} for days in ("0", "-4", "366", "x")),
        *({"to": to} for to in ("some day", *NO_INSTANTS)),
    ],
    ids=str,
)
def test_an_end_that_cannot_be_is_refused_before_anything_is_sent(site, wish):
    customer, _ = in_trial(site)

    outcome, desk = site.perform_order(site.order(EXTEND, customer, **wish))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PARAMETER_INVALID
    assert desk.written == []


@pytest.mark.parametrize("to", NO_INSTANTS)
def test_the_author_is_told_of_an_end_that_is_no_instant(site, to):
    told = site.connector.obstacle(EXTEND, {"to": to}, billing=None, items={}, now=site.now())

    assert isinstance(told, Refused)
    assert told.reason is RefusalReason.PARAMETER_INVALID
    assert to in told.message


@pytest.mark.parametrize("end", ["9999-12-31T00:00:00Z", None])
def test_a_trial_without_an_end_to_count_from_is_left_alone(site, end):
    customer, subscription = in_trial(site)
    site.simulator.force(int(subscription), trial_ended_at=end)
    billing = site.connector.read_customer(site.transport(), site.settings, customer)

    outcome, desk = site.perform_order(site.order(EXTEND, customer, days="10"))
    told = site.connector.obstacle(
        EXTEND, {"days": "10"}, billing=billing, items={}, now=site.now()
    )

    assert outcome == told
    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PARAMETER_INVALID
    assert "no end" in outcome.message
    assert desk.written == []


@pytest.mark.parametrize("state", ["active", "trial_ended", "canceled", "on_hold"])
def test_without_a_trial_nothing_is_extended(site, state):
    customer, subscription = in_trial(site)
    site.simulator.force(int(subscription), state=state)

    outcome, desk = site.perform_order(site.order(EXTEND, customer))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.NO_SUBSCRIPTION
    assert desk.written == []
