"""What a signup or a renewal would cost; nothing is stored and no card is needed."""

from datetime import datetime
from typing import cast

from chargify_simulator.eastern import EASTERN, stamp, stamp_utc
from chargify_simulator.fields import JsonObject
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import Product
from chargify_simulator.refusals import errors
from chargify_simulator.routing import Route
from chargify_simulator.rules.calendar import after
from chargify_simulator.rules.coupons import live_coupons
from chargify_simulator.rules.money import Bill, Charge, after_trial_charges, bill
from chargify_simulator.site import Site

from .orders import Order, first_bill, read_order
from .signup import sent_subscription
from .subscriptions import get_subscription


def preview_signup(site: Site, request: Request) -> Answer:
    order = read_order(site, sent_subscription(site, request), is_preview=True)
    price, now = order.price, site.now
    if order.has_trial:
        first_end = after(now, price.trial_interval or 1, price.trial_interval_unit)
    else:
        first_end = order.next_billing_at or after(now, price.interval, price.interval_unit)
    next_end = after(first_end, price.interval, price.interval_unit)
    current = first_bill(site, order) if order.is_charged_now else Bill((), ())
    kind = "trial" if order.has_trial else "recurring"
    manifests = {
        "current_billing_manifest": _manifest(order.product, current, now, first_end, kind),
        "next_billing_manifest": _manifest(
            order.product, _second_bill(order), first_end, next_end, "recurring"
        ),
    }
    return answer({"subscription_preview": manifests})


def _second_bill(order: Order) -> Bill:
    """One-time coupons are gone by then, unless the first bill took nothing."""
    is_used = order.is_charged_now and not order.has_trial
    coupons = [coupon for coupon, _ in order.coupons if coupon.recurring or not is_used]
    price = order.price
    charges = (
        after_trial_charges(price)
        if order.has_trial
        else [Charge("baseline", price.price_in_cents)]
    )
    return bill(charges, coupons, product_id=order.product.id)


def _manifest(
    product: Product, due: Bill, starts_at: datetime, ends_at: datetime, period_type: str
) -> JsonObject:
    return {
        "line_items": _line_items(product, due, starts_at, ends_at),
        "total_in_cents": due.total_in_cents,
        "total_discount_in_cents": due.discount_in_cents,
        "total_tax_in_cents": 0,
        "subtotal_in_cents": due.subtotal_in_cents,
        "start_date": stamp_utc(starts_at),
        "end_date": stamp_utc(ends_at),
        "period_type": period_type,
        "existing_balance_in_cents": 0,
    }


def _line_items(
    product: Product, due: Bill, starts_at: datetime, ends_at: datetime
) -> list[JsonObject]:
    days = " - ".join(f"{each.astimezone(EASTERN):%m/%d/%Y}" for each in (starts_at, ends_at))
    discount_left = due.discount_in_cents
    items: list[JsonObject] = []
    for charge in due.charges:
        discount = min(discount_left, charge.amount_in_cents)
        discount_left -= discount
        item = _line_item("charge", charge.kind, charge.amount_in_cents, f"{product.name} ({days})")
        item |= {
            "discount_amount_in_cents": discount,
            "product_id": product.id,
            "product_handle": product.handle,
            "product_name": product.name,
        }
        items.append(item)
    for coupon, cents in due.discounts:
        memo = f"Coupon: {coupon.code} - {coupon.description}"
        items.append(_line_item("adjustment", "coupon", -cents, memo))
    return items


def _line_item(transaction_type: str, kind: str, amount_in_cents: int, memo: str) -> JsonObject:
    return {
        "transaction_type": transaction_type,
        "kind": kind,
        "amount_in_cents": amount_in_cents,
        "memo": memo,
        "discount_amount_in_cents": 0,
        "taxable_amount_in_cents": 0,
    }


def preview_renewal(site: Site, request: Request) -> Answer:
    subscription = get_subscription(site, request)
    _refuse_components(site, request)
    coupons = live_coupons(site, subscription.coupons)
    charges = [Charge("baseline", subscription.product_price_in_cents)]
    due = bill(charges, coupons, product_id=subscription.product_id)
    starts_at = subscription.current_period_ends_at or site.now
    price = site.price_points[subscription.price_point_id]
    ends_at = after(starts_at, price.interval, price.interval_unit)
    balance = subscription.balance_in_cents
    view: JsonObject = {
        "next_assessment_at": stamp(subscription.next_assessment_at),
        "subtotal_in_cents": due.subtotal_in_cents,
        "total_tax_in_cents": 0,
        "total_discount_in_cents": due.discount_in_cents,
        "total_in_cents": due.total_in_cents,
        "existing_balance_in_cents": balance,
        "total_amount_due_in_cents": due.total_in_cents + balance,
        "uncalculated_taxes": False,
        "line_items": _line_items(site.products[subscription.product_id], due, starts_at, ends_at),
    }
    return answer({"renewal_preview": view})


def _refuse_components(site: Site, request: Request) -> None:
    """The simulated site has none, so every one that is named is unknown."""
    components = request.fields.values.get("components")
    if isinstance(components, list) and components:
        first = cast("list[object]", components)[0]
        number = cast("JsonObject", first).get("component_id") if isinstance(first, dict) else first
        raise errors(site.say("subscription.component_unknown", id=number))


ROUTES = [
    Route("POST", "/subscriptions/preview.json", preview_signup),
    Route("POST", "/subscriptions/{subscription}/renewals/preview.json", preview_renewal),
]
