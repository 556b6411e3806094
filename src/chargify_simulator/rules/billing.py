"""Charges, credits and payments of one subscription.

At all times `charged - revenue - forgiven = balance - credit`, in whole cents.
"""

from collections.abc import Iterable
from datetime import datetime

from chargify_simulator.records import PricePoint, Subscription
from chargify_simulator.site import Site
from chargify_simulator.states import State, Tick, Yes, known_state, leads_to

from . import events
from .calendar import after, next_snap_day
from .cards import charge_problem
from .coupons import count_use, live_coupons
from .money import Bill, Charge, bill


class IllegalMove(Exception):
    """The table of states knows no such move: a mistake in the simulator."""


def enter(site: Site, subscription: Subscription, state: State, by: Yes | Tick) -> None:
    """Go where the table allows, and tell."""
    previous = subscription.state
    if state not in leads_to(by, known_state(subscription)):
        raise IllegalMove(f"{previous} -> {state} by {by}")
    if previous == state:
        return
    subscription.state = state
    events.state_changed(site, subscription, previous)


def price_of(site: Site, subscription: Subscription) -> PricePoint:
    return site.price_points[subscription.price_point_id]


def period_end(price: PricePoint, starts_at: datetime, snap_day: str | None) -> datetime:
    if snap_day and price.interval_unit == "month":
        return next_snap_day(starts_at, snap_day, price.interval)
    return after(starts_at, price.interval, price.interval_unit)


def start_period(site: Site, subscription: Subscription, starts_at: datetime) -> None:
    ends_at = period_end(price_of(site, subscription), starts_at, subscription.snap_day)
    subscription.current_period_started_at = starts_at
    subscription.current_period_ends_at = subscription.next_assessment_at = ends_at


def period_charges(subscription: Subscription) -> list[Charge]:
    return [Charge("baseline", subscription.product_price_in_cents)]


def draw_bill(site: Site, subscription: Subscription, charges: Iterable[Charge]) -> Bill:
    """The charges less the coupons that still have uses left."""
    coupons = live_coupons(site, subscription.coupons)
    return bill(charges, coupons, product_id=subscription.product_id)


def due_now(subscription: Subscription, amount_in_cents: int, *, uses_credit: bool = True) -> int:
    """What a payment would have to cover when this much were charged on top."""
    owed = subscription.balance_in_cents + amount_in_cents
    credit = subscription.credit_balance_in_cents if uses_credit else 0
    return max(owed - credit, 0)


def add_bill(subscription: Subscription, due: Bill, *, uses_credit: bool = True) -> None:
    """Owe the bill; coupons are used, a leftover that may go below zero becomes credit."""
    count_use(subscription.coupons)
    subscription.bills += 1
    subscription.period_paid_in_cents = due.total_in_cents
    add_charge(subscription, due.total_in_cents)
    add_credit(subscription, due.carried_in_cents)
    if uses_credit:
        use_credit(subscription)


def add_charge(subscription: Subscription, cents: int) -> None:
    subscription.balance_in_cents += cents
    subscription.charged_in_cents += cents


def add_credit(subscription: Subscription, cents: int) -> None:
    subscription.credit_balance_in_cents += cents
    subscription.charged_in_cents -= cents


def use_credit(subscription: Subscription) -> None:
    used = min(max(subscription.balance_in_cents, 0), subscription.credit_balance_in_cents)
    subscription.balance_in_cents -= used
    subscription.credit_balance_in_cents -= used


def forgive(subscription: Subscription) -> None:
    """The balance is reset to zero."""
    subscription.forgiven_in_cents += subscription.balance_in_cents
    subscription.balance_in_cents = 0


def problem_with_paying(site: Site, subscription: Subscription, cents: int) -> str | None:
    """Why this much could not be collected; None when it could, or nobody collects."""
    if subscription.payment_collection_method != "automatic":
        return None
    profile = site.payment_profiles.get(subscription.payment_profile_id or 0)
    return charge_problem(site, profile, cents)


def collect(site: Site, subscription: Subscription) -> str | None:
    """Charge the balance to the card. Answers the gateway's refusal, if it was one."""
    cents = subscription.balance_in_cents
    if cents <= 0 or subscription.payment_collection_method != "automatic":
        return None
    problem = problem_with_paying(site, subscription, cents)
    if problem is None:
        subscription.total_revenue_in_cents += cents
        subscription.balance_in_cents = 0
    events.paid(site, subscription, cents, is_success=problem is None)
    return problem


def clear_dunning(subscription: Subscription) -> None:
    subscription.dunning_started_at = None
    subscription.dunning_step = 0
    subscription.next_assessment_at = subscription.current_period_ends_at
