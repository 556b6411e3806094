"""What begins, ends and goes on in a subscription's life, asked for or brought by time."""

from datetime import datetime, timedelta

from chargify_simulator.records import Subscription
from chargify_simulator.site import Site
from chargify_simulator.states import State, Tick, Yes

from . import events
from .billing import (
    add_bill,
    clear_dunning,
    collect,
    draw_bill,
    enter,
    period_charges,
    price_of,
    problem_with_paying,
    start_period,
)
from .calendar import after
from .money import Charge, after_trial_charges, signup_charges

By = Yes | Tick


def cancel(
    site: Site, subscription: Subscription, by: By, *, method: str, reason: str | None = None
) -> None:
    """The period's dates stay as they are; nothing is refunded."""
    subscription.canceled_at = site.now
    subscription.cancellation_method = method
    subscription.reason_code = (
        reason or subscription.reason_code or site.say("cancel.default_reason")
    )
    subscription.cancel_at_end_of_period = False
    subscription.delayed_cancel_at = None
    subscription.automatically_resume_at = None
    enter(site, subscription, State.CANCELED, by)
    site.touch(subscription)


def start_trial(site: Site, subscription: Subscription, starts_at: datetime) -> None:
    """The trial's dates; its price is charged by the caller."""
    price = price_of(site, subscription)
    ends_at = after(starts_at, price.trial_interval or 1, price.trial_interval_unit)
    subscription.trial_started_at, subscription.trial_ended_at = starts_at, ends_at
    subscription.current_period_started_at = starts_at
    subscription.current_period_ends_at = subscription.next_assessment_at = ends_at


def first_charges(
    site: Site, subscription: Subscription, *, with_trial: bool
) -> tuple[State, list[Charge]]:
    """What the first period costs, and the state it is in."""
    price = price_of(site, subscription)
    in_trial = with_trial and bool(price.trial_interval)
    return (State.TRIALING if in_trial else State.ACTIVE), signup_charges(price, in_trial=in_trial)


def begin(
    site: Site,
    subscription: Subscription,
    state: State,
    charges: list[Charge],
    by: By,
    *,
    uses_credit: bool = True,
) -> str | None:
    """Start a trial or a paid period now and collect for it.

    First the bill, then the state it leads to (past due when it is not paid), then the payment.
    Answers the gateway's refusal.
    """
    now = site.now
    if state is State.TRIALING:
        start_trial(site, subscription, now)
    else:
        subscription.activated_at = subscription.activated_at or now
        start_period(site, subscription, now)
    add_bill(subscription, draw_bill(site, subscription, charges), uses_credit=uses_credit)
    problem = problem_with_paying(site, subscription, subscription.balance_in_cents)
    enter(site, subscription, State.PAST_DUE if problem else state, by)
    collect(site, subscription)
    if problem:
        start_dunning(site, subscription)
    return problem


def end_trial(site: Site, subscription: Subscription, by: By) -> None:
    """Without a card a no-obligation trial ends; otherwise the first period is charged."""
    change_product_if_due(site, subscription)
    price = price_of(site, subscription)
    charges = after_trial_charges(price)
    amount = sum(each.amount_in_cents for each in charges)
    has_card = subscription.payment_profile_id is not None
    if not has_card and amount and price.trial_type != "payment_expected":
        enter(site, subscription, State.TRIAL_ENDED, by)
        return
    begin(site, subscription, State.ACTIVE, charges, by)


def renew(site: Site, subscription: Subscription) -> None:
    """One period more. A failed charge leaves the amount owed and the subscription past due."""
    change_product_if_due(site, subscription)
    start_period(site, subscription, subscription.current_period_ends_at or site.now)
    due = draw_bill(site, subscription, period_charges(subscription))
    add_bill(subscription, due)
    if subscription.state == State.UNPAID:
        return  # charges accrue and nobody collects
    problem = problem_with_paying(site, subscription, subscription.balance_in_cents)
    events.renewed(site, subscription, is_paid=problem is None)
    collect(site, subscription)
    if problem:
        enter(site, subscription, State.PAST_DUE, Tick.RENEW)
        start_dunning(site, subscription)


def start_dunning(site: Site, subscription: Subscription) -> None:
    subscription.dunning_started_at = site.now
    subscription.dunning_step = 0
    plan_next_try(site, subscription)


def plan_next_try(site: Site, subscription: Subscription) -> bool:
    """False when the tries are used up."""
    days = site.settings.dunning_days
    if subscription.dunning_step >= len(days):
        return False
    started_at = subscription.dunning_started_at or site.now
    subscription.next_assessment_at = started_at + timedelta(days=days[subscription.dunning_step])
    return True


def change_product_if_due(site: Site, subscription: Subscription) -> None:
    """A delayed product change happens before the next period is charged."""
    if subscription.next_price_point_id is None:
        return
    change_product(site, subscription, subscription.next_price_point_id)


def change_product(site: Site, subscription: Subscription, price_point_id: int) -> None:
    before, price = price_of(site, subscription), site.price_points[price_point_id]
    subscription.product_id = price.product_id
    subscription.price_point_id = price.id
    subscription.product_price_in_cents = price.price_in_cents
    subscription.product_version_number = site.products[price.product_id].version_number
    subscription.next_product_id = subscription.next_price_point_id = None
    events.product_changed(site, subscription, before)


def resume(site: Site, subscription: Subscription, by: By) -> str | None:
    """Back to the old period while it lasts; after it like a reactivation: charged from now."""
    subscription.on_hold_at = subscription.automatically_resume_at = None
    ends_at = subscription.current_period_ends_at
    if ends_at and ends_at > site.now:
        subscription.next_assessment_at = ends_at
        enter(site, subscription, State(subscription.held_from), by)
        return None
    return begin(site, subscription, State.ACTIVE, period_charges(subscription), by)


def go_on_after_payment(site: Site, subscription: Subscription, by: By) -> None:
    """Paid at last: dunning is over."""
    clear_dunning(subscription)
    enter(site, subscription, State.ACTIVE, by)
