"""What time does to subscriptions: it is called before every request and when the clock moves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from chargify_simulator.records import Subscription
from chargify_simulator.site import Site

from .calendar import after
from .cards import charge_problem
from .coupons import count_use, live_coupons
from .money import Charge, after_trial_charges, bill

RETRY_AFTER = timedelta(hours=24)
FAR = datetime.max.replace(tzinfo=UTC)


def let_time_pass(site: Site) -> None:
    """Everything that has become due happens, in order of its date."""
    now = site.now
    if site.next_due_at is not None and now < site.next_due_at:
        return
    while True:
        due_at, subscription = min(
            ((_due_at(each), each) for each in site.subscriptions.values()),
            key=lambda pair: pair[0],
            default=(FAR, None),
        )
        if subscription is None or due_at > now:
            break
        _happen(site, subscription, due_at)
    site.next_due_at = due_at


def _due_at(subscription: Subscription) -> datetime:
    ends_at = subscription.current_period_ends_at or FAR
    if subscription.cancel_at_end_of_period and subscription.state != "canceled":
        return subscription.delayed_cancel_at or ends_at
    match subscription.state:
        case "active":
            return min(ends_at, subscription.expires_at or FAR)
        case "trialing":
            return ends_at
        case "awaiting_signup":
            return subscription.next_assessment_at or FAR
        case _:
            return FAR


def _happen(site: Site, subscription: Subscription, due_at: datetime) -> None:
    _step(subscription, due_at)(site, subscription, due_at)
    site.touch(subscription)
    subscription.updated_at = due_at


def _step(
    subscription: Subscription, due_at: datetime
) -> Callable[[Site, Subscription, datetime], None]:
    if subscription.cancel_at_end_of_period:
        return _cancel
    if subscription.state == "trialing":
        return _end_trial
    if subscription.state == "awaiting_signup":
        return _begin
    if subscription.expires_at and subscription.expires_at <= due_at:
        return _expire
    return _renew


def _cancel(site: Site, subscription: Subscription, due_at: datetime) -> None:
    subscription.state = "canceled"
    subscription.canceled_at = due_at
    subscription.cancellation_method = "merchant_api"
    subscription.reason_code = subscription.reason_code or site.say("cancel.default_reason")
    subscription.cancel_at_end_of_period = False


def _expire(site: Site, subscription: Subscription, due_at: datetime) -> None:
    del site, due_at
    subscription.state = "expired"


def _begin(site: Site, subscription: Subscription, due_at: datetime) -> None:
    subscription.state = "active"
    subscription.activated_at = due_at
    _charge_period(site, subscription, due_at)


def _end_trial(site: Site, subscription: Subscription, due_at: datetime) -> None:
    """Without a card a no-obligation trial ends; otherwise the first period is charged."""
    price = site.price_points[subscription.price_point_id]
    charges = after_trial_charges(price)
    amount = sum(each.amount_in_cents for each in charges)
    has_card = subscription.payment_profile_id is not None
    if not has_card and amount and price.trial_type != "payment_expected":
        subscription.state = "trial_ended"
        return
    subscription.state = "active"
    subscription.activated_at = due_at
    _charge_period(site, subscription, due_at, charges)


def _renew(site: Site, subscription: Subscription, due_at: datetime) -> None:
    _charge_period(site, subscription, due_at)


def _charge_period(
    site: Site,
    subscription: Subscription,
    starts_at: datetime,
    charges: list[Charge] | None = None,
) -> None:
    """One period more. A failed charge leaves the amount owed and the subscription past due."""
    price = site.price_points[subscription.price_point_id]
    ends_at = after(starts_at, price.interval, price.interval_unit)
    subscription.current_period_started_at = starts_at
    subscription.current_period_ends_at = subscription.next_assessment_at = ends_at
    lines = charges or [Charge("baseline", subscription.product_price_in_cents)]
    coupons = live_coupons(site, subscription.coupons)
    amount = bill(lines, coupons, product_id=subscription.product_id).total_in_cents
    count_use(subscription.coupons)
    if subscription.payment_collection_method != "automatic":
        subscription.balance_in_cents += amount
        return
    profile = site.payment_profiles.get(subscription.payment_profile_id or 0)
    if charge_problem(site, profile, amount):
        subscription.state = "past_due"
        subscription.balance_in_cents += amount
        subscription.next_assessment_at = starts_at + RETRY_AFTER
    else:
        subscription.total_revenue_in_cents += amount
