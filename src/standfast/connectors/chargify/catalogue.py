"""What a Chargify site sells: products and price points, coupons, reason codes.

A coupon and a reason code are known to the rest of the product by their *code*, since that is
what Chargify's actions take; plans and price points by their id. A changed code so retires the
old item, and prompts that name it are told.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from standfast.connectors.chargify import models
from standfast.connectors.chargify.errors import ensure_read
from standfast.connectors.chargify.models import OnBadRow, instant, rows
from standfast.connectors.chargify.paging import pages
from standfast.contract.catalogue import (
    CatalogueItem,
    Coupon,
    CouponDuration,
    Interval,
    IntervalUnit,
    Money,
    Plan,
    PricePoint,
    ReasonCode,
)
from standfast.contract.transport import Call, Method, Transport

_DURATIONS = {
    "do_not_recur": CouponDuration.ONCE,
    "recur_indefinitely": CouponDuration.FOREVER,
    "recur_with_duration": CouponDuration.PERIODS,
}


class NotUsable(ValueError):
    """A catalogue row lacks what an offer needs."""


def read_site(transport: Transport) -> models.Site:
    answer = ensure_read(transport.send(Call(Method.GET, "/site.json")))
    return models.read_as(answer.body, models.SiteBody).site


def catalogue(transport: Transport, on_bad_row: OnBadRow) -> Iterator[CatalogueItem]:
    """Everything in the site's currency, archived items included."""
    currency = read_site(transport).currency
    yield from _plans(transport, currency, on_bad_row)
    yield from _price_points(transport, currency, on_bad_row)
    yield from _coupons(transport, currency, on_bad_row)
    yield from _reason_codes(transport, on_bad_row)


def _plans(transport: Transport, currency: str, on_bad_row: OnBadRow) -> Iterator[Plan]:
    for page in pages(transport, "/products.json", (("include_archived", "true"),)):
        for row in rows(page, models.ProductBody, on_bad_row):
            try:
                yield plan(row.product, currency)
            except ValueError as problem:
                on_bad_row("Product", f"{row.product.id}: {problem}")


def plan(product: models.Product, currency: str) -> Plan:
    """Raises `ValueError` when the product cannot be offered."""
    if product.product_family is None or product.price_in_cents is None:
        raise NotUsable("no family or no price")
    return Plan(
        external_id=str(product.id),
        name=product.name,
        handle=product.handle,
        family_external_id=str(product.product_family.id),
        family_name=product.product_family.name,
        price=Money(product.price_in_cents, currency),
        interval=_interval(product.interval, product.interval_unit),
        requires_payment_method=bool(product.require_credit_card),
        description=product.description or None,
        archived_at=instant(product.archived_at),
        updated_at=instant(product.updated_at),
    )


def _price_points(
    transport: Transport, currency: str, on_bad_row: OnBadRow
) -> Iterator[PricePoint]:
    """One walk over the site's. Custom ones belong to one subscription and are left out."""
    for page in pages(transport, "/products_price_points.json", (("direction", "asc"),)):
        for row in rows(page, models.PricePoint, on_bad_row):
            if row.type == "custom":
                continue
            try:
                yield _price_point(row, currency)
            except ValueError as problem:
                on_bad_row("PricePoint", f"{row.id}: {problem}")


def _price_point(row: models.PricePoint, currency: str) -> PricePoint:
    has_trial = bool(row.trial_interval)
    return PricePoint(
        external_id=str(row.id),
        plan_external_id=str(row.product_id),
        name=row.name,
        handle=row.handle,
        price=Money(row.price_in_cents, currency),
        interval=_interval(row.interval, row.interval_unit),
        is_default=row.type == "default",
        trial_price=Money(row.trial_price_in_cents or 0, currency) if has_trial else None,
        trial_interval=(
            _interval(row.trial_interval, row.trial_interval_unit) if has_trial else None
        ),
        setup_fee=(
            Money(row.initial_charge_in_cents, currency) if row.initial_charge_in_cents else None
        ),
        archived_at=instant(row.archived_at),
    )


def _interval(count: int | None, unit: str | None) -> Interval:
    if not count:
        raise NotUsable("no interval")
    return Interval(count, IntervalUnit(unit or "month"))


def _coupons(transport: Transport, currency: str, on_bad_row: OnBadRow) -> Iterator[Coupon]:
    """Each code once: one in use counts before an archived one of the same code."""
    found: dict[str, Coupon] = {}
    for page in pages(transport, "/coupons.json", (("filter[include_archived]", "true"),)):
        for row in rows(page, models.CouponBody, on_bad_row):
            try:
                read = _coupon(row.coupon, currency)
            except ValueError as problem:
                on_bad_row("Coupon", f"{row.coupon.id}: {problem}")
                continue
            if read.external_id not in found or read.archived_at is None:
                found[read.external_id] = read
    yield from found.values()


def _coupon(row: models.Coupon, currency: str) -> Coupon:
    percent = _percent(row)
    if percent is None and row.amount_in_cents is None:
        raise NotUsable("neither an amount nor a percentage")
    restrictions = row.coupon_restrictions or []
    return Coupon(
        external_id=row.code.upper(),
        code=row.code.upper(),
        name=row.name,
        family_external_id=str(row.product_family_id),
        duration=_duration(row),
        stackable=bool(row.stackable),
        amount_off=None if percent is not None else Money(row.amount_in_cents or 0, currency),
        percent_off=percent,
        duration_periods=row.duration_period_count or row.duration_interval,
        description=row.description or None,
        plan_external_ids=tuple(
            str(one.item_id) for one in restrictions if one.item_type == "Product"
        ),
        ends_at=instant(row.end_date),
        conversion_limit=_limit(row),
        archived_at=instant(row.archived_at),
        updated_at=instant(row.updated_at),
    )


def _percent(row: models.Coupon) -> Decimal | None:
    try:
        return None if row.percentage is None else Decimal(str(row.percentage))
    except InvalidOperation as error:
        raise NotUsable("a percentage that is no number") from error


def _duration(row: models.Coupon) -> CouponDuration:
    if row.recurring_scheme in _DURATIONS:
        return _DURATIONS[row.recurring_scheme]
    return CouponDuration.FOREVER if row.recurring else CouponDuration.ONCE


def _limit(row: models.Coupon) -> int | None:
    """Chargify tells it as text or null."""
    text = str(row.conversion_limit or "")
    return int(text) if text.isdecimal() else None


def _reason_codes(transport: Transport, on_bad_row: OnBadRow) -> Iterator[ReasonCode]:
    for page in pages(transport, "/reason_codes.json"):
        for row in rows(page, models.ReasonCodeBody, on_bad_row):
            code = row.reason_code
            yield ReasonCode(code.code, code.code, code.description or "", code.position or 0)
