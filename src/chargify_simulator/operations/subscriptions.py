"""Subscriptions: list, read, look up."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

from chargify_simulator.fields import Fields, whole_number
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import AppliedCoupon, Subscription
from chargify_simulator.refusals import not_found
from chargify_simulator.routing import Route
from chargify_simulator.rules.cards import is_expired
from chargify_simulator.rules.coupons import live_coupons
from chargify_simulator.rules.money import Charge, bill
from chargify_simulator.site import Site
from chargify_simulator.subscription_view import subscription_view

from .paging import date_bounds, is_within, page_of

LIVE = {"active", "trialing", "past_due", "unpaid", "soft_failure", "assessing"}
NEVER = datetime.min.replace(tzinfo=UTC)

SORTS: dict[str, Callable[[Subscription], object]] = {
    "signup_date": lambda s: s.created_at,
    "created_at": lambda s: s.created_at,
    "updated_at": lambda s: s.updated_at,
    "period_start": lambda s: s.current_period_started_at or NEVER,
    "period_end": lambda s: s.current_period_ends_at or NEVER,
    "next_assessment": lambda s: s.next_assessment_at or NEVER,
    "expires_at": lambda s: s.expires_at or NEVER,
    "total_payments": lambda s: s.total_revenue_in_cents,
    "open_balance": lambda s: s.balance_in_cents,
    "id": lambda s: s.id,
}

DATE_FIELDS: dict[str, Callable[[Subscription], datetime | None]] = {
    "created_at": lambda s: s.created_at,
    "updated_at": lambda s: s.updated_at,
    "activated_at": lambda s: s.activated_at,
    "canceled_at": lambda s: s.canceled_at,
    "expires_at": lambda s: s.expires_at,
    "trial_started_at": lambda s: s.trial_started_at,
    "trial_ended_at": lambda s: s.trial_ended_at,
    "current_period_starts_at": lambda s: s.current_period_started_at,
    "current_period_ends_at": lambda s: s.current_period_ends_at,
}


def list_subscriptions(site: Site, request: Request) -> Answer:
    """Newest signup first unless sorted otherwise."""
    query = request.query
    if site.rows is not None:
        return Answer(200, site.rows.page(site, query))
    rows = [each for each in site.subscriptions.values() if is_wanted(site, each, query)]
    sort, direction = query.text("sort"), query.text("direction")
    key = SORTS.get(sort or "signup_date", SORTS["signup_date"])
    is_descending = direction == "desc" or (direction is None and sort is None)
    rows.sort(key=lambda s: (key(s), s.id), reverse=is_descending)  # pyright: ignore[reportCallIssue, reportArgumentType]
    tokens = "self_service_page_token" in query.texts("include[]")
    shown = page_of(rows, request)
    return answer(
        [{"subscription": subscription_view(site, s, **_page_token(s, tokens))} for s in shown]
    )


def is_wanted(site: Site, subscription: Subscription, query: Fields) -> bool:
    read_date = DATE_FIELDS.get(query.text("date_field") or "")
    if read_date and not is_within(read_date(subscription), *date_bounds(query)):
        return False
    state = query.text("state")
    if state and not _is_in_state(site, subscription, state):
        return False
    if not _is_on_product(site, subscription, query) or not _is_of_kind(site, subscription, query):
        return False
    numbers = {
        "product_price_point_id": subscription.price_point_id,
        "customer_id": subscription.customer_id,
    }
    if any(query.text(name) and query.integer(name) != own for name, own in numbers.items()):
        return False
    code, coupon_id = query.text("coupon_code"), query.integer("coupon")
    if code and all(each.code != code.upper() for each in subscription.coupons):
        return False
    if coupon_id and all(each.coupon_id != coupon_id for each in subscription.coupons):
        return False
    collection = query.text("collection_method")
    if collection and collection != subscription.payment_collection_method:
        return False
    words = query.text("q")
    return not words or _is_hit(site, subscription, words.lower(), query.text("q_scope"))


def _is_hit(site: Site, subscription: Subscription, words: str, scope: str | None) -> bool:
    """`q` looks for a part of any of these, or of the one that `q_scope` names."""
    customer = site.customers[subscription.customer_id]
    searched = {
        "full_name": f"{customer.first_name} {customer.last_name}",
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "organization": customer.organization,
        "customer_reference": customer.reference,
        "subscription_reference": subscription.reference,
    }
    found = [searched[scope]] if scope in searched else list(searched.values())
    return any(words in (each or "").lower() for each in found)


def _is_on_product(site: Site, subscription: Subscription, query: Fields) -> bool:
    """By id or by exact name, never by handle."""
    wanted = query.text("product")
    if wanted is None or query.integer("product") == subscription.product_id:
        return True
    return wanted == site.products[subscription.product_id].name


def _is_of_kind(site: Site, subscription: Subscription, query: Fields) -> bool:
    """No subscription here is in a group or exempt from dunning, and all are paid in dollars."""
    if query.text("group_status") == "grouped" or query.flag("dunning_exemption"):
        return False
    currencies = query.texts("currencies[]") or query.texts("currencies")
    if currencies and "USD" not in {each.upper() for each in currencies}:
        return False
    gateways = query.texts("payment_gateways[]") or query.texts("payment_gateways")
    profile = site.payment_profiles.get(subscription.payment_profile_id or 0)
    return not gateways or (profile is not None and profile.current_vault in gateways)


def _is_in_state(site: Site, subscription: Subscription, state: str) -> bool:
    """The filter knows a few words that are no states."""
    own = subscription.state
    match state:
        case "pending_cancellation":
            return bool(subscription.cancel_at_end_of_period) and own != "canceled"
        case "expired_cards" | "expired_cards_(live_subscriptions)":
            return own in LIVE and _has_expired_card(site, subscription)
        case "expired_cards_(all_subscriptions)":
            return _has_expired_card(site, subscription)
        case "awaiting_signup_date":
            return own == "awaiting_signup" and subscription.next_assessment_at is not None
        case _:
            return own == state


def _has_expired_card(site: Site, subscription: Subscription) -> bool:
    profile = site.payment_profiles.get(subscription.payment_profile_id or 0)
    return profile is not None and is_expired(site, profile)


def get_subscription(site: Site, request: Request) -> Subscription:
    subscription = site.subscriptions.get(whole_number(request.names["subscription"]) or 0)
    if subscription is None:
        raise not_found()
    return subscription


def full_view(site: Site, subscription: Subscription, **extra: object) -> dict[str, object]:
    """As single reads show it, with the amount of the next bill."""
    amount = next_bill_in_cents(site, subscription)
    return subscription_view(site, subscription, current_billing_amount_in_cents=amount, **extra)


def next_bill_in_cents(site: Site, subscription: Subscription) -> int:
    charges = [Charge("baseline", subscription.product_price_in_cents)]
    coupons = live_coupons(site, subscription.coupons)
    return bill(charges, coupons, product_id=subscription.product_id).total_in_cents


def read(site: Site, request: Request) -> Answer:
    if site.rows is not None and not request.query:
        computed = site.rows.read(whole_number(request.names["subscription"]) or 0)
        if computed is not None:
            return Answer(200, computed)
    subscription = get_subscription(site, request)
    return _shown(site, subscription, request)


def look_up(site: Site, request: Request) -> Answer:
    subscription = site.find_subscription_by_reference(request.query.text("reference") or "")
    if subscription is None:
        raise not_found()
    return _shown(site, subscription, request)


def _shown(site: Site, subscription: Subscription, request: Request) -> Answer:
    included = request.query.texts("include[]") or request.query.texts("include")
    extra = _page_token(subscription, "self_service_page_token" in included)
    if "coupons" in included:
        extra["coupons"] = [_coupon_view(site, each) for each in subscription.coupons]
    return answer({"subscription": full_view(site, subscription, **extra)})


def _coupon_view(site: Site, applied: AppliedCoupon) -> dict[str, object]:
    coupon = site.coupons[applied.coupon_id]
    return {
        "code": applied.code,
        "use_count": applied.use_count,
        "uses_allowed": applied.uses_allowed,
        "expires_at": None,
        "recurring": coupon.recurring,
        "amount_in_cents": coupon.amount_in_cents,
        "percentage": coupon.percentage,
    }


def _page_token(subscription: Subscription, wanted: bool) -> dict[str, object]:
    if not wanted:
        return {}
    digest = hashlib.sha1(f"update_payment--{subscription.id}".encode(), usedforsecurity=False)
    return {"self_service_page_token": digest.hexdigest()[:10]}


ROUTES = [
    Route("GET", "/subscriptions.json", list_subscriptions),
    Route("GET", "/subscriptions/lookup.json", look_up),
    Route("GET", "/subscriptions/{subscription}.json", read),
]
