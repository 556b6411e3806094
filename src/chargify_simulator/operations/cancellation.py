"""Cancel now, cancel at the end of the period, and think again."""

from chargify_simulator.fields import Fields
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import Subscription
from chargify_simulator.refusals import errors
from chargify_simulator.routing import Route
from chargify_simulator.rules import events, lifecycle
from chargify_simulator.site import Site
from chargify_simulator.states import Op, ask

from .subscriptions import full_view, get_subscription

MAX_REASON, MAX_MESSAGE = 255, 65_535


def cancel(site: Site, request: Request) -> Answer:
    """The period's dates stay as they are; nothing is refunded."""
    subscription = get_subscription(site, request)
    sent = _sent(site, request)
    yes, previous = ask(site, Op.CANCEL, subscription), subscription.state
    if sent.flag("cancel_at_end_of_period") or sent.instant("scheduled_cancellation_at"):
        ask(site, Op.DELAYED_CANCEL, subscription)
        schedule(site, subscription, sent)
        return answer({"subscription": full_view(site, subscription)})
    message = sent.text("cancellation_message") or subscription.cancellation_message
    subscription.cancellation_message = message
    reason = sent.text("reason_code")
    lifecycle.cancel(site, subscription, yes, method="merchant_api", reason=reason)
    return answer({"subscription": full_view(site, subscription, previous_state=previous)})


def _sent(site: Site, request: Request) -> Fields:
    """The optional body; refused when it is too long or no object."""
    if "subscription" not in request.fields or request.fields.values["subscription"] is None:
        return Fields({})
    sent = request.fields.nested("subscription")
    if sent is None:
        raise errors(site.say("cancel.not_an_object"))
    problems: list[str] = []
    if len(sent.text("reason_code") or "") > MAX_REASON:
        problems.append(site.say("cancel.reason_code_too_long"))
    if len(sent.text("cancellation_message") or "") > MAX_MESSAGE:
        problems.append(site.say("cancel.message_too_long"))
    if problems:
        raise errors(*problems)
    return sent


def delayed_cancel(site: Site, request: Request) -> Answer:
    subscription = get_subscription(site, request)
    sent = _sent(site, request)
    ask(site, Op.DELAYED_CANCEL, subscription)
    schedule(site, subscription, sent)
    return answer({"message": site.say("delayed_cancel.scheduled")})


def schedule(site: Site, subscription: Subscription, sent: Fields) -> None:
    """At the end of the period, or on `scheduled_cancellation_at`."""
    subscription.cancel_at_end_of_period = True
    subscription.delayed_cancel_at = (
        sent.instant("scheduled_cancellation_at")
        or subscription.current_period_ends_at
        or subscription.next_assessment_at
    )
    subscription.reason_code = sent.text("reason_code")
    subscription.cancellation_message = sent.text("cancellation_message")
    site.touch(subscription)
    events.cancellation_planned(site, subscription, is_pending=True)


def undo_delayed_cancel(site: Site, request: Request) -> Answer:
    """Idempotent: 200 also when nothing was pending."""
    subscription = get_subscription(site, request)
    ask(site, Op.UNDO_DELAYED_CANCEL, subscription)
    if subscription.cancel_at_end_of_period:
        undo(site, subscription)
    return answer({"message": site.say("delayed_cancel.undone")})


def undo(site: Site, subscription: Subscription) -> None:
    subscription.cancel_at_end_of_period = False
    subscription.delayed_cancel_at = None
    site.touch(subscription)
    events.cancellation_planned(site, subscription, is_pending=False)


ROUTES = [
    Route("DELETE", "/subscriptions/{subscription}.json", cancel),
    Route("POST", "/subscriptions/{subscription}/delayed_cancel.json", delayed_cancel),
    Route("DELETE", "/subscriptions/{subscription}/delayed_cancel.json", undo_delayed_cancel),
]
