"""What Chargify computes of a price when asked: its three previews, and the rules of coupons.

Every call here computes and changes nothing.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeVar
from urllib.parse import quote

import msgspec

from standfast.connectors.chargify.catalogue import read_site
from standfast.connectors.chargify.errors import ensure_read, is_missing, outcome_of
from standfast.connectors.chargify.models import (
    Coupon,
    CouponBody,
    ProductBody,
    Subscription,
    instant,
    read_as,
)
from standfast.connectors.chargify.writing import Job
from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.catalogue import Money
from standfast.contract.transport import Call, Method, Transport

_A_MOMENT = timedelta(minutes=1)

T = TypeVar("T")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One bill of a signup preview."""

    total_in_cents: int
    start_date: str | None = None
    end_date: str | None = None


class Signup(msgspec.Struct, frozen=True, kw_only=True):
    current_billing_manifest: Manifest
    next_billing_manifest: Manifest | None = None


class SignupBody(msgspec.Struct, frozen=True):
    subscription_preview: Signup


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """A negative sum "goes to credit_applied_in_cents and payment_due is 0"."""

    payment_due_in_cents: int
    charge_in_cents: int = 0
    prorated_adjustment_in_cents: int = 0

    def bounds(self, *, keeps_dates: bool) -> tuple[int, int]:
        """The least and the most that is due at any second near to this one.

        With the dates kept, charge and adjustment are parts of a period, each rounded for itself:
        as both shrink, their sum may swing by a cent.
        """
        if not (keeps_dates and self.charge_in_cents and self.prorated_adjustment_in_cents):
            return self.payment_due_in_cents, self.payment_due_in_cents
        exact = self.charge_in_cents + self.prorated_adjustment_in_cents
        return max(exact - 1, 0), max(exact + 1, 0)


class MigrationBody(msgspec.Struct, frozen=True):
    migration: Migration


class Renewal(msgspec.Struct, frozen=True, kw_only=True):
    """`total_amount_due_in_cents` is the total and the balance that is open already."""

    subtotal_in_cents: int
    total_in_cents: int
    total_amount_due_in_cents: int
    total_discount_in_cents: int = 0
    next_assessment_at: str | None = None
    uncalculated_taxes: bool = False


class RenewalBody(msgspec.Struct, frozen=True):
    renewal_preview: Renewal


class AppliedCoupon(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon as a subscription has it. `uses_allowed` null: unlimited."""

    code: str
    use_count: int | None = None
    uses_allowed: int | None = None
    amount_in_cents: int | None = None
    percentage: str | float | None = None

    @property
    def is_used_up(self) -> bool:
        return self.uses_allowed is not None and (self.use_count or 0) >= self.uses_allowed


class WithCoupons(msgspec.Struct, frozen=True, kw_only=True):
    coupons: list[AppliedCoupon] = msgspec.field(default_factory=list[AppliedCoupon])


class WithCouponsBody(msgspec.Struct, frozen=True):
    subscription: WithCoupons


@dataclass(frozen=True)
class Charge:
    """A charge to come. `subtotal` and `discount` are parts of `cents`, before tax and balance."""

    cents: int
    at: datetime | None
    is_estimate: bool = False
    subtotal: int = 0
    discount: int = 0


@dataclass(frozen=True)
class Discount:
    """A coupon's rule: an amount, or else a percentage."""

    cents: int | None = None
    percent: Decimal = Decimal(0)

    def of(self, cents: int) -> int:
        """Half a cent is rounded up; it takes off no more than there is."""
        if self.cents is not None:
            return min(self.cents, cents)
        exact = Decimal(cents) * self.percent / 100
        return min(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), cents)


def currency_of(transport: Transport, subscription: Subscription | None = None) -> str:
    """The subscription's own; a new one is in the site's."""
    if subscription is not None and subscription.currency:
        return subscription.currency
    return read_site(transport).currency


def signup(job: Job, wanted: Mapping[str, object]) -> Signup | Refused:
    found = _computed(job, "/subscriptions/preview.json", {"subscription": wanted}, SignupBody)
    return found if isinstance(found, Refused) else found.subscription_preview


def renewal(job: Job, subscription: Subscription) -> Charge:
    """The next charge with the open balance; estimated where Chargify does not tell it.

    For one that ended, or is about to change its plan, the sources do not say what is previewed.
    """
    path = f"/subscriptions/{subscription.id}/renewals/preview.json"
    at = instant(subscription.current_period_ends_at)
    found = _computed(job, path, {}, RenewalBody)
    if isinstance(found, Refused):
        price = subscription.product_price_in_cents or 0
        return Charge(price, at, is_estimate=True, subtotal=price)
    told = found.renewal_preview
    return Charge(
        told.total_amount_due_in_cents,
        instant(told.next_assessment_at) or at,
        is_estimate=told.uncalculated_taxes
        or subscription.next_product_id is not None
        or bool(subscription.credit_balance_in_cents),
        subtotal=told.subtotal_in_cents,
        discount=told.total_discount_in_cents,
    )


def period(job: Job, subscription: Subscription) -> Charge:
    """What one period costs, without the open balance."""
    told = renewal(job, subscription)
    cents = told.cents - max(subscription.balance_in_cents or 0, 0)
    is_estimate = told.is_estimate or bool(subscription.coupons)
    return Charge(max(cents, 0), told.at, is_estimate, told.subtotal, told.discount)


