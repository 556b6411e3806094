"""What an accepted coupon gives away in the next 12 months, at today's price."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from standfast.connectors.chargify import obstacles
from standfast.connectors.chargify.choosing import ALL, takes_coupon
from standfast.connectors.chargify.pricing import Discount
from standfast.connectors.chargify.writing import Items
from standfast.contract.actions import RefusalReason, Refused
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
from standfast.contract.records import BillingRecord, CustomerBilling

_A_YEAR = {IntervalUnit.MONTH: 12, IntervalUnit.DAY: 365}
_GIVE_COUPONS = frozenset({"add_coupon", "create_subscription"})


@dataclass(frozen=True)
class _Priced:
    """What is charged every `interval`, and once with the first charge."""

    price: Money
    interval: Interval
    setup_fee_in_cents: int = 0


def of(
    action: str, parameters: Mapping[str, str], *, billing: CustomerBilling | None, items: Items
) -> Money | Refused | None:
    """None when the action gives no coupon; `Refused` when the coupon or the price is not known.

    A trial is not looked at: what is told is the most it can come to. Nor is it known here which
    subscription `chargify_id` may name: of several that may be meant the dearest counts; where it
    goes to all of them, what it comes to in all.
    """
    code = parameters.get("coupon", "")
    if action not in _GIVE_COUPONS or not code:
        return None
    coupon = obstacles.coupon_of(items, code)
    if coupon is None:
        return obstacles.no_such_coupon(code)
    is_new = action == "create_subscription"
    priced = [_new(parameters, items)] if is_new else _present(parameters, billing, items)
    if not priced:
        return None
    each = [one if isinstance(one, Refused) else _discount(coupon, one) for one in priced]
    return _of_several(each, sum if parameters.get("which") == ALL else max)


def _of_several(
    discounts: list[Money | Refused], count: Callable[[list[int]], int]
) -> Money | Refused:
    """`Refused` too where one of them is: it may be the dearest."""
    told = [one for one in discounts if isinstance(one, Money)]
    if len(told) < len(discounts):
        return next(one for one in discounts if isinstance(one, Refused))
    if len({one.currency for one in told}) > 1:
        problem = (
            "The customer has subscriptions in several currencies. Name the one that is meant."
        )
        return Refused(RefusalReason.OTHER, problem)
    return Money(count([one.amount_in_cents for one in told]), told[0].currency)


def _discount(coupon: Coupon, priced: _Priced) -> Money | Refused:
    currency = priced.price.currency
    if coupon.amount_off is not None and coupon.amount_off.currency != currency:
        problem = f"{coupon.code} is in {coupon.amount_off.currency}, the price in {currency}."
        return Refused(RefusalReason.OTHER, problem)
    amount = coupon.amount_off.amount_in_cents if coupon.amount_off else None
    rule = Discount(amount, coupon.percent_off or Decimal(0))
    regular = priced.price.amount_in_cents
    first = rule.of(regular + priced.setup_fee_in_cents)
    later = rule.of(regular) * (_charges(coupon, priced.interval) - 1)
    return Money(first + later, currency)


def _new(parameters: Mapping[str, str], items: Items) -> _Priced | Refused:
    """Of the price point, else of the plan."""
    point = items.get((ItemKind.PRICE_POINT, parameters.get("price_point", "")))
    if isinstance(point, PricePoint):
        fee = point.setup_fee.amount_in_cents if point.setup_fee else 0
        return _Priced(point.price, point.interval, fee)
    plan = items.get((ItemKind.PLAN, parameters.get("plan", "")))
    if isinstance(plan, Plan):
        return _Priced(plan.price, plan.interval)
    return Refused(RefusalReason.PLAN_UNKNOWN, "The price of the plan is not known. Sync it.")


def _present(
    parameters: Mapping[str, str], billing: CustomerBilling | None, items: Items
) -> list[_Priced | Refused]:
    """Of each subscription that may be meant; without any of the plan that is named.

    None where it goes to all of them and is on each already.
    """
    named, asked = parameters.get("plan", ""), parameters.get("subscription", "")
    own = [
        one
        for one in (billing.records if billing else ())
        if takes_coupon(one)
        and named in {"", one.plan_external_id}
        and asked in {"", one.external_id}
    ]
    if own:
        return [_paid(one, items) for one in own if not _has_it(one, parameters)]
    plan = items.get((ItemKind.PLAN, named))
    is_another = bool(asked) and billing is not None
    if isinstance(plan, Plan) and not is_another:
        return [_Priced(plan.price, plan.interval)]
    which = f"no subscription {asked}" if is_another else "no subscription"
    problem = f"The customer has {which} that takes a coupon."
    return [Refused(RefusalReason.NO_SUBSCRIPTION, problem)]


def _has_it(record: BillingRecord, parameters: Mapping[str, str]) -> bool:
    """Whether 'all of them' leaves this one out."""
    code = parameters.get("coupon", "").upper()
    return parameters.get("which") == ALL and code in record.coupon_codes


def _paid(record: BillingRecord, items: Items) -> _Priced | Refused:
    """Its own price, as often as its price point says."""
    point = items.get((ItemKind.PRICE_POINT, record.price_point_external_id or ""))
    plan = items.get((ItemKind.PLAN, record.plan_external_id or ""))
    known = point if isinstance(point, PricePoint) else plan
    if record.price is None or not isinstance(known, Plan | PricePoint):
        problem = f"The price of subscription {record.external_id} is not known. Sync it."
        return Refused(RefusalReason.PLAN_UNKNOWN, problem)
    return _Priced(record.price, known.interval)


def _charges(coupon: Coupon, interval: Interval) -> int:
    """How many charges of the next 12 months it counts for, the first one being due now.

    Every 5 months: at 0, 5 and 10, so 3. Every 24 months: 1.
    """
    in_a_year = -(-_A_YEAR[interval.unit] // interval.count)
    match coupon.duration:
        case CouponDuration.ONCE:
            return 1
        case CouponDuration.FOREVER:
            return in_a_year
        case CouponDuration.PERIODS:
            return min(coupon.duration_periods or 1, in_a_year)
