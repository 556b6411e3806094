"""Chargify's resources as far as we read them, decoded with tolerance.

"Optional attributes can be absent, not only null. Unknown new attributes appear without notice;
ids may stop being integers." (the vendor's developer portal, error handling and versioning,
read 2026-11-23). So every field that can be missing has a default, unknown ones are ignored and
ids are text or number. Instants stay text until `records` and `catalogue` read them.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import msgspec
import structlog

from standfast.contract.errors import CallRefused

_log = structlog.stdlib.get_logger(__name__)

Id: TypeAlias = int | str
T = TypeVar("T")


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """Something with an id."""

    id: Id


class Site(msgspec.Struct, frozen=True, kw_only=True):
    id: Id = 0
    name: str = ""
    subdomain: str = ""
    currency: str
    test: bool = False


class ProductFamily(msgspec.Struct, frozen=True, kw_only=True):
    id: Id
    name: str = ""


class Product(Resource, frozen=True, kw_only=True):
    name: str = ""
    handle: str | None = None
    description: str | None = None
    price_in_cents: int | None = None
    interval: int | None = None
    interval_unit: str | None = None
    require_credit_card: bool | None = None
    archived_at: str | None = None
    updated_at: str | None = None
    product_family: ProductFamily | None = None
    default_product_price_point_id: Id | None = None


class PricePoint(Resource, frozen=True, kw_only=True):
    product_id: Id
    name: str = ""
    handle: str | None = None
    type: str | None = None
    price_in_cents: int
    interval: int
    interval_unit: str
    trial_price_in_cents: int | None = None
    trial_interval: int | None = None
    trial_interval_unit: str | None = None
    initial_charge_in_cents: int | None = None
    archived_at: str | None = None


class Restriction(msgspec.Struct, frozen=True, kw_only=True):
    item_type: str = ""
    item_id: Id = 0


class Coupon(Resource, frozen=True, kw_only=True):
    code: str
    name: str = ""
    description: str | None = None
    product_family_id: Id
    amount_in_cents: int | None = None
    percentage: str | float | None = None
    recurring: bool | None = None
    recurring_scheme: str | None = None
    duration_period_count: int | None = None
    duration_interval: int | None = None
    stackable: bool | None = None
    end_date: str | None = None
    conversion_limit: int | str | None = None
    archived_at: str | None = None
    updated_at: str | None = None
    coupon_restrictions: list[Restriction] | None = None


class ReasonCode(Resource, frozen=True, kw_only=True):
    code: str
    description: str | None = None
    position: int | None = None


class Customer(Resource, frozen=True, kw_only=True):
    reference: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    primary: bool | None = None


class OnFile(msgspec.Struct, frozen=True, kw_only=True):
    """That a subscription has a card or a bank account; nothing of it is read."""

    id: Id | None = None


class Subscription(Resource, frozen=True, kw_only=True):
    state: str
    product: Product | None = None
    customer: Customer | None = None
    product_price_point_id: Id | None = None
    product_price_in_cents: int | None = None
    currency: str | None = None
    coupon_code: str | None = None
    coupon_codes: list[str] | None = None
    credit_card: OnFile | None = None
    bank_account: OnFile | None = None
    cancel_at_end_of_period: bool | None = None
    reference: str | None = None
    group: Group | None = None
    created_at: str | None = None
    updated_at: str | None = None
    current_period_ends_at: str | None = None
    trial_ended_at: str | None = None
    canceled_at: str | None = None
    next_product_id: Id | None = None
    next_product_price_point_id: Id | None = None
    automatically_resume_at: str | None = None
    reason_code: str | None = None
    balance_in_cents: int | None = None
    total_revenue_in_cents: int | None = None
    credit_balance_in_cents: int | None = None

    @property
    def coupons(self) -> tuple[str, ...]:
        """The codes on it, upper case: "match case-insensitively by upper-casing"."""
        codes = list(self.coupon_codes or [])
        if self.coupon_code is not None and not codes:
            codes.append(self.coupon_code)
        return tuple(dict.fromkeys(code.upper() for code in codes))

    @property
    def plan_id(self) -> str | None:
        return None if self.product is None else str(self.product.id)

    @property
    def label(self) -> str:
        """How we name it to an operator."""
        plan = "a plan we cannot see" if self.product is None else self.product.name
        return f"{self.id} ({plan}, {self.state})"


class PaymentProfile(Resource, frozen=True, kw_only=True):
    customer_id: Id | None = None
    disabled: bool | None = None
    verified: bool | None = None
    payment_type: str | None = None
    expiration_month: int | str | None = None
    expiration_year: int | str | None = None
    created_at: str | None = None


class PortalLink(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    new_link_available_at: str | None = None


class SiteBody(msgspec.Struct, frozen=True):
    site: Site


class CustomerBody(msgspec.Struct, frozen=True):
    customer: Customer


class SubscriptionBody(msgspec.Struct, frozen=True):
    subscription: Subscription


class ProductBody(msgspec.Struct, frozen=True):
    product: Product


class CouponBody(msgspec.Struct, frozen=True):
    coupon: Coupon


class ReasonCodeBody(msgspec.Struct, frozen=True):
    reason_code: ReasonCode


class PaymentProfileBody(msgspec.Struct, frozen=True):
    payment_profile: PaymentProfile


class PricePointsBody(msgspec.Struct, frozen=True):
    price_points: list[msgspec.Raw]


def decoded(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Raises `msgspec.DecodeError` (also for a body of the wrong shape)."""
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(str(error)) from error


def read_as(body: bytes, kind: type[T]) -> T:
    """The body of a successful read. Raises `CallRefused` when it is not what we asked for."""
    try:
        return decoded(body, kind)
    except msgspec.DecodeError as error:
        raise CallRefused(200, f"Chargify answered something we cannot read: {error}") from error


OnBadRow: TypeAlias = Callable[[str, str], None]


def log_bad_row(kind: str, problem: str) -> None:
    """A row nobody can read is skipped and told; it never fails its page."""
    _log.warning("chargify.row_skipped", kind=kind, problem=problem)


def rows(raw: list[msgspec.Raw], kind: type[T], on_bad_row: OnBadRow) -> Iterator[T]:
    """Each row that can be read. "One bad row must never fail a page" (a lesson of the SDKs)."""
    for one in raw:
        try:
            yield decoded(one, kind)
        except msgspec.DecodeError as error:
            on_bad_row(kind.__name__.removesuffix("Body"), str(error))


def instant(text: str | None) -> datetime | None:
    """An instant in UTC, whatever the offset it was told with; None when it cannot be read."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # in UTC it would be in the year 0 or 10000
        return None


def json_of(body: bytes) -> Any:
    """Whatever JSON the body holds, or None: error bodies are JSON, text, HTML or one space."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
