"""What a coupon gives away in 12 months: our word against a year of the simulator's own bills."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from builders import a_billing, a_record
from choosy import an_item
from standfast.connectors.chargify import discounts
from standfast.connectors.chargify.records import IdHolds
from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.catalogue import (
    KIND_OF,
    Coupon,
    CouponDuration,
    Interval,
    IntervalUnit,
    ItemKind,
    Money,
)
from standfast.contract.records import CustomerBilling

DAY = Interval(1, IntervalUnit.DAY)


def month(count: int = 1) -> Interval:
    return Interval(count, IntervalUnit.MONTH)


A_YEAR = [
    # 20 % of 9.00, twelve times
    ("basic", None, "SAVE20", 12 * 180),
    # once, whatever the price
    ("basic", None, "FIVEOFF", 500),
    # 30 % of 9.00, three times
    ("basic", None, "STAY30", 3 * 270),
    # 10.00 off 9.00: never more than the charge
    ("basic", None, "TENNER", 12 * 900),
    # 33.3333 % of 9.00 is 2.999997: half a cent and more is rounded up
    ("basic", None, "ODD", 12 * 300),
    # a year is one charge
    ("pro-yearly", None, "SAVE20", 5_800),
    ("basic", "basic-yearly", "SAVE20", 1_800),
    # four quarters
    ("business", "business-quarterly", "SAVE20", 4 * 5_580),
]


@pytest.mark.parametrize(("plan", "price_point", "coupon", "cents"), A_YEAR)
def test_a_year_of_bills_with_the_coupon_is_that_much_lower(site, plan, price_point, coupon, cents):
    site.simulator.freeze_clock("2027-03-10T09:00:00Z")
    without, given = site.a_customer(), site.a_customer()
    subscriptions = [subscribe(site, one, plan, price_point) for one in (without, given)]
    told = discounts.of(
        "add_coupon", {"coupon": coupon}, billing=billing(site, given), items=items(site)
    )

    site.perform("add_coupon", given, coupon=coupon)
    # the last renewal of the next 12 months is due to the hour when they end
    site.simulator.freeze_clock("2028-03-10T10:00:00Z")
    paid = [site.subscription(one)["total_revenue_in_cents"] for one in subscriptions]

    assert told == Money(cents, "USD")
    assert paid[0] - paid[1] == cents


SIGNUPS = [
    ("basic", "SAVE20", 12 * 180),
    # 20 % of 99.00 plus 250.00 to set it up, then eleven times 20 % of 99.00
    ("business", "SAVE20", 6_980 + 11 * 1_980),
    # 100.00 off 349.00, once
    ("business", "CREDIT", 10_000),
]


@pytest.mark.parametrize(("plan", "coupon", "cents"), SIGNUPS)
def test_a_year_of_a_new_subscription_is_that_much_lower(site, plan, coupon, cents):
    site.simulator.freeze_clock("2027-03-10T09:00:00Z")
    without, given = site.a_customer(), site.a_customer()
    chosen = {"plan": site.plan(plan), "price_point": default_point(site, plan), "coupon": coupon}
    told = discounts.of("create_subscription", chosen, billing=None, items=items(site))

    subscriptions = [site.subscribe(without, plan), site.subscribe(given, plan, coupons=(coupon,))]
    # signed up today: the charge that begins the second year is not of the next 12 months
    site.simulator.freeze_clock("2028-03-10T08:00:00Z")
    paid = [site.subscription(one)["total_revenue_in_cents"] for one in subscriptions]

    assert told == Money(cents, "USD")
    assert paid[0] - paid[1] == cents


@pytest.fixture
def richer(site):
    """A customer with an older subscription of 99.00 a month and a newer one of 9.00."""
    customer = site.a_customer()
    dear, cheap = site.subscribe(customer, "business"), site.subscribe(customer, "basic")
    return customer, dear, cheap


@pytest.mark.parametrize(
    ("place", "cents"),
    # 20 %, twelve times, of 99.00 and of 9.00
    [(0, 12 * 1_980), (1, 12 * 180)],
    ids=["dear", "cheap"],
)
def test_the_subscription_that_is_named_counts(site, richer, place, cents):
    customer, *subscriptions = richer
    wanted = {"coupon": "SAVE20", "subscription": subscriptions[place]}

    told = discounts.of("add_coupon", wanted, billing=billing(site, customer), items=items(site))

    assert told == Money(cents, "USD")


@pytest.mark.parametrize("holds", list(IdHolds))
def test_while_none_is_named_the_dearest_counts(site, richer, holds):
    customer, dear, _ = richer
    site.holds = holds
    site.owner("PUT", f"/customers/{customer}.json", {"customer": {"reference": "ada"}})
    ids = {"customer_id": customer, "subscription_id": dear, "customer_reference": "ada"}
    billing_id, wanted = ids[holds], {"coupon": "SAVE20", "which": "newest"}

    told = discounts.of("add_coupon", wanted, billing=billing(site, billing_id), items=items(site))

    assert told == Money(12 * 1_980, "USD")


def test_the_dearest_is_the_one_that_is_given_most(site):
    # 20 % of 90.00 once in a year is less than 20 % of 9.00 twelve times
    customer = site.a_customer()
    for plan, price_point in (("basic", None), ("basic", "basic-yearly")):
        subscribe(site, customer, plan, price_point)

    told = discounts.of(
        "add_coupon", {"coupon": "SAVE20"}, billing=billing(site, customer), items=items(site)
    )

    assert told == Money(12 * 180, "USD")


CHARGES = [
    # every n of a unit, the charges of a year of 12 months or 365 days, the first one now
    (month(1), 12),
    (month(2), 6),
    (month(5), 3),  # at 0, 5 and 10 months
    (month(12), 1),
    (month(24), 1),
    (Interval(30, IntervalUnit.DAY), 13),  # at 0, 30, …, 360 days
    (Interval(7, IntervalUnit.DAY), 53),
    (DAY, 365),
]


@pytest.mark.parametrize(("interval", "charges"), CHARGES)
def test_as_many_charges_count_as_begin_within_12_months(interval, charges):
    plan = an_item(ItemKind.PLAN, "gold", interval=interval)  # 10.00
    coupon = ten_percent(duration=CouponDuration.FOREVER)

    assert offered(plan, coupon) == Money(charges * 100, "USD")


@pytest.mark.parametrize(
    ("duration", "periods", "charges"),
    [
        (CouponDuration.ONCE, None, 1),
        (CouponDuration.PERIODS, 3, 3),
        (CouponDuration.PERIODS, 36, 12),
        (CouponDuration.PERIODS, None, 1),
        (CouponDuration.FOREVER, None, 12),
    ],
)
def test_a_coupon_counts_for_as_long_as_it_lasts(duration, periods, charges):
    coupon = ten_percent(duration=duration, duration_periods=periods)

    assert offered(an_item(ItemKind.PLAN, "gold"), coupon) == Money(charges * 100, "USD")


@pytest.mark.parametrize(("percent", "cents"), [("0.04", 0), ("0.05", 1), ("100", 1000)])
def test_half_a_cent_is_rounded_up(percent, cents):
    # 10.00: 0.04 % is 0.4 cents, 0.05 % is half a cent
    coupon = ten_percent(duration=CouponDuration.ONCE, percent_off=Decimal(percent))

    assert offered(an_item(ItemKind.PLAN, "gold"), coupon) == Money(cents, "USD")


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("cancel_subscription", {}),
        ("remove_coupon", {"coupon": "TEN"}),
        ("create_subscription", {"plan": "gold"}),
    ],
)
def test_what_gives_no_coupon_gives_nothing_away(action, parameters):
    assert discounts.of(action, parameters, billing=None, items={}) is None


def two_of(**changes: Any) -> CustomerBilling:
    one = a_record(external_id="1", plan_external_id="gold")
    return a_billing(one, replace(one, external_id="2", **changes))


UNTOLD = [
    ({"coupon": "NONE"}, a_billing(), RefusalReason.COUPON_UNKNOWN),
    ({"coupon": "TEN"}, None, RefusalReason.NO_SUBSCRIPTION),
    ({"coupon": "TEN"}, a_billing(a_record(state="canceled")), RefusalReason.NO_SUBSCRIPTION),
    ({"coupon": "TEN"}, a_billing(a_record(price=None)), RefusalReason.PLAN_UNKNOWN),
    (
        {"coupon": "TEN"},
        a_billing(a_record(plan_external_id="other")),
        RefusalReason.PLAN_UNKNOWN,
    ),
    ({"coupon": "FLAT"}, a_billing(a_record(price=Money(9, "EUR"))), RefusalReason.OTHER),
    # an id that is not theirs, also beside a plan whose price is known
    (
        {"coupon": "TEN", "subscription": "7", "plan": "gold"},
        a_billing(a_record(external_id="1", plan_external_id="gold")),
        RefusalReason.NO_SUBSCRIPTION,
    ),
    # one of two that may be meant cannot be priced, or not beside the other
    ({"coupon": "TEN"}, two_of(price=None), RefusalReason.PLAN_UNKNOWN),
    ({"coupon": "TEN"}, two_of(price=Money(9, "EUR")), RefusalReason.OTHER),
]


@pytest.mark.parametrize(("parameters", "customer", "reason"), UNTOLD)
def test_what_cannot_be_told_is_refused_with_its_reason(parameters, customer, reason):
    stock = {
        (ItemKind.COUPON, "TEN"): ten_percent(),
        (ItemKind.COUPON, "FLAT"): an_item(ItemKind.COUPON, "FLAT", amount_off=Money(1, "USD")),
        (ItemKind.PLAN, "gold"): an_item(ItemKind.PLAN, "gold"),
    }

    told = discounts.of("add_coupon", parameters, billing=customer, items=stock)

    assert isinstance(told, Refused)
    assert told.reason is reason


def test_the_price_that_is_paid_counts_and_not_that_of_the_catalogue():
    paid = a_billing(a_record(price=Money(700, "USD")))
    stock = {
        (ItemKind.COUPON, "TEN"): ten_percent(duration=CouponDuration.ONCE),
        (ItemKind.PLAN, "gold"): an_item(ItemKind.PLAN, "gold", price=Money(1_000, "USD")),
    }

    told = discounts.of("add_coupon", {"coupon": "ten"}, billing=paid, items=stock)

    assert told == Money(70, "USD")


def ten_percent(**changes: Any) -> Coupon:
    coupon = an_item(ItemKind.COUPON, "TEN", amount_off=None, percent_off=Decimal(10))
    assert isinstance(coupon, Coupon)
    return replace(coupon, **changes)


def offered(plan: Any, coupon: Coupon) -> Money | Refused | None:
    stock = {(ItemKind.PLAN, "gold"): plan, (ItemKind.COUPON, "TEN"): coupon}
    chosen = {"plan": "gold", "coupon": "TEN"}
    return discounts.of("create_subscription", chosen, billing=None, items=stock)


def items(site):
    found = site.connector.catalogue(site.transport())
    return {(KIND_OF[type(one)], one.external_id): one for one in found}


def billing(site, customer: str):
    return site.connector.read_customer(site.transport(), site.settings, customer)


def default_point(site, plan: str) -> str:
    plan_id = site.plan(plan)
    return next(
        one.external_id
        for (kind, _), one in items(site).items()
        if kind is ItemKind.PRICE_POINT and one.plan_external_id == plan_id and one.is_default
    )


def subscribe(site, customer: str, plan: str, price_point: str | None) -> str:
    [profile] = site.owner("GET", f"/payment_profiles.json?customer_id={customer}")
    sent = {
        "customer_id": int(customer),
        "product_handle": plan,
        "payment_profile_id": profile["payment_profile"]["id"],
    }
    if price_point is not None:
        sent["product_price_point_handle"] = price_point
    made = site.owner("POST", "/subscriptions.json", {"subscription": sent})
    return str(made["subscription"]["id"])
