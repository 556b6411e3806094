"""Reactivate a canceled subscription, or one whose trial ended."""

from dataclasses import dataclass
from datetime import datetime

from chargify_simulator.fields import Fields
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import AppliedCoupon, Coupon, Subscription
from chargify_simulator.refusals import errors
from chargify_simulator.routing import Route
from chargify_simulator.rules import events
from chargify_simulator.rules.billing import (
    clear_dunning,
    collect,
    due_now,
    enter,
    forgive,
    period_charges,
    problem_with_paying,
)
from chargify_simulator.rules.coupons import apply, live_coupons, problem_with
from chargify_simulator.rules.lifecycle import begin, first_charges
from chargify_simulator.rules.money import Bill, Charge, bill
from chargify_simulator.site import Site
from chargify_simulator.states import Op, State, Yes, ask

from .subscriptions import full_view, get_subscription


@dataclass(frozen=True, slots=True)
class Wish:
    """Body and query parameters say the same; the body wins."""

    include_trial: bool
    preserve_balance: bool
    coupon_code: str | None
    uses_credit: bool
    resumes: bool
    requires_resume: bool
    forgives_balance: bool


def _read(request: Request) -> Wish:
    sent = Fields({**request.query.values, **request.fields.values})
    options = sent.nested("resume") or Fields(
        {name: sent.values.get(f"resume[{name}]") for name in ("require_resume", "forgive_balance")}
    )
    requires, forgives = options.flag("require_resume"), options.flag("forgive_balance")
    return Wish(
        include_trial=bool(sent.flag("include_trial")),
        preserve_balance=bool(sent.flag("preserve_balance")),
        coupon_code=sent.text("coupon_code"),
        uses_credit=sent.flag("use_credits_and_prepayments") is not False,
        resumes=bool(sent.flag("resume")) or requires is not None or forgives is not None,
        requires_resume=bool(requires),
        forgives_balance=bool(forgives),
    )


def reactivate(site: Site, request: Request) -> Answer:
    subscription = get_subscription(site, request)
    yes, wish = ask(site, Op.REACTIVATE, subscription), _read(request)
    previous, ends_at = subscription.state, subscription.current_period_ends_at
    is_resumable = ends_at is not None and ends_at > site.now
    if wish.requires_resume and not is_resumable:
        raise errors(site.say("reactivate.not_resumable"))
    if wish.resumes and is_resumable:
        _resume(site, subscription, wish, yes)
    else:
        _start_anew(site, subscription, wish, yes)
    site.touch(subscription)
    return answer({"subscription": full_view(site, subscription, previous_state=previous)})


def _resume(site: Site, subscription: Subscription, wish: Wish, yes: Yes) -> None:
    """The period goes on and nothing new is billed; an open balance is collected or forgiven."""
    owed = 0 if wish.forgives_balance else due_now(subscription, 0, uses_credit=wish.uses_credit)
    _refuse_unpayable(site, subscription, owed)
    if wish.forgives_balance:
        forgive(subscription)
    _apply(site, subscription, wish)
    _clear_end(subscription)
    clear_dunning(subscription)
    in_trial = _is_after(subscription.trial_ended_at, site.now)
    enter(site, subscription, State.TRIALING if in_trial else State.ACTIVE, yes)
    collect(site, subscription)


def _is_after(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and instant > now


def _start_anew(site: Site, subscription: Subscription, wish: Wish, yes: Yes) -> None:
    """A fresh period from now. The old balance is reset unless it is to be kept."""
    state, charges = State.ACTIVE, period_charges(subscription)
    if wish.include_trial:
        state, charges = first_charges(site, subscription, with_trial=True)
        charges = [each for each in charges if each.kind != "initial"]
    due = _bill_with(site, subscription, charges, wish)
    balance = subscription.balance_in_cents if wish.preserve_balance else 0
    extra = due.total_in_cents + balance - subscription.balance_in_cents
    _refuse_unpayable(
        site, subscription, due_now(subscription, extra, uses_credit=wish.uses_credit)
    )
    if not wish.preserve_balance:
        forgive(subscription)
    _apply(site, subscription, wish)
    _clear_end(subscription)
    clear_dunning(subscription)
    if state is State.ACTIVE and _is_after(subscription.trial_ended_at, site.now):
        subscription.trial_ended_at = site.now
    begin(site, subscription, state, charges, yes, uses_credit=wish.uses_credit)


def _bill_with(site: Site, subscription: Subscription, charges: list[Charge], wish: Wish) -> Bill:
    """What it will cost, with the coupon that is about to be added."""
    coupons = live_coupons(site, subscription.coupons)
    new = _coupon(site, subscription, wish)
    if new:
        coupons = [new[0]] if not _stacks(site, subscription, new[0]) else [*coupons, new[0]]
    return bill(charges, coupons, product_id=subscription.product_id)


def _coupon(site: Site, subscription: Subscription, wish: Wish) -> tuple[Coupon, str] | None:
    """An unknown code does not fail a reactivation (asserted by the vendor's live tests)."""
    code = wish.coupon_code
    if code is None:
        return None
    family_id = site.products[subscription.product_id].family_id
    coupon = site.find_coupon(code, family_id=family_id)
    return None if coupon is None or problem_with(site, coupon, code) else (coupon, code)


def _stacks(site: Site, subscription: Subscription, coupon: Coupon) -> bool:
    there = [site.coupons[each.coupon_id] for each in subscription.coupons]
    return coupon.stackable and all(each.stackable for each in there)


def _apply(site: Site, subscription: Subscription, wish: Wish) -> None:
    new = _coupon(site, subscription, wish)
    if new is None:
        return
    applied: AppliedCoupon = apply(*new)
    if _stacks(site, subscription, new[0]):
        subscription.coupons.append(applied)
    else:
        subscription.coupons = [applied]


def _refuse_unpayable(site: Site, subscription: Subscription, cents: int) -> None:
    problem = problem_with_paying(site, subscription, cents)
    if problem:
        events.paid(site, subscription, cents, is_success=False)
        raise errors(problem)


def _clear_end(subscription: Subscription) -> None:
    subscription.canceled_at = None
    subscription.cancellation_message = None
    subscription.cancellation_method = None
    subscription.reason_code = None
    subscription.cancel_at_end_of_period = False
    subscription.delayed_cancel_at = None
    subscription.on_hold_at = None


ROUTES = [Route("PUT", "/subscriptions/{subscription}/reactivate.json", reactivate)]
