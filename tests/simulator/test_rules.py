"""Properties of the pure rules: money, dates, the zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargify_simulator.eastern import EASTERN, stamp
from chargify_simulator.records import Coupon
from chargify_simulator.rules.calendar import after
from chargify_simulator.rules.money import Charge, bill

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(2008, 1, 1), datetime(2060, 1, 1)).map(  # noqa: DTZ001
    lambda wall: wall.replace(tzinfo=UTC, microsecond=0)
)


def coupon(**fields):
    made = {"created_at": LONG_AGO, "updated_at": LONG_AGO, "start_date": LONG_AGO}
    facts = {"id": 1, "family_id": 1, "name": "C", "code": "C"} | made | fields
    return msgspec.convert(facts, Coupon)


COUPONS = st.builds(
    lambda amount, percentage, strategy: coupon(
        amount_in_cents=amount if percentage is None else None,
        percentage=percentage,
        compounding_strategy=strategy,
    ),
    st.integers(0, 20_000),
    st.none() | st.decimals("0.0001", 100, places=4).map(str),
    st.sampled_from(["compound", "full-price"]),
)


@given(st.lists(st.integers(0, 50_000), min_size=1, max_size=3), st.lists(COUPONS, max_size=4))
def test_a_bill_is_never_below_zero_and_adds_up(amounts, coupons):
    due = bill([Charge("baseline", each) for each in amounts], coupons, product_id=1)

    assert 0 <= due.total_in_cents <= sum(amounts)
    assert due.total_in_cents + due.discount_in_cents == sum(amounts)


@pytest.mark.parametrize(
    ("coupons", "total"),
    [
        ([coupon(percentage="10"), coupon(percentage="10")], 8_100),
        (
            [
                coupon(percentage="10", compounding_strategy="full-price"),
                coupon(percentage="10", compounding_strategy="full-price"),
            ],
            8_000,
        ),
        ([coupon(amount_in_cents=2_000), coupon(percentage="50")], 4_000),
        ([coupon(amount_in_cents=99_999)], 0),
        ([coupon(percentage="33.3333")], 6_667),
        ([coupon(percentage="50", restricted_product_ids=[2])], 10_000),
    ],
)
def test_coupons_take_from_one_hundred_dollars(coupons, total):
    assert bill([Charge("baseline", 10_000)], coupons, product_id=1).total_in_cents == total


@given(INSTANTS)
def test_the_zone_equals_the_public_database(instant):
    try:
        new_york = ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        pytest.skip("this machine has no time zone database")

    ours, theirs = instant.astimezone(EASTERN), instant.astimezone(new_york)

    assert ours.isoformat() == theirs.isoformat()
    assert ours.astimezone(UTC) == instant


@given(INSTANTS, st.integers(1, 24))
def test_a_period_goes_forward_and_never_skips_a_month(start, months):
    end = after(start, months, "month")

    assert end > start
    one_by_one = start.astimezone(EASTERN)
    reached = end.astimezone(EASTERN)
    distance = (reached.year - one_by_one.year) * 12 + reached.month - one_by_one.month
    assert distance == months


def test_days_are_days_of_the_wall_clock():
    start = datetime(2030, 3, 9, 17, tzinfo=UTC)  # noon in New York, the day before the change

    assert stamp(after(start, 1, "day")) == "2030-03-10T12:00:00-04:00"
    assert after(start, 1, "day") - start == timedelta(hours=23)
