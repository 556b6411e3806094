"""Hold, the day on which a hold ends by itself, resume."""

from datetime import datetime, timedelta

from chargify_simulator.fields import Fields
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.refusals import errors
from chargify_simulator.routing import Route
from chargify_simulator.rules import lifecycle
from chargify_simulator.rules.billing import (
    draw_bill,
    due_now,
    enter,
    period_charges,
    problem_with_paying,
)
from chargify_simulator.site import Site
from chargify_simulator.states import Op, State, ask

from .subscriptions import full_view, get_subscription

NOTICE = timedelta(hours=24)


def hold(site: Site, request: Request) -> Answer:
    """Period dates stay. Not within 24 hours before the next billing (documented)."""
    subscription = get_subscription(site, request)
    yes = ask(site, Op.HOLD, subscription)
    ends_at = subscription.current_period_ends_at
    if ends_at and ends_at - site.now < NOTICE:
        raise errors(site.say("hold.not_eligible"))
    resume_at = _resume_date(site, request)
    previous = subscription.held_from = subscription.state
    subscription.on_hold_at = site.now
    subscription.automatically_resume_at = resume_at
    enter(site, subscription, State.ON_HOLD, yes)
    site.touch(subscription)
    return answer({"subscription": full_view(site, subscription, previous_state=previous)})


def _resume_date(site: Site, request: Request) -> datetime | None:
    sent = request.fields.nested("hold") or Fields({})
    resume_at = sent.instant("automatically_resume_at")
    if resume_at and resume_at - site.now < NOTICE:
        raise errors(site.say("hold.resume_date_too_soon"))
    return resume_at


def change_resume_date(site: Site, request: Request) -> Answer:
    """Null clears it."""
    subscription = get_subscription(site, request)
    ask(site, Op.CHANGE_RESUME_DATE, subscription)
    subscription.automatically_resume_at = _resume_date(site, request)
    site.touch(subscription)
    return answer({"subscription": full_view(site, subscription)})


def resume(site: Site, request: Request) -> Answer:
    """`calendar_billing[resumption_charge]` is taken and changes nothing."""
    subscription = get_subscription(site, request)
    yes = ask(site, Op.RESUME, subscription)
    ends_at = subscription.current_period_ends_at
    if not (ends_at and ends_at > site.now):
        bill = draw_bill(site, subscription, period_charges(subscription))
        cents = due_now(subscription, bill.total_in_cents)
        problem = problem_with_paying(site, subscription, cents)
        if problem:
            raise errors(problem)
    lifecycle.resume(site, subscription, yes)
    site.touch(subscription)
    return answer({"subscription": full_view(site, subscription, previous_state=State.ON_HOLD)})


ROUTES = [
    Route("POST", "/subscriptions/{subscription}/hold.json", hold),
    Route("PUT", "/subscriptions/{subscription}/hold.json", change_resume_date),
    Route("POST", "/subscriptions/{subscription}/resume.json", resume),
]
