"""Creating a subscription."""

import uuid
from datetime import datetime

from chargify_simulator.fields import Fields
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import Subscription
from chargify_simulator.refusals import errors, field_errors
from chargify_simulator.routing import Route
from chargify_simulator.rules.calendar import after
from chargify_simulator.rules.cards import charge_problem
from chargify_simulator.rules.coupons import apply, count_use
from chargify_simulator.site import Site

from .customers import add_customer
from .orders import Order, first_bill, read_order
from .payment_profiles import add_profile
from .subscriptions import full_view


def create(site: Site, request: Request) -> Answer:
    """All or nothing: when the card is declined there is no customer and no subscription."""
    order = read_order(site, sent_subscription(site, request))
    due = first_bill(order).total_in_cents if order.is_charged_now else 0
    _check_payment(site, order, due)
    subscription = sign_up(site, order, due_in_cents=due)
    location = f"/subscriptions/{subscription.id}"
    return answer({"subscription": full_view(site, subscription)}, 201, location=location)


def sent_subscription(site: Site, request: Request) -> Fields:
    sent = request.fields.nested("subscription")
    if sent is None:
        raise field_errors(subscription=site.say("root.blank"))
    return sent


def _check_payment(site: Site, order: Order, due_in_cents: int) -> None:
    if order.collection_method != "automatic" or order.canceled_at:
        return
    if order.profile is None and order.product.require_credit_card:
        raise errors(site.say("profile.required"))
    problem = charge_problem(site, order.profile, due_in_cents)
    if problem:
        raise errors(problem)


def sign_up(site: Site, order: Order, *, due_in_cents: int) -> Subscription:
    """Write a checked order down; seeding comes this way too."""
    if not order.customer.id:
        add_customer(site, order.customer)
    if order.profile and not order.profile.id:
        order.profile.customer_id = order.customer.id
        add_profile(site, order.profile)
    applied = [apply(coupon, code) for coupon, code in order.coupons]
    is_paid = order.collection_method == "automatic"
    now = site.now
    subscription = Subscription(
        id=site.new_id("subscriptions"),
        state="active",
        customer_id=order.customer.id,
        product_id=order.product.id,
        price_point_id=order.price.id,
        product_price_in_cents=order.price.price_in_cents,
        product_version_number=order.product.version_number,
        payment_profile_id=order.profile.id if order.profile else None,
        payment_collection_method=order.collection_method,
        reference=order.reference,
        coupons=applied,
        balance_in_cents=0 if is_paid else due_in_cents,
        total_revenue_in_cents=due_in_cents if is_paid else 0,
        signup_revenue_in_cents=due_in_cents if is_paid else 0,
        signup_payment_id=site.new_id("payments"),
        created_at=now,
        updated_at=now,
    )
    if not order.price.id:
        order.price.id = subscription.price_point_id = site.new_id("price_points")
        order.price.handle = f"uuid:{uuid.uuid5(uuid.NAMESPACE_OID, str(order.price.id))}"
        order.price.subscription_id = subscription.id
        site.add(site.price_points, order.price)
    _start(subscription, order, now)
    if due_in_cents or (order.is_charged_now and not order.has_trial):
        count_use(applied)
    return site.add(site.subscriptions, subscription)


def _start(subscription: Subscription, order: Order, now: datetime) -> None:
    """State and dates: waiting, imported, in a trial or simply active."""
    price = order.price
    subscription.current_period_started_at = now
    if order.starts_at:
        subscription.state = "awaiting_signup"
        subscription.current_period_started_at = None
        subscription.next_assessment_at = order.starts_at
        return
    if order.has_trial:
        ends_at = after(now, price.trial_interval or 1, price.trial_interval_unit)
        subscription.state = "trialing"
        subscription.trial_started_at, subscription.trial_ended_at = now, ends_at
    else:
        ends_at = order.next_billing_at or after(now, price.interval, price.interval_unit)
        subscription.activated_at = now
    subscription.current_period_ends_at = subscription.next_assessment_at = ends_at
    if price.expiration_interval and price.expiration_interval_unit != "never":
        subscription.expires_at = after(
            now, price.expiration_interval, price.expiration_interval_unit
        )
    if order.canceled_at:
        subscription.state = "canceled"
        subscription.canceled_at = order.canceled_at
        subscription.cancellation_method = "imported"


ROUTES = [Route("POST", "/subscriptions.json", create)]
