"""What can be sold and given: plans, price points, coupons, reason codes."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True)
class Money:
    amount_in_cents: int
    currency: str


class IntervalUnit(StrEnum):
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True)
class Interval:
    """How often a price recurs: every `count` `unit`s."""

    count: int
    unit: IntervalUnit


@dataclass(frozen=True)
class PricePoint:
    """One price of a plan. `external_id` is the billing system's id, as text."""

    external_id: str
    plan_external_id: str
    name: str
    handle: str | None
    price: Money
    interval: Interval
    is_default: bool
    trial_price: Money | None = None
    trial_interval: Interval | None = None
    setup_fee: Money | None = None
    archived_at: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """Something a customer can subscribe to. `family` groups plans that share coupons."""

    external_id: str
    name: str
    handle: str | None
    family_external_id: str
    family_name: str
    price: Money
    interval: Interval
    requires_payment_method: bool
    description: str | None = None
    archived_at: datetime | None = None
    updated_at: datetime | None = None


class CouponDuration(StrEnum):
    ONCE = "once"
    FOREVER = "forever"
    PERIODS = "periods"


@dataclass(frozen=True)
class Coupon:
    """A discount a customer can be given. Exactly one of `amount_off`, `percent_off` is set.

    `plan_external_ids` restricts it to these plans; empty means every plan of its family.
    `ends_at` is the last instant at which it can be added.
    """

    external_id: str
    code: str
    name: str
    family_external_id: str
    duration: CouponDuration
    stackable: bool
    amount_off: Money | None = None
    percent_off: Decimal | None = None
    duration_periods: int | None = None
    description: str | None = None
    plan_external_ids: tuple[str, ...] = ()
    ends_at: datetime | None = None
    conversion_limit: int | None = None
    archived_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True)
class ReasonCode:
    """A reason for a cancellation that the billing system knows."""

    external_id: str
    code: str
    description: str
    position: int = 0


CatalogueItem: TypeAlias = Plan | PricePoint | Coupon | ReasonCode


class ItemKind(StrEnum):
    PLAN = "plan"
    PRICE_POINT = "price_point"
    COUPON = "coupon"
    REASON_CODE = "reason_code"


KIND_OF: dict[type, ItemKind] = {
    Plan: ItemKind.PLAN,
    PricePoint: ItemKind.PRICE_POINT,
    Coupon: ItemKind.COUPON,
    ReasonCode: ItemKind.REASON_CODE,
}
