"""What an accepted coupon gives away in the next 12 months, at today's price."""

from collections.abc import Mapping

from standfast.connectors.chargify import obstacles
from standfast.connectors.chargify.choosing import newest, takes_coupon
from standfast.connectors.chargify.writing import Items
from standfast.contract.catalogue import (
    Coupon,
    CouponDuration,
    Interval,
    IntervalUnit,
    ItemKind,
    Money,
    Plan,
    PricePoint,
)
from standfast.contract.records import CustomerBilling

_DAYS_A_YEAR = 365
_MONTHS_A_YEAR = 12


def of(
    action: str, parameters: Mapping[str, str], *, billing: CustomerBilling | None, items: Items
) -> Money | None:
    """None when the action gives no coupon, or nothing is known of it or of the price."""
    coupon = obstacles.coupon_of(items, parameters.get("coupon", ""))
    if action not in {"add_coupon", "create_subscription"} or coupon is None:
        return None
    priced = _priced(parameters, billing, items)
    if priced is None:
        return None
    price, interval = priced
    charges = _charges(coupon, interval)
    return Money(min(_off(coupon, price), price.amount_in_cents) * charges, price.currency)


def _priced(
    parameters: Mapping[str, str], billing: CustomerBilling | None, items: Items
) -> tuple[Money, Interval] | None:
    """Today's price: of the price point, else of the plan, else of what the customer has."""
    point = items.get((ItemKind.PRICE_POINT, parameters.get("price_point", "")))
    if isinstance(point, PricePoint):
        return point.price, point.interval
    plan = items.get((ItemKind.PLAN, parameters.get("plan", "")))
    own = [
        one
        for one in (billing.records if billing else ())
        if takes_coupon(one)
        and one.plan_external_id == (parameters.get("plan") or one.plan_external_id)
    ]
    if own and newest(own).price is not None:
        record = newest(own)
        known = items.get((ItemKind.PLAN, record.plan_external_id or ""))
        interval = known.interval if isinstance(known, Plan) else Interval(1, IntervalUnit.MONTH)
        return (record.price, interval) if record.price else None
    return (plan.price, plan.interval) if isinstance(plan, Plan) else None


def _off(coupon: Coupon, price: Money) -> int:
    if coupon.amount_off is not None:
        return coupon.amount_off.amount_in_cents
    percent = coupon.percent_off or 0
    return round(price.amount_in_cents * percent / 100)


def _charges(coupon: Coupon, interval: Interval) -> int:
    """How many charges of the next 12 months it counts for; at least one."""
    if interval.unit is IntervalUnit.MONTH:
        in_a_year = _MONTHS_A_YEAR // interval.count
    else:
        in_a_year = _DAYS_A_YEAR // interval.count
    in_a_year = max(in_a_year, 1)
    match coupon.duration:
        case CouponDuration.ONCE:
            return 1
        case CouponDuration.FOREVER:
            return in_a_year
        case CouponDuration.PERIODS:
            return min(coupon.duration_periods or 1, in_a_year)
