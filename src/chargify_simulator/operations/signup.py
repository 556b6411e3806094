"""Creating a subscription."""

from datetime import datetime

from chargify_simulator.fields import Fields, JsonObject
from chargify_simulator.http import Answer, Request, answer, not_implemented
from chargify_simulator.maxima import check_maximum
from chargify_simulator.records import Subscription
from chargify_simulator.refusals import errors, field_errors
from chargify_simulator.routing import Route
from chargify_simulator.rules import events
from chargify_simulator.rules.billing import add_credit
from chargify_simulator.rules.calendar import after
from chargify_simulator.rules.cards import charge_problem
from chargify_simulator.rules.coupons import apply, count_use
from chargify_simulator.site import Site
from chargify_simulator.views import customer_view, product_view

from .customers import add_customer
from .orders import Order, first_bill, read_order
from .payment_profiles import add_profile
from .plan_choice import keep_custom
from .subscriptions import full_view

ABSENT = ("components", "offer_id", "group", "metafields", "prepaid_configuration")
"""Options of features that the simulator does not have."""


def create(site: Site, request: Request) -> Answer:
    """All or nothing: when the card is declined there is no customer and no subscription."""
    sent = sent_subscription(site, request)
    if any(sent.values.get(name) for name in ABSENT):
        return not_implemented(request)
    check_maximum(site, "subscriptions")
    order = read_order(site, sent)
    due = first_bill(site, order)
    cents = due.total_in_cents if order.is_charged_now else 0
    _check_payment(site, order, cents)
    is_new_customer = not order.customer.id
    subscription = sign_up(site, order, due_in_cents=cents)
    if order.is_charged_now:
        add_credit(subscription, due.carried_in_cents)
    _tell(site, order, subscription, is_new_customer=is_new_customer)
    location = f"/subscriptions/{subscription.id}"
    return answer({"subscription": full_view(site, subscription)}, 201, location=location)


def _tell(site: Site, order: Order, subscription: Subscription, *, is_new_customer: bool) -> None:
    if is_new_customer:
        events.customer_created(site, order.customer)
    if order.waits:
        return
    events.signed_up(site, subscription)
    if order.next_billing_at:
        events.billing_date_changed(site, subscription, None)
    if subscription.total_revenue_in_cents:
        events.paid(site, subscription, subscription.total_revenue_in_cents)


def sent_subscription(site: Site, request: Request) -> Fields:
    sent = request.fields.nested("subscription")
    if sent is None:
        raise field_errors(subscription=site.say("root.blank"))
    return sent


def _check_payment(site: Site, order: Order, due_in_cents: int) -> None:
    if order.collection_method != "automatic" or order.canceled_at:
        return
    if order.profile is None and order.product.require_credit_card and not order.waits:
        raise errors(site.say("profile.required"))
    problem = charge_problem(site, order.profile, due_in_cents)
    if problem:
        if order.profile:
            _tell_failure(site, order)
        raise errors(problem)


def _tell_failure(site: Site, order: Order) -> None:
    """For a gateway's refusal, not for input errors."""
    view: JsonObject = {
        "id": None,
        "state": "failed_to_create",
        "previous_state": "failed_to_create",
        "created_at": site.now,
        "customer": customer_view(order.customer),
        "product": product_view(site, order.product, order.price),
    }
    name = events.full_name(order.customer)
    events.signup_failed(site, name, order.product.name, lambda: {"subscription": view})


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
        charged_in_cents=due_in_cents,
        period_paid_in_cents=due_in_cents,
        bills=int(order.is_charged_now),
        total_revenue_in_cents=due_in_cents if is_paid else 0,
        signup_revenue_in_cents=due_in_cents if is_paid else 0,
        signup_payment_id=site.new_id("payments"),
        created_at=now,
        updated_at=now,
    )
    subscription.price_point_id = keep_custom(site, subscription, order.price).id
    _start(subscription, order, now)
    order.terms.write_on(subscription)
    if due_in_cents or (order.is_charged_now and not order.has_trial):
        count_use(applied)
    return site.add(site.subscriptions, subscription)


def _start(subscription: Subscription, order: Order, now: datetime) -> None:
    """State and dates: waiting, imported, in a trial or simply active."""
    price = order.price
    if order.waits:
        subscription.state = "awaiting_signup"
        subscription.next_assessment_at = order.starts_at
        return
    subscription.current_period_started_at = order.terms.previous_billing_at or now
    if order.has_trial:
        ends_at = after(now, price.trial_interval or 1, price.trial_interval_unit)
        subscription.state = "trialing"
        subscription.trial_started_at, subscription.trial_ended_at = now, ends_at
    else:
        ends_at = order.next_billing_at or order.terms.period_end(price, now)
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
