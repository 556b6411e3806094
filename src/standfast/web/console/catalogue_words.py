"""Prices, intervals and terms in words."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from standfast.contract.catalogue import (
    CatalogueItem,
    Coupon,
    CouponDuration,
    Interval,
    IntervalUnit,
    Plan,
    PricePoint,
    ReasonCode,
)
from standfast.domain.money_text import money
from standfast.web.console.render import in_zone


def every(interval: Interval) -> str:
    """As in "a month", "every 3 months", "a year"."""
    count, unit = interval.count, interval.unit
    if unit is IntervalUnit.MONTH and count % 12 == 0:
        return _every(count // 12, "year")
    if unit is IntervalUnit.DAY and count % 7 == 0:
        return _every(count // 7, "week")
    return _every(count, unit.value)


def _every(count: int, unit: str) -> str:
    return f"a {unit}" if count == 1 else f"every {count} {unit}s"


def length(interval: Interval) -> str:
    """As in "14 days", "1 month"."""
    return f"{interval.count} {interval.unit.value}{'' if interval.count == 1 else 's'}"


def price(item: Plan | PricePoint) -> str:
    """As in "$29.00 a month"."""
    return f"{money(item.price)} {every(item.interval)}"


def trial(point: PricePoint) -> str:
    """As in "14 days free", "1 month for $1.00"; empty without one."""
    if point.trial_interval is None or point.trial_interval.count < 1:
        return ""
    paid = point.trial_price is not None and point.trial_price.amount_in_cents > 0
    cost = f"for {money(point.trial_price)}" if paid and point.trial_price else "free"
    return f"{length(point.trial_interval)} {cost}"


def setup_fee(point: PricePoint) -> str:
    fee = point.setup_fee
    return money(fee) if fee is not None and fee.amount_in_cents else ""


def discount(coupon: Coupon) -> str:
    """As in "30 % off", "$10.00 off"."""
    if coupon.percent_off is not None:
        return f"{plain(coupon.percent_off)} % off"
    return f"{money(coupon.amount_off)} off" if coupon.amount_off is not None else "No discount"


def lasts(coupon: Coupon) -> str:
    match coupon.duration:
        case CouponDuration.ONCE:
            return "the next charge"
        case CouponDuration.FOREVER:
            return "every charge"
        case CouponDuration.PERIODS:
            count = coupon.duration_periods or 0
            return "the next charge" if count == 1 else f"for {count} periods"


def terms(coupon: Coupon, plans: Mapping[str, str], zone: str) -> str:
    """As in "30 % off for 3 periods, only for Pro, until 31 Dec 2026". `plans` are id → name."""
    said = [f"{discount(coupon)} {lasts(coupon)}"]
    if coupon.plan_external_ids:
        names = [plans.get(one, f"plan {one}") for one in coupon.plan_external_ids]
        said.append(f"only for {_listed(names)}")
    if coupon.ends_at is not None:
        said.append(f"until {day(coupon.ends_at, zone)}")
    if coupon.conversion_limit:
        said.append(f"at most {coupon.conversion_limit} times")
    return ", ".join(said)


def day(at: datetime, zone: str) -> str:
    there = in_zone(at, zone)
    return f"{there.day} {there:%b %Y}"


def plain(number: Decimal) -> str:
    """Without zeros behind the point."""
    return f"{number.normalize():f}"


def named(item: CatalogueItem) -> str:
    """As a sentence about a change names it: never by an id alone."""
    match item:
        case Plan():
            return f"{item.name}, {price(item)}"
        case PricePoint():
            return f"{item.name}, {price(item)}"
        case Coupon():
            return f"{item.code} ({item.name}, {discount(item)} {lasts(item)})"
        case ReasonCode():
            return f"{item.description} ({item.code})"


def _listed(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
