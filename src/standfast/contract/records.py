"""What a customer has: the mirror of the billing system's customers and subscriptions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from standfast.contract.catalogue import Money


class Standing(StrEnum):
    """What a subscription's state means to us; the vendor's own word stays in `state`."""

    LIVE = "live"
    """Paid up or in trial."""
    PROBLEM = "problem"
    """Still served, payment in doubt."""
    ENDED = "ended"
    """Stopped; it may be brought back."""
    PAUSED = "paused"
    """On hold, expected back."""
    WAITING = "waiting"
    """Created, not begun."""
    UNKNOWN = "unknown"
    """A state we have never heard of."""


@dataclass(frozen=True)
class CustomerRecord:
    """A customer of the site. `reference` is the SaaS's own id for them, if it gave one."""

    external_id: str
    reference: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class BillingRecord:
    """One subscription as the billing system last told it.

    `next_plan_external_id` and `next_price_point_external_id`: what it changes to at its renewal,
    if a change is scheduled. `resumes_at`: when its pause ends by itself.
    """

    external_id: str
    customer_external_id: str
    state: str
    standing: Standing
    plan_external_id: str | None
    plan_name: str | None
    price_point_external_id: str | None
    price: Money | None
    coupon_codes: tuple[str, ...]
    has_payment_method: bool
    ends_at_period_end: bool
    created_at: datetime
    updated_at: datetime
    current_period_ends_at: datetime | None = None
    trial_ends_at: datetime | None = None
    canceled_at: datetime | None = None
    customer_reference: str | None = None
    reference: str | None = None
    next_plan_external_id: str | None = None
    next_price_point_external_id: str | None = None
    resumes_at: datetime | None = None


@dataclass(frozen=True)
class CustomerBilling:
    """Everything about one customer that a decision or an action needs.

    `payment_method_id` is the newest usable payment profile, when the source knows it.
    """

    customer: CustomerRecord
    records: tuple[BillingRecord, ...]
    payment_method_id: str | None = None
    observed_at: datetime | None = None
