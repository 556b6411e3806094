"""What is shown before is what is charged after, to the cent, by the simulator's own arithmetic."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.chargify.prices import FEBRUARY, HALFWAY, START, charged, pass_to, price, usd
from connectors.chargify.site import ChargifySite
from standfast.contract.actions import Preview


@pytest.fixture(autouse=True)
def january(site: ChargifySite) -> None:
    pass_to(site, START)


# plan, price point, coupon, due now, next charge, days until then
SIGNUPS = [
    ("basic", None, None, 900, 900, 31),
    ("basic", "basic-yearly", None, 9_000, 9_000, 365),
    ("basic", None, "WELCOME10", 810, 900, 31),  # 10 % once
    ("basic", None, "SAVE20", 720, 720, 31),  # 20 % for ever
    ("basic", None, "FREEMONTH", 0, 900, 31),
    ("basic", None, "ODD", 600, 600, 31),  # 33.3333 % of 9.00 is 2.999997, so 3.00
    ("pro", None, None, 0, 2_900, 14),  # a free trial
    ("pro", None, "WELCOME10", 0, 2_610, 14),  # waits for the first amount due
    ("business", None, None, 9_900 + 25_000, 9_900, 31),  # a setup fee
    ("business", None, "SAVE20", 27_920, 7_920, 31),  # also off the setup fee
    ("campus", None, None, 1_000, 120_000, 14),  # a trial that costs
    ("backup", None, None, 300, 300, 30),
]


@pytest.mark.parametrize(("plan", "point", "coupon", "due", "then", "days"), SIGNUPS)
def test_a_new_subscription_costs_what_was_shown(site, plan, point, coupon, due, then, days):
    customer = site.a_customer()
    more = {"price_point": site.price_point(point)} if point else {}
    more |= {"coupon": coupon} if coupon else {}
    order = site.order("create_subscription", customer, plan=site.plan(plan), **more)

    shown = price(site, order)

    at = START + timedelta(days=days)
    assert shown == Preview(usd(due), next_charge=usd(then), next_charge_at=at)
    assert charged(site, order) == shown.due_now


@pytest.mark.parametrize(("plan", "point", "coupon", "due", "then", "days"), SIGNUPS)
def test_the_next_charge_of_a_new_subscription_is_what_was_shown(
    site, plan, point, coupon, due, then, days
):
    customer = site.a_customer()
    more = {"price_point": site.price_point(point)} if point else {}
    more |= {"coupon": coupon} if coupon else {}
    order = site.order("create_subscription", customer, plan=site.plan(plan), **more)
    shown = price(site, order)
    charged(site, order)

    pass_to(site, START + timedelta(days=days, hours=1))

    [made] = site.subscriptions(customer)
    assert shown.next_charge is not None
    assert made["total_revenue_in_cents"] == due + shown.next_charge.amount_in_cents


# from, to, which dates, when, due now
SWITCHES = [
    ("basic", "pro", "keep", START, 2_000),  # 29.00 less 9.00
    ("basic", "pro", "keep", HALFWAY, 1_000),
    ("basic", "pro", "keep", START + timedelta(days=10), 1_355),  # 21 of 31 days: 19.65 less 6.10
    ("basic", "business", "keep", HALFWAY, 4_500),  # no setup fee in a change
    ("basic", "pro", "restart", HALFWAY, 2_450),  # 29.00 less half of 9.00
    ("basic", "pro-yearly", "restart", HALFWAY, 28_550),
    ("business", "basic", "keep", HALFWAY, 0),  # the rest becomes credit
]


@pytest.mark.parametrize(("before", "to", "dates", "when", "due"), SWITCHES)
def test_a_change_of_plan_in_mid_period_costs_what_was_shown(site, before, to, dates, when, due):
    customer = site.a_customer()
    site.subscribe(customer, before)
    pass_to(site, when)
    order = site.order("switch_plan", customer, plan=site.plan(to), when="now", billing_date=dates)

    shown = price(site, order)

    assert charged(site, order) == usd(due)
    least = shown.least_due_now or shown.due_now
    assert least.amount_in_cents <= due <= shown.due_now.amount_in_cents
    # 75 minutes of 31 days move 29.00 by 4.9 cents at the most, 290.00 never (it is charged whole)
    assert shown.due_now.amount_in_cents - due <= 2
    assert not shown.is_due_estimated


@pytest.mark.parametrize(("before", "to", "dates", "when", "due"), SWITCHES)
def test_a_change_carried_out_an_hour_late_costs_no_more_than_was_shown(
    site, before, to, dates, when, due
):
    customer = site.a_customer()
    site.subscribe(customer, before)
    pass_to(site, when)
    order = site.order("switch_plan", customer, plan=site.plan(to), when="now", billing_date=dates)
    shown = price(site, order)

    pass_to(site, when + timedelta(minutes=75))

    paid = charged(site, order)
    assert paid is not None
    least = shown.least_due_now or shown.due_now
    assert least.amount_in_cents <= paid.amount_in_cents <= shown.due_now.amount_in_cents


@pytest.mark.parametrize(
    ("to", "dates", "then", "at"),
    [
        ("pro", "keep", 2_900, FEBRUARY),
        ("pro-yearly", "restart", 29_000, HALFWAY.replace(year=2028)),
    ],
)
def test_after_a_change_the_next_charge_is_the_new_price(site, to, dates, then, at):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    pass_to(site, HALFWAY)

    shown = price(
        site,
        site.order("switch_plan", customer, plan=site.plan(to), when="now", billing_date=dates),
    )

    assert shown.next_charge == usd(then)
    assert abs(shown.next_charge_at - at) <= timedelta(minutes=1)


def test_a_change_in_a_trial_costs_nothing_while_the_trial_goes_on(site):
    customer = site.a_customer()
    site.subscribe(customer, "pro")
    order = site.order("switch_plan", customer, plan=site.plan("business"), when="now")

    shown = price(site, order)

    at = START + timedelta(days=14)
    assert shown == Preview(usd(0), next_charge=usd(9_900), next_charge_at=at)
    assert charged(site, order) == usd(0)


def test_a_change_at_the_renewal_costs_nothing_now_and_the_new_price_then(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer, "basic")
    order = site.order("switch_plan", customer, plan=site.plan("pro"))

    shown = price(site, order)

    assert shown == Preview(usd(0), next_charge=usd(2_900), next_charge_at=FEBRUARY)
    assert charged(site, order) == usd(0)
    pass_to(site, FEBRUARY + timedelta(hours=1))
    assert site.subscription(subscription)["total_revenue_in_cents"] == 900 + 2_900


def test_a_running_coupon_goes_along_in_an_estimate_of_the_new_price(site):
    customer = site.a_customer()
    site.subscribe(customer, "basic", coupons=("SAVE20",))
    order = site.order("switch_plan", customer, plan=site.plan("pro"))

    shown = price(site, order)

    assert (shown.next_charge, shown.is_estimate) == (usd(2_320), True)


@pytest.mark.parametrize(
    ("there", "adds", "mode", "then"),
    [
        ((), "WELCOME10", "refuse", 810),
        ((), "TENNER", "refuse", 0),  # never below nothing
        ((), "PROONLY", "refuse", 900),  # not for this plan: it "does nothing"
        (("STACK5",), "STACK7", "stack", 791),  # 9.00 - 0.45 = 8.55; 7.5 % of it is 0.64
        (("SAVE20",), "FIVEOFF", "replace", 400),
    ],
)
def test_a_coupon_is_estimated_into_the_next_renewal(site, there, adds, mode, then):
    customer = site.a_customer()
    subscription = site.subscribe(customer, "basic", coupons=there)
    paid = site.subscription(subscription)["total_revenue_in_cents"]
    order = site.order("add_coupon", customer, coupon=adds, when_present=mode)

    shown = price(site, order)

    assert shown == Preview(usd(0), usd(then), FEBRUARY, is_estimate=True)
    assert charged(site, order) == usd(0)
    pass_to(site, FEBRUARY + timedelta(hours=1))
    assert site.subscription(subscription)["total_revenue_in_cents"] == paid + then


@pytest.mark.parametrize(
    ("there", "takes", "then"),
    [(("SAVE20",), "SAVE20", 900), (("STACK5", "STACK7"), "STACK5", 832)],  # 9.00 less 0.68
)
def test_without_a_coupon_the_next_renewal_is_estimated(site, there, takes, then):
    customer = site.a_customer()
    subscription = site.subscribe(customer, "basic", coupons=there)
    paid = site.subscription(subscription)["total_revenue_in_cents"]
    order = site.order("remove_coupon", customer, coupon=takes)

    shown = price(site, order)

    assert shown == Preview(usd(0), usd(then), FEBRUARY, is_estimate=True)
    assert charged(site, order) == usd(0)
    pass_to(site, FEBRUARY + timedelta(hours=1))
    assert site.subscription(subscription)["total_revenue_in_cents"] == paid + then


@pytest.mark.parametrize(
    ("period", "days", "due", "at"),
    [
        ("resume_or_renew", 10, 0, FEBRUARY),
        ("resume_or_renew", 40, 900, datetime(2027, 3, 10, 12, tzinfo=UTC)),
        ("resume", 10, 0, FEBRUARY),
        ("renew", 10, 900, datetime(2027, 2, 11, 12, tzinfo=UTC)),
    ],
)
def test_bringing_back_costs_what_was_shown(site, period, days, due, at):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    site.perform("cancel_subscription", customer, when="now")
    pass_to(site, START + timedelta(days=days))
    order = site.order("reactivate", customer, period=period)

    shown = price(site, order)

    assert shown == Preview(usd(due), next_charge=usd(900), next_charge_at=at)
    assert charged(site, order) == shown.due_now


def test_a_signup_that_brings_back_is_shown_the_price_of_that(site):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    site.perform("cancel_subscription", customer, when="now")
    order = site.order(
        "create_subscription", customer, plan=site.plan("basic"), when_ended="reactivate"
    )

    shown = price(site, order)

    assert shown == Preview(usd(0), next_charge=usd(900), next_charge_at=FEBRUARY)
    assert charged(site, order) == usd(0)


def test_bringing_back_with_a_coupon_or_a_balance_is_an_estimate(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer, "basic", coupons=("SAVE20",))
    site.perform("cancel_subscription", customer, when="now")
    order = site.order("reactivate", customer, period="renew")

    assert price(site, order).is_due_estimated
    assert charged(site, order) == usd(720)

    site.perform("cancel_subscription", customer, when="now")
    site.simulator.force(int(subscription), balance_in_cents=500)
    assert price(site, site.order("reactivate", customer)).is_due_estimated


def test_a_retry_costs_the_open_balance(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer, "basic")
    site.simulator.force(int(subscription), state="past_due", balance_in_cents=900)
    order = site.order("retry_payment", customer)

    shown = price(site, order)

    assert shown == Preview(usd(900), next_charge=usd(900), next_charge_at=FEBRUARY)
    assert charged(site, order) == usd(900)


@pytest.mark.parametrize(
    ("days_on_hold", "due", "at"),
    [(10, 0, FEBRUARY), (40, 900, datetime(2027, 3, 10, 12, tzinfo=UTC))],
)
def test_ending_a_pause_costs_what_was_shown(site, days_on_hold, due, at):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    site.perform("pause", customer, for_days="60")
    pass_to(site, START + timedelta(days=days_on_hold))
    order = site.order("resume", customer)

    shown = price(site, order)

    assert shown == Preview(usd(due), next_charge=usd(900), next_charge_at=at)
    assert charged(site, order) == shown.due_now


@pytest.mark.parametrize(
    ("action", "more", "then", "at"),
    [
        ("pause", {"for_days": "10"}, 900, FEBRUARY),
        ("pause", {"for_days": "60"}, 900, START + timedelta(days=60)),
        ("cancel_subscription", {"when": "now"}, None, None),
        ("cancel_subscription", {"when": "end_of_period"}, None, None),
        ("undo_cancellation", {}, 900, FEBRUARY),  # none is scheduled: it stays as it is
        ("resume", {}, 900, FEBRUARY),
        ("retry_payment", {}, 900, FEBRUARY),
    ],
)
def test_what_moves_no_money_is_free_now_and_tells_the_next_charge(site, action, more, then, at):
    customer = site.a_customer()
    site.subscribe(customer, "basic")

    shown = price(site, site.order(action, customer, **more))

    assert shown == Preview(usd(0), then and usd(then), at)


def test_a_longer_trial_moves_the_first_charge(site):
    customer = site.a_customer()
    site.subscribe(customer, "pro")

    shown = price(site, site.order("extend_trial", customer, days="7"))

    assert shown == Preview(usd(0), usd(2_900), START + timedelta(days=21))


def test_what_is_about_to_end_has_no_next_charge_until_its_end_is_undone(site):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    site.perform("cancel_subscription", customer)

    with_coupon = price(site, site.order("add_coupon", customer, coupon="WELCOME10"))
    undone = price(site, site.order("undo_cancellation", customer))

    assert with_coupon == Preview(usd(0))
    assert undone == Preview(usd(0), usd(900), FEBRUARY)


def test_a_scheduled_change_that_is_taken_back_leaves_the_present_price(site):
    customer = site.a_customer()
    site.subscribe(customer, "basic")
    site.perform("switch_plan", customer, plan=site.plan("pro"))

    shown = price(site, site.order("undo_plan_change", customer))

    assert shown == Preview(usd(0), usd(900), FEBRUARY, is_estimate=True)
