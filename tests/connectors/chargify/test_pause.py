from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connectors.chargify.site import NOTHING
from standfast.contract.actions import Absent, RefusalReason, Refused, Succeeded, Unknown
from standfast.contract.catalogue import Money

PAUSE, RESUME = "pause", "resume"


def in_days(site, days):
    return (site.now() + timedelta(days=days)).date().isoformat()


def on_hold_until(site, subscription):
    held = site.subscription(subscription)
    assert held["state"] == "on_hold"
    return datetime.fromisoformat(held["automatically_resume_at"])


def test_a_pause_lasts_as_many_days_as_were_chosen_from_the_click_on(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    order = site.order(PAUSE, customer, for_days="10")

    outcome, desk = site.perform_order(order)

    wanted = order.clicked_at.replace(microsecond=0) + timedelta(days=10)
    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert on_hold_until(site, subscription) == wanted
    assert desk.billings[-1].records[0].resumes_at == wanted


def test_a_day_goes_before_a_number_of_days(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    day = in_days(site, 20)

    site.perform(PAUSE, customer, until=day, for_days="5")

    assert on_hold_until(site, subscription).isoformat().startswith(f"{day}T00:00:00")


def test_without_an_answer_a_pause_still_ends(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    order = site.order(PAUSE, customer)

    site.perform_order(order)

    length = on_hold_until(site, subscription) - order.clicked_at
    assert timedelta(days=29) < length <= timedelta(days=30)


@pytest.mark.parametrize(
    "wish",
    [
        {"for_days": "1"},
        {"for_days": "366"},
        {"for_days": "-3"},
        {"for_days": "ten"},
        {"for_days": "1.5"},
        {"for_days": "٣"},
        {"for_days": "9" * 30},
        {"until": "2020-01-01"},
        {"until": "2027-02-30"},
        {"until": "2199-01-01"},
        {"until": "tomorrow"},
        {"until": "20270131"},
    ],
    ids=str,
)
def test_a_length_that_cannot_be_is_refused_before_anything_is_sent(site, wish):
    customer = site.a_customer()
    site.subscribe(customer)

    outcome, desk = site.perform_order(site.order(PAUSE, customer, **wish))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PARAMETER_INVALID
    assert desk.written == []


def test_tomorrow_is_too_soon(site):
    customer = site.a_customer()
    site.subscribe(customer)

    outcome, desk = site.perform_order(site.order(PAUSE, customer, until=in_days(site, 1)))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PARAMETER_INVALID
    assert desk.written == []


def test_days_cannot_be_counted_without_the_click(site):
    customer = site.a_customer()
    site.subscribe(customer)

    outcome, desk = site.perform_order(site.order(PAUSE, customer, clicked_at=None))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PARAMETER_INVALID
    assert desk.written == []


def test_a_second_click_a_moment_later_finds_it_paused(site):
    customer = site.a_customer()
    site.subscribe(customer)
    order = site.order(PAUSE, customer, for_days="10")
    site.perform_order(order)

    later = site.order(
        PAUSE, customer, for_days="10", clicked_at=order.clicked_at + timedelta(minutes=5)
    )
    outcome, desk = site.perform_order(later)

    assert isinstance(outcome, Succeeded)
    assert outcome.already
    assert desk.written == []


def test_one_that_is_on_hold_until_another_day_is_left_so(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.perform(PAUSE, customer, for_days="10")

    outcome = site.perform(PAUSE, customer, for_days="60")

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.WRONG_STATE
    assert on_hold_until(site, subscription).date().isoformat() in outcome.message


def test_chargify_allows_no_pause_within_a_day_of_the_renewal(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    soon = (site.now() + timedelta(hours=12)).isoformat()
    site.simulator.force(int(subscription), current_period_ends_at=soon)

    outcome, desk = site.perform_order(site.order(PAUSE, customer))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.WRONG_STATE
    assert desk.written == []


@pytest.mark.parametrize("state", ["past_due", "unpaid", "canceled", "expired"])
def test_what_is_not_paid_up_is_not_paused(site, state):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.simulator.force(int(subscription), state=state)

    outcome = site.perform(PAUSE, customer)

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.NO_SUBSCRIPTION


def test_a_lost_answer_is_found_days_counted_from_the_click_still(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    order = site.order(PAUSE, customer, for_days="10")
    site.simulator.fault("POST", "*hold.json", "cut_after")

    outcome, desk = site.perform_order(order)

    assert isinstance(outcome, Unknown)
    assert site.look_up(site.again(order, desk)) == Succeeded(subscription, charged=NOTHING)


def test_a_pause_somebody_else_made_is_not_taken_for_ours(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    order = site.order(PAUSE, customer, for_days="10")
    site.simulator.fault("POST", "*hold.json", "cut_before")
    desk = site.perform_order(order)[1]
    site.owner("POST", f"/subscriptions/{subscription}/hold.json")

    assert isinstance(site.look_up(site.again(order, desk)), Absent)
    assert isinstance(site.perform_order(site.again(order, desk))[0], Refused)


def test_resuming_before_the_old_renewal_costs_nothing(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    before = site.subscription(subscription)
    site.perform(PAUSE, customer, for_days="10")

    outcome = site.perform(RESUME, customer)

    after = site.subscription(subscription)
    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert after["state"] == "active"
    assert after["current_period_ends_at"] == before["current_period_ends_at"]


def test_resuming_after_the_old_renewal_charges_a_new_period(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.perform(PAUSE, customer, for_days="90")
    site.simulator.move_clock(offset_seconds=40 * 86_400)

    outcome = site.perform(RESUME, customer)

    assert outcome == Succeeded(subscription, charged=Money(900, "USD"))


def test_resuming_that_cannot_be_charged_leaves_it_on_hold(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.perform(PAUSE, customer, for_days="90")
    site.simulator.force(int(subscription), payment_profile_id=site.add_card(customer, "2"))
    site.simulator.move_clock(offset_seconds=40 * 86_400)

    outcome = site.perform(RESUME, customer)

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PAYMENT_DECLINED
    assert site.subscription(subscription)["state"] == "on_hold"


def test_one_that_is_not_on_hold_is_a_success_said_so(site):
    customer = site.a_customer()
    site.subscribe(customer)

    outcome = site.perform(RESUME, customer)

    assert isinstance(outcome, Succeeded)
    assert outcome.already


def test_a_resume_is_taken_back_to_the_day_it_had(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    day = in_days(site, 15)
    site.perform(PAUSE, customer, until=day)
    order = site.order(RESUME, customer)
    desk = site.perform_order(order)[1]

    site.undo(site.again(order, desk), subscription)

    assert on_hold_until(site, subscription).date().isoformat() == day


def test_a_hold_without_an_end_cannot_be_set_again(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer)
    site.owner("POST", f"/subscriptions/{subscription}/hold.json")
    order = site.order(RESUME, customer)
    desk = site.perform_order(order)[1]

    back = site.connector.undo_of(replace(order, memo=desk.memo), reference=subscription)

    assert isinstance(back, Refused)
    assert "Chargify" in back.message
