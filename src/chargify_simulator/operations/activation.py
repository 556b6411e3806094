"""Begin a waiting subscription or end a trial now."""

from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import Subscription
from chargify_simulator.routing import Route
from chargify_simulator.rules import lifecycle
from chargify_simulator.rules.billing import (
    draw_bill,
    due_now,
    enter,
    price_of,
    problem_with_paying,
)
from chargify_simulator.rules.money import Charge, after_trial_charges
from chargify_simulator.site import Site
from chargify_simulator.states import Op, Shape, State, Yes, ask, refusal

from .subscriptions import full_view, get_subscription


def activate(site: Site, request: Request) -> Answer:
    subscription = get_subscription(site, request)
    yes, previous = ask(site, Op.ACTIVATE, subscription), State(subscription.state)
    state, charges = _first(site, subscription)
    bill = draw_bill(site, subscription, charges)
    problem = problem_with_paying(site, subscription, due_now(subscription, bill.total_in_cents))
    if problem:
        _fail(site, subscription, request, problem, yes)
    if previous is State.TRIALING:
        subscription.trial_ended_at = site.now
    lifecycle.begin(site, subscription, state, charges, yes)
    site.touch(subscription)
    return answer({"subscription": full_view(site, subscription, previous_state=previous)})


def _first(site: Site, subscription: Subscription) -> tuple[State, list[Charge]]:
    if subscription.state == State.AWAITING_SIGNUP:
        return lifecycle.first_charges(site, subscription, with_trial=True)
    return State.ACTIVE, after_trial_charges(price_of(site, subscription))


def _fail(site: Site, subscription: Subscription, request: Request, problem: str, yes: Yes) -> None:
    """With `revert_on_failure` nothing changes; without it the subscription ends, and 400 too.

    "For trialing subscriptions, that will either be trial ended (if the trial is no obligation),
    past due (if the trial has an obligation) ... For awaiting signup subscriptions, that will
    always be canceled." (the definition, activateSubscription)
    """
    reverts = request.fields.flag("revert_on_failure")
    if reverts is None:
        reverts = site.settings.revert_on_failure
    if not reverts:
        _end(site, subscription, yes)
        site.touch(subscription)
    state = subscription.state.replace("_", " ").title()
    text = site.say("activate.failed", problem=problem, state=state)
    raise refusal(text, Shape.BASE)


def _end(site: Site, subscription: Subscription, yes: Yes) -> None:
    if subscription.state == State.AWAITING_SIGNUP:
        lifecycle.cancel(site, subscription, yes, method="merchant_api")
        return
    subscription.trial_ended_at = site.now
    price = price_of(site, subscription)
    if price.trial_type == "payment_expected":
        lifecycle.begin(site, subscription, State.ACTIVE, after_trial_charges(price), yes)
    else:
        enter(site, subscription, State.TRIAL_ENDED, yes)


ROUTES = [Route("PUT", "/subscriptions/{subscription}/activate.json", activate)]