def migration(
    job: Job, subscription: Subscription, to: Mapping[str, object], at: datetime | None = None
) -> Migration | Refused:
    """A change of plan `at` an instant of the running period, else now."""
    path = f"/subscriptions/{subscription.id}/migrations/preview.json"
    when = {} if at is None else {"proration_date": at.isoformat()}
    found = _computed(job, path, {"migration": {**to, **when}}, MigrationBody)
    return found if isinstance(found, Refused) else found.migration


def price_of_plan(
    job: Job, subscription: Subscription, to: Mapping[str, object], at: datetime | None
) -> Charge | Refused:
    """What the plan costs this customer at a renewal; `at` None: one period from now.

    A signup that is first billed later: "no trial, no initial charge, no payment now". Its next
    bill is an ordinary renewal, with the customer's taxes.
    """
    now = job.order.clicked_at
    first = at if at is not None or now is None else now + _A_MOMENT
    if first is None:
        return Refused(RefusalReason.OTHER, "From when the plan would be charged is not known.")
    kept = {key: to[key] for key in ("product_id", "product_price_point_id") if key in to}
    customer = {"customer_id": job.account.customer.id, "next_billing_at": first.isoformat()}
    found = signup(job, {**kept, **customer})
    if isinstance(found, Refused):
        return found
    then = found.next_billing_manifest
    if then is None:
        return Refused(RefusalReason.OTHER, "Chargify does not tell the plan's next bill.")
    kept_rules = rules(job, subscription) if _keeps_coupons(job, subscription, to) else []
    off = taken_off(then.total_in_cents, kept_rules)
    return Charge(
        then.total_in_cents - off,
        at or instant(then.end_date),
        is_estimate=bool(subscription.coupons or subscription.credit_balance_in_cents),
    )


def _keeps_coupons(job: Job, subscription: Subscription, to: Mapping[str, object]) -> bool:
    """With a migration "to another family: components and coupons do not move"."""
    if not subscription.coupons:
        return False
    if "preserve_period" not in to:
        return True
    path = f"/products/{quote(str(to['product_id']), safe='')}.json"
    answer = ensure_read(job.transport.send(Call(Method.GET, path)))
    family = read_as(answer.body, ProductBody).product.product_family
    own = None if subscription.product is None else subscription.product.product_family
    return family is not None and own is not None and family.id == own.id


def rule_of(job: Job, subscription: Subscription, code: str) -> Discount | Refused:
    """What a code takes off this subscription; nothing where it is restricted to other plans."""
    answer = job.transport.send(Call(Method.GET, "/coupons/find.json", (("code", code),)))
    if is_missing(answer):
        text = f"Chargify has no coupon {code}. Pick another in the prompt."
        return Refused(RefusalReason.COUPON_UNKNOWN, text)
    coupon = read_as(ensure_read(answer).body, CouponBody).coupon
    if not _counts_for(coupon, subscription.plan_id):
        return Discount(cents=0)
    return _discount(coupon.amount_in_cents, coupon.percentage)


def taken_off(cents: int, discounts: Iterable[Discount]) -> int:
    """Each takes off what is left by those before it."""
    left = cents
    for one in discounts:
        left -= one.of(left)
    return cents - left


def rules(job: Job, subscription: Subscription, *, but: str | None = None) -> list[Discount]:
    """Of the coupons on it that have uses left, but for one."""
    path = f"/subscriptions/{subscription.id}.json"
    answer = job.transport.send(Call(Method.GET, path, (("include[]", "coupons"),)))
    there = read_as(ensure_read(answer).body, WithCouponsBody).subscription.coupons
    return [
        _discount(one.amount_in_cents, one.percentage)
        for one in there
        if not one.is_used_up and one.code.upper() != (but or "").upper()
    ]


def _counts_for(coupon: Coupon, plan: str | None) -> bool:
    barred = coupon.coupon_restrictions or []
    plans = {str(one.item_id) for one in barred if one.item_type == "Product"}
    return not plans or plan in plans


def _discount(cents: int | None, percentage: str | float | None) -> Discount:
    if cents is not None:
        return Discount(cents=cents)
    try:
        return Discount(percent=Decimal(str(percentage or 0)))
    except InvalidOperation:
        return Discount(cents=0)


def after(at: datetime, subscription: Subscription) -> datetime | None:
    """One period later: "same day next month, end-of-month clamps"."""
    product = subscription.product
    if product is None or not product.interval:
        return None
    if product.interval_unit == "day":
        return at + timedelta(days=product.interval)
    years, month = divmod(at.month - 1 + product.interval, 12)
    year, month = at.year + years, month + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def money(cents: int, currency: str) -> Money:
    return Money(max(cents, 0), currency)


def _computed(job: Job, path: str, body: Mapping[str, object], kind: type[T]) -> T | Refused:
    """A preview's answer, or why Chargify refuses it. Raises `CallFailed`."""
    call = Call(Method.POST, path, json=body, changes_nothing=True)
    answer = job.transport.send(call)
    if answer.status != 422:
        return read_as(ensure_read(answer).body, kind)
    outcome = outcome_of(answer)
    if isinstance(outcome, Refused):
        return outcome
    text = getattr(outcome, "message", "Chargify cannot tell the price of this now.")
    return Refused(RefusalReason.OTHER, text)
