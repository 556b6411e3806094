"""The catalogue browser: what can be sold and given, in words, with what uses it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from console.billing_rig import BilledApp, BilledHouse, a_billed_house
from console.rig import Visitor
from journeys.rig import coupon
from standfast.contract.catalogue import (
    Coupon,
    CouponDuration,
    Interval,
    IntervalUnit,
    Money,
    PricePoint,
)
from standfast.web.console import catalogue_words as words

MONTHLY = Interval(1, IntervalUnit.MONTH)
THIRTY = Coupon("1", "STAY30", "Stay", "f", CouponDuration.PERIODS, stackable=False,
                percent_off=Decimal("30.0"), duration_periods=3)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "30 % off for 3 periods"),
        ({"duration": CouponDuration.FOREVER}, "30 % off every charge"),
        ({"duration": CouponDuration.ONCE}, "30 % off the next charge"),
        ({"percent_off": None, "amount_off": Money(1050, "EUR")}, "€10.50 off for 3 periods"),
        ({"plan_external_ids": ("7",)}, "30 % off for 3 periods, only for Pro"),
        ({"plan_external_ids": ("7", "8")}, "30 % off for 3 periods, only for Pro and plan 8"),
        # An instant of the 31st in UTC is the 1st in Tokyo.
        (
            {"ends_at": datetime(2026, 12, 31, 23, tzinfo=UTC)},
            "30 % off for 3 periods, until 1 Jan 2027",
        ),
        ({"conversion_limit": 50}, "30 % off for 3 periods, at most 50 times"),
    ],
)
def test_a_coupons_terms_are_one_sentence(changes: dict[str, object], told: str) -> None:
    assert words.terms(replace(THIRTY, **changes), {"7": "Pro"}, "Asia/Tokyo") == told


@pytest.mark.parametrize(
    ("count", "unit", "told"),
    [
        (1, IntervalUnit.MONTH, "a month"),
        (3, IntervalUnit.MONTH, "every 3 months"),
        (12, IntervalUnit.MONTH, "a year"),
        (24, IntervalUnit.MONTH, "every 2 years"),
        (7, IntervalUnit.DAY, "a week"),
        (30, IntervalUnit.DAY, "every 30 days"),
    ],
)
def test_an_interval_is_told_as_people_say_it(count: int, unit: IntervalUnit, told: str) -> None:
    assert words.every(Interval(count, unit)) == told


@pytest.mark.parametrize(
    ("currency", "told"), [("USD", "$1,290.00"), ("GBP", "£1,290.00"), ("CHF", "CHF 1,290.00")]
)
def test_money_is_told_in_its_currency(currency: str, told: str) -> None:
    assert words.money(Money(129_000, currency)) == told


def test_a_trial_says_what_it_costs() -> None:
    point = PricePoint("1", "7", "Original", None, Money(2_900, "USD"), MONTHLY, is_default=True)
    days = Interval(14, IntervalUnit.DAY)

    assert words.trial(point) == ""
    assert words.trial(replace(point, trial_interval=days)) == "14 days free"
    paid = replace(point, trial_interval=days, trial_price=Money(100, "USD"))
    assert words.trial(paid) == "14 days for $1.00"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BilledHouse]:
    with a_billed_house(tmp_path_factory.mktemp("catalogue") / "data") as stage:
        yield stage


@pytest.fixture
def billed(stage: BilledHouse) -> BilledApp:
    return stage.open()


@pytest.fixture
def ada(stage: BilledHouse) -> Visitor:
    return stage.visitor()


def seen(ada: Visitor, billed: BilledApp, query: str = "") -> str:
    return ada.get(f"/apps/{billed.app}/catalogue{query}").text


def test_without_a_connection_the_page_says_how_to_get_one(ada: Visitor, billed: BilledApp) -> None:
    assert "No billing system is connected yet" in seen(ada, billed)

    billed.connect()

    assert "The first sync is not done yet" in seen(ada, billed)


def test_plans_coupons_and_reasons_are_listed_in_words(ada: Visitor, billed: BilledApp) -> None:
    billed.connect()
    billed.sync()

    plans, coupons = seen(ada, billed), seen(ada, billed, "?kind=coupon")
    reasons = seen(ada, billed, "?kind=reason_code")

    assert "$29.00 a month" in plans
    assert "Boards" in plans
    assert "30 % off every charge" in coupons
    assert "Too dear" in reasons


def test_a_search_finds_by_parts_of_name_code_and_handle(ada: Visitor, billed: BilledApp) -> None:
    billed.connect()
    billed.sync()

    found = seen(ada, billed, "?kind=coupon&q=stack")
    nothing = seen(ada, billed, "?kind=plan&q=unicorn")

    assert "STACK5" in found
    assert "STAY30" not in found
    assert "Nothing fits “unicorn”" in nothing


def test_what_is_retired_stands_apart_and_warns_of_its_use(ada: Visitor, billed: BilledApp) -> None:
    billed.connect()
    billed.site.add_coupon("LATE", percentage="5")
    billed.sync()
    prompt = billed.publish("Last chance", coupon("late"))
    used = seen(ada, billed, "?kind=coupon&q=late")
    billed.site.retire_coupon("LATE")
    billed.house.sync_connections.request(billed.connect().id)
    billed.sync()

    page = seen(ada, billed, "?kind=coupon&q=late")

    assert f'/prompts/{prompt}">Last chance</a>' in used
    assert "Retired" not in used
    assert page.index("Retired") < page.index("LATE")
    assert 'aria-label="Warning"' in page
