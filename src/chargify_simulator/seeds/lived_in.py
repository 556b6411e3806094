"""A site that has been used for years: every plan, every state, every kind of card."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

from chargify_simulator.operations.orders import Order
from chargify_simulator.operations.signup import sign_up
from chargify_simulator.records import Customer, PricePoint, Product, ReasonCode, Subscription
from chargify_simulator.rules.calendar import after
from chargify_simulator.site import Site

from .catalogue import REASON_CODES, retire_old_products, sow_catalogue
from .people import CARDS, sow_card, sow_customer

CUSTOMERS = 300
YEARS = timedelta(days=3 * 365)
TWINS = 20
"""Customers with two subscriptions to one plan, every other pair canceled and live."""

STATES = (
    *(["active"] * 20),
    *(["canceled"] * 5),
    *(["trialing"] * 3),
    *(["past_due"] * 2),
    "unpaid",
    "trial_ended",
    "expired",
    "on_hold",
    "awaiting_signup",
    "suspended",
    "soft_failure",
)
RARE_STATES = ("assessing", "pending", "paused")
COUPON_SETS = (["SAVE20"], ["ODD"], ["STACK5", "STACK7"], ["STACKFULL"], ["TENNER"], ["YEAR5"])


def sow_lived_in(site: Site, number: int) -> None:
    chance = Random(number)  # noqa: S311 - the same site for the same number
    today = site.now.replace(minute=0, second=0)
    with on(site, today - YEARS):
        products = sow_catalogue(site)
        sow_reason_codes(site)
    for position in range(1, CUSTOMERS + 1):
        with on(site, today - timedelta(days=chance.randrange(60, 1000))):
            customer = sow_customer(site, chance, position)
        _sow_subscriptions(site, chance, customer, position, products, today)
    with on(site, today - timedelta(days=200)):
        retire_old_products(site, products)
    _sow_referral_code(site)


@contextmanager
def on(site: Site, day: datetime) -> Generator[None]:
    """The clock stands on that day while the site is sown."""
    clock = site.clock
    before = clock.frozen_at, clock.offset
    clock.frozen_at, clock.offset = day, timedelta(0)
    try:
        yield
    finally:
        clock.frozen_at, clock.offset = before


def _sow_referral_code(site: Site) -> None:
    """One customer may send friends."""
    friend = next(iter(site.subscriptions.values()))
    friend.referral_code = "FRIEND"
    site.referral_codes["FRIEND"] = friend.id


def sow_reason_codes(site: Site) -> None:
    for position, (code, description) in enumerate(REASON_CODES, start=1):
        reason = ReasonCode(
            id=site.new_id("reason_codes"),
            code=code,
            description=description,
            position=position,
            created_at=site.now,
            updated_at=site.now,
        )
        site.add(site.reason_codes, reason)


def _sow_subscriptions(
    site: Site,
    chance: Random,
    customer: Customer,
    position: int,
    products: dict[str, Product],
    today: datetime,
) -> None:
    """One each; none for every tenth customer; two to the same plan for some."""
    if position % 10 == 0:
        return
    product = products[chance.choice(sorted(products))]
    state = RARE_STATES[position - 1] if position <= len(RARE_STATES) else chance.choice(STATES)
    card = CARDS[position % len(CARDS)]
    _sow_one(site, chance, customer, product, state, card, today)
    if position % (CUSTOMERS // TWINS) == 1:
        first = "canceled" if position % 2 else "active"
        _sow_one(site, chance, customer, product, first, card, today)
    if position % 12 == 5:
        other = products["backup"]
        _sow_one(site, chance, customer, other, "active", card, today)


def _sow_one(
    site: Site,
    chance: Random,
    customer: Customer,
    product: Product,
    state: str,
    card: str,
    today: datetime,
) -> None:
    age = timedelta(days=chance.randrange(1, 700), seconds=chance.randrange(86_400))
    price = _price(site, chance, product)
    if state == "trialing":
        age = timedelta(days=chance.randrange(1, 10))
    with on(site, today - age):
        profile = next(iter(site.profiles_of(customer.id)), None) or sow_card(site, customer, card)
        codes = chance.choice(COUPON_SETS) if chance.random() < 0.25 else []
        found = [(code, site.find_coupon(code, family_id=product.family_id)) for code in codes]
        order = Order(
            customer=customer,
            product=product,
            price=price,
            profile=profile,
            coupons=[(coupon, code) for code, coupon in found if coupon],
            reference=f"sub-{customer.id}-{product.handle}" if chance.random() < 0.3 else None,
            collection_method="automatic" if profile or not price.price_in_cents else "remittance",
            next_billing_at=None,
            starts_at=None,
            canceled_at=None,
        )
        if order.reference and site.find_subscription_by_reference(order.reference):
            order.reference = None
        subscription = sign_up(site, order, due_in_cents=price.price_in_cents)
    _age(subscription, price, state, today, chance)


def _price(site: Site, chance: Random, product: Product) -> PricePoint:
    points = [each for each in site.price_points_of(product) if not each.archived_at]
    default = site.price_points[product.default_price_point_id]
    return chance.choice(points) if chance.random() < 0.3 else default


def _age(  # noqa: C901 - one arm per state
    subscription: Subscription, price: PricePoint, state: str, today: datetime, chance: Random
) -> None:
    """The dates and flags that a subscription in this state has by today."""
    subscription.state = state
    subscription.expires_at = None
    if state != "trialing" or subscription.trial_ended_at is None:
        _convert(subscription)
    _roll_periods(subscription, price, today)
    started_at = subscription.current_period_started_at or subscription.created_at
    subscription.updated_at = max(subscription.created_at, min(started_at, today))
    match state:
        case "active":
            _maybe_pending(subscription, chance)
        case "trialing" if subscription.trial_ended_at is None:
            subscription.trial_started_at = subscription.created_at
            subscription.trial_ended_at = subscription.current_period_ends_at
            subscription.activated_at = None
        case "canceled":
            subscription.canceled_at = subscription.updated_at
            subscription.cancellation_method = chance.choice(["merchant_api", "merchant_ui"])
            subscription.reason_code = chance.choice([code for code, _ in REASON_CODES])
        case "past_due" | "unpaid" | "soft_failure":
            subscription.balance_in_cents = subscription.product_price_in_cents
            subscription.next_assessment_at = today + timedelta(hours=20)
        case "trial_ended":
            subscription.trial_started_at = subscription.created_at
            subscription.trial_ended_at = subscription.created_at + timedelta(days=14)
            subscription.activated_at = None
        case "expired":
            subscription.expires_at = subscription.updated_at
        case "on_hold":
            subscription.on_hold_at = subscription.updated_at
            if chance.random() < 0.5:
                subscription.automatically_resume_at = today + timedelta(days=30)
        case "awaiting_signup" | "pending":
            subscription.current_period_started_at = subscription.current_period_ends_at = None
            subscription.activated_at = None
            subscription.next_assessment_at = today + timedelta(days=20)
        case _:
            pass


def _convert(subscription: Subscription) -> None:
    """Past its trial, if it had one."""
    subscription.activated_at = subscription.trial_ended_at or subscription.created_at
    if subscription.trial_ended_at:
        subscription.current_period_started_at = subscription.trial_ended_at


def _roll_periods(subscription: Subscription, price: PricePoint, today: datetime) -> None:
    """Forward to the period that today lies in; each one was paid."""
    ends_at = subscription.current_period_ends_at or subscription.created_at
    while ends_at <= today + timedelta(hours=1):
        subscription.current_period_started_at = ends_at
        subscription.total_revenue_in_cents += subscription.product_price_in_cents
        ends_at = after(ends_at, price.interval, price.interval_unit)
    subscription.current_period_ends_at = subscription.next_assessment_at = ends_at


def _maybe_pending(subscription: Subscription, chance: Random) -> None:
    if chance.random() < 0.08:
        subscription.cancel_at_end_of_period = True
        subscription.delayed_cancel_at = subscription.current_period_ends_at
        subscription.cancellation_message = "Pausing for the summer"
    elif chance.random() < 0.1:
        subscription.cancel_at_end_of_period = None
