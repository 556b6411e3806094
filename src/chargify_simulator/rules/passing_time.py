"""What time does to subscriptions: it is called before every request and when the clock moves."""

from collections.abc import Callable
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush

from chargify_simulator.fields import JsonObject
from chargify_simulator.records import Subscription
from chargify_simulator.site import Site
from chargify_simulator.states import TICKS, State, Tick, known_state

from . import events
from .billing import collect, enter
from .lifecycle import (
    begin,
    cancel,
    end_trial,
    first_charges,
    go_on_after_payment,
    plan_next_try,
    renew,
    resume,
    start_dunning,
)

FAR = datetime.max.replace(tzinfo=UTC)


def let_time_pass(site: Site) -> None:
    """Everything that has become due happens, in order of its date."""
    _plan(site)
    now, agenda = site.now, site.agenda
    try:
        while agenda and agenda[0][0] <= now:
            due_at, number = heappop(agenda)
            subscription = site.subscriptions.get(number)
            if subscription is None or next_step(subscription)[0] != due_at:
                continue  # the entry is stale: what has changed was planned anew
            site.moment = max(due_at, site.moment or due_at)
            _happen(site, subscription)
            _plan(site)
    finally:
        site.moment = None


def _plan(site: Site) -> None:
    """Write down what the changed ones do next; stale entries stay until their day."""
    entries = [entry for entry in map(_entry_of(site), site.unplanned) if entry]
    site.unplanned.clear()
    if len(entries) > len(site.agenda):
        site.agenda += entries
        heapify(site.agenda)
        return
    for entry in entries:
        heappush(site.agenda, entry)


def _entry_of(site: Site) -> Callable[[int], tuple[datetime, int] | None]:
    def entry(number: int) -> tuple[datetime, int] | None:
        subscription = site.subscriptions.get(number)
        due_at = next_step(subscription)[0] if subscription else FAR
        return None if due_at == FAR else (due_at, number)

    return entry


def next_step(subscription: Subscription) -> tuple[datetime, Tick]:
    """What comes next for this one and when; of two at once the end comes first."""
    candidates = [
        (due_at, rank, tick)
        for rank, (tick, due_at) in enumerate(_due(subscription))
        if due_at is not None and known_state(subscription) in TICKS[tick]
    ]
    due_at, _, tick = min(candidates, default=(FAR, 0, Tick.RENEW))
    return due_at, tick


def _due(subscription: Subscription) -> tuple[tuple[Tick, datetime | None], ...]:
    ends_at, assessed_at = subscription.current_period_ends_at, subscription.next_assessment_at
    is_pending = subscription.cancel_at_end_of_period
    cancels_at = (subscription.delayed_cancel_at or ends_at) if is_pending else None
    return (
        (Tick.EXPIRE, subscription.expires_at),
        (Tick.DELAYED_CANCEL, cancels_at),
        (Tick.RESUME, subscription.automatically_resume_at),
        (Tick.END_TRIAL, ends_at),
        (Tick.BEGIN, assessed_at),
        (Tick.DUN, assessed_at),
        (Tick.RENEW, ends_at),
    )


def _happen(site: Site, subscription: Subscription) -> None:
    _, tick = next_step(subscription)
    STEPS[tick](site, subscription)
    site.touch(subscription)


def _cancel(site: Site, subscription: Subscription) -> None:
    cancel(site, subscription, Tick.DELAYED_CANCEL, method="merchant_api")


def _expire(site: Site, subscription: Subscription) -> None:
    enter(site, subscription, State.EXPIRED, Tick.EXPIRE)


def _begin(site: Site, subscription: Subscription) -> None:
    state, charges = first_charges(site, subscription, with_trial=True)
    begin(site, subscription, state, charges, Tick.BEGIN)


def _end_trial(site: Site, subscription: Subscription) -> None:
    end_trial(site, subscription, Tick.END_TRIAL)


def _resume(site: Site, subscription: Subscription) -> None:
    resume(site, subscription, Tick.RESUME)


def _dun(site: Site, subscription: Subscription) -> None:
    """Try again; after the last try comes the final action of the site's settings."""
    if subscription.dunning_started_at is None:
        subscription.dunning_started_at = site.now
    if collect(site, subscription) is None:
        go_on_after_payment(site, subscription, Tick.DUN)
        return
    if subscription.state == State.SOFT_FAILURE:
        enter(site, subscription, State.PAST_DUE, Tick.DUN)
        start_dunning(site, subscription)
        return
    at, subscription.dunning_step = subscription.dunning_step, subscription.dunning_step + 1
    events.dunning_step(site, subscription, _step(site, at), _step(site, at + 1))
    if not plan_next_try(site, subscription):
        _end_dunning(site, subscription)


def _step(site: Site, at: int) -> JsonObject:
    days, final = site.settings.dunning_days, site.settings.dunning_final_action
    is_try = at < len(days)
    return {
        "day_threshold": int(days[at] if is_try else days[-1] if days else 0),
        "action": "retry" if is_try else {"canceled": "cancel", "unpaid": "unpaid"}[final],
        "email_body": None,
        "email_subject": None,
        "send_email": False,
        "send_bcc_email": False,
        "send_sms": False,
        "sms_body": None,
    }


def _end_dunning(site: Site, subscription: Subscription) -> None:
    subscription.next_assessment_at = subscription.current_period_ends_at
    if site.settings.dunning_final_action == "unpaid":
        enter(site, subscription, State.UNPAID, Tick.DUN)
    else:
        cancel(site, subscription, Tick.DUN, method="dunning")


STEPS: dict[Tick, Callable[[Site, Subscription], None]] = {
    Tick.BEGIN: _begin,
    Tick.END_TRIAL: _end_trial,
    Tick.RENEW: renew,
    Tick.DELAYED_CANCEL: _cancel,
    Tick.EXPIRE: _expire,
    Tick.DUN: _dun,
    Tick.RESUME: _resume,
}
