"""Change the plan now, with proration; and what that would cost."""

from dataclasses import dataclass
from datetime import datetime

from chargify_simulator.fields import Fields
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import PricePoint, Subscription
from chargify_simulator.refusals import errors
from chargify_simulator.routing import Route
from chargify_simulator.rules import events
from chargify_simulator.rules.billing import (
    add_charge,
    add_credit,
    collect,
    enter,
    price_of,
    problem_with_paying,
    start_period,
    use_credit,
)
from chargify_simulator.rules.coupons import count_use, live_coupons
from chargify_simulator.rules.lifecycle import change_product, start_trial
from chargify_simulator.rules.money import Charge, bill
from chargify_simulator.rules.proration import Proration, adjustment, share
from chargify_simulator.site import Site
from chargify_simulator.states import Op, State, ask

from .plan_choice import keep_custom, read_choice
from .subscriptions import full_view, get_subscription


@dataclass(frozen=True, slots=True)
class Wish:
    target: PricePoint
    include_trial: bool
    include_initial_charge: bool
    include_coupons: bool
    preserve_period: bool
    at: datetime


def _read(site: Site, subscription: Subscription, sent: Fields) -> Wish:
    choice = read_choice(site, subscription, sent)
    if choice.product is None or choice.price is None:
        raise errors(site.say("migration.invalid_product"))
    if choice.price.id == subscription.price_point_id:
        raise errors(site.say("migration.not_eligible"))
    nested = sent.nested("proration") or Fields({})
    keeps = sent.flag("preserve_period") or nested.flag("preserve_period")
    return Wish(
        target=choice.price,
        include_trial=bool(sent.flag("include_trial")) and bool(choice.price.trial_interval),
        include_initial_charge=bool(sent.flag("include_initial_charge")),
        include_coupons=sent.flag("include_coupons") is not False,
        preserve_period=bool(keeps),
        at=_date(site, subscription, sent),
    )


def _date(site: Site, subscription: Subscription, sent: Fields) -> datetime:
    """`proration_date` lies within the current period."""
    at, ends_at = sent.instant("proration_date"), subscription.current_period_ends_at
    if at is not None and (at < site.now or (ends_at and at > ends_at)):
        raise errors(site.say("migration.date_outside_period"))
    return at or site.now


def _prorate(site: Site, subscription: Subscription, wish: Wish) -> Proration:
    """The dates stay: both prices in part. Otherwise the new price in full, from now."""
    starts_at = subscription.current_period_started_at or wish.at
    ends_at = subscription.current_period_ends_at or wish.at
    is_full = wish.include_trial or not wish.preserve_period
    charge = _new_price(site, subscription, wish)
    if subscription.state == State.TRIALING and not is_full:
        return Proration(0, 0)  # a trial that goes on costs what it cost
    if not is_full:
        charge = share(charge, starts_at, ends_at, since=wish.at)
    paid = _paid_for_period(subscription)
    return Proration(adjustment(paid, starts_at, ends_at, since=wish.at), charge)


def _paid_for_period(subscription: Subscription) -> int:
    if subscription.state == State.TRIAL_ENDED:
        return 0
    paid = subscription.period_paid_in_cents
    return subscription.product_price_in_cents if paid is None else paid


def _new_price(site: Site, subscription: Subscription, wish: Wish) -> int:
    target = wish.target
    price = target.trial_price_in_cents or 0 if wish.include_trial else target.price_in_cents
    charges = [Charge("baseline", price)]
    if wish.include_initial_charge:
        charges.append(Charge("initial", target.initial_charge_in_cents or 0))
    keeps = wish.include_coupons and _is_in_family(site, subscription, target)
    coupons = live_coupons(site, subscription.coupons) if keeps else []
    return bill(charges, coupons, product_id=target.product_id).total_in_cents


def _is_in_family(site: Site, subscription: Subscription, target: PricePoint) -> bool:
    """Coupons do not move to another family."""
    old, new = site.products[subscription.product_id], site.products[target.product_id]
    return old.family_id == new.family_id


def preview(site: Site, request: Request) -> Answer:
    subscription = get_subscription(site, request)
    ask(site, Op.PREVIEW_MIGRATION, subscription)
    wish = _read(site, subscription, request.fields.nested("migration") or Fields({}))
    sums = _prorate(site, subscription, wish)
    view = {
        "prorated_adjustment_in_cents": sums.adjustment_in_cents,
        "charge_in_cents": sums.charge_in_cents,
        "payment_due_in_cents": sums.due_in_cents,
        "credit_applied_in_cents": sums.credit_in_cents,
    }
    return answer({"migration": view})


def migrate(site: Site, request: Request) -> Answer:
    subscription = get_subscription(site, request)
    yes, previous = ask(site, Op.MIGRATE, subscription), subscription.state
    wish = _read(site, subscription, request.fields.nested("migration") or Fields({}))
    sums = _prorate(site, subscription, wish)
    _refuse_unpayable(site, subscription, wish, sums)
    before = price_of(site, subscription)
    if not _is_in_family(site, subscription, wish.target):
        subscription.coupons = []
    change_product(site, subscription, keep_custom(site, subscription, wish.target).id)
    enter(site, subscription, _start(site, subscription, wish), yes)
    _settle(subscription, wish, sums)
    collect(site, subscription)
    events.migrated(site, subscription, before)
    site.touch(subscription)
    return answer({"subscription": full_view(site, subscription, previous_state=previous)})


def _refuse_unpayable(site: Site, subscription: Subscription, wish: Wish, sums: Proration) -> None:
    owed = subscription.balance_in_cents + sums.due_in_cents
    due = owed - subscription.credit_balance_in_cents
    problem = problem_with_paying(site, subscription, due)
    if problem:
        events.paid(site, subscription, due, is_success=False)
        if wish.target.id:
            events.migration_failed(site, subscription, wish.target)
        raise errors(problem)


def _start(site: Site, subscription: Subscription, wish: Wish) -> State:
    """The state and dates of the new plan."""
    if wish.include_trial:
        start_trial(site, subscription, site.now)
        return State.TRIALING
    if wish.preserve_period and subscription.state != State.TRIAL_ENDED:
        return State(subscription.state)
    start_period(site, subscription, site.now)
    if subscription.state == State.TRIALING:
        subscription.trial_ended_at = site.now
    subscription.activated_at = subscription.activated_at or site.now
    return State.ACTIVE


def _settle(subscription: Subscription, wish: Wish, sums: Proration) -> None:
    """Owe what is due; a rest that is left over becomes credit."""
    add_charge(subscription, sums.due_in_cents)
    add_credit(subscription, sums.credit_in_cents)
    use_credit(subscription)
    subscription.bills += 1
    if wish.preserve_period:
        rest = _paid_for_period(subscription) + sums.adjustment_in_cents
        subscription.period_paid_in_cents = max(rest, 0) + sums.charge_in_cents
    else:
        subscription.period_paid_in_cents = sums.charge_in_cents
        count_use(subscription.coupons)


ROUTES = [
    Route("POST", "/subscriptions/{subscription}/migrations.json", migrate),
    Route("POST", "/subscriptions/{subscription}/migrations/preview.json", preview),
]
