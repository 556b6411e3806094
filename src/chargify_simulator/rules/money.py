"""What a bill comes to: price, trial, setup fee, less coupons, never below zero."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from chargify_simulator.records import AppliedCoupon, Coupon, PricePoint


@dataclass(frozen=True, slots=True)
class Charge:
    kind: str
    """baseline, trial or initial, as the vendor's line items call them."""
    amount_in_cents: int


@dataclass(frozen=True, slots=True)
class Bill:
    charges: tuple[Charge, ...]
    discounts: tuple[tuple[Coupon, int], ...]
    carried_in_cents: int = 0
    """What coupons that may go below zero leave for later bills."""

    @property
    def subtotal_in_cents(self) -> int:
        return sum(each.amount_in_cents for each in self.charges)

    @property
    def discount_in_cents(self) -> int:
        return sum(cents for _, cents in self.discounts)

    @property
    def total_in_cents(self) -> int:
        return self.subtotal_in_cents - self.discount_in_cents


def signup_charges(price: PricePoint, *, in_trial: bool) -> list[Charge]:
    fee = price.initial_charge_in_cents or 0
    if not in_trial:
        setup = [Charge("initial", fee)] if fee else []
        return [Charge("baseline", price.price_in_cents), *setup]
    charges = [Charge("trial", price.trial_price_in_cents or 0)]
    if fee and not price.initial_charge_after_trial:
        charges.append(Charge("initial", fee))
    return charges


def after_trial_charges(price: PricePoint) -> list[Charge]:
    fee = price.initial_charge_in_cents or 0
    charges = [Charge("baseline", price.price_in_cents)]
    if fee and price.initial_charge_after_trial:
        charges.append(Charge("initial", fee))
    return charges


def bill(charges: Iterable[Charge], coupons: Iterable[Coupon], *, product_id: int) -> Bill:
    """The charges less the coupons that apply to this product.

    Two coupons of 10 % on 100.00: full-price 10.00 + 10.00, compound 10.00 + 9.00. The total is
    never below zero: an amount of 15.00 on 9.00 takes 9.00, and where the coupon allows a negative
    balance 6.00 are carried over.
    """
    lines = tuple(charges)
    full = sum(each.amount_in_cents for each in lines)
    left, carried = full, 0
    discounts: list[tuple[Coupon, int]] = []
    for coupon in coupons:
        if coupon.restricted_product_ids and product_id not in coupon.restricted_product_ids:
            continue
        wanted = _discount(coupon, full=full, left=left)
        cents = min(left, wanted)
        discounts.append((coupon, cents))
        left -= cents
        carried += wanted - cents if coupon.allow_negative_balance else 0
    return Bill(lines, tuple(discounts), carried)


def _discount(coupon: Coupon, *, full: int, left: int) -> int:
    if coupon.percentage is None:
        return coupon.amount_in_cents or 0
    base = full if coupon.compounding_strategy == "full-price" else left
    exact = Decimal(base) * Decimal(coupon.percentage) / 100
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def is_used_up(applied: AppliedCoupon) -> bool:
    return applied.uses_allowed is not None and applied.use_count >= applied.uses_allowed
