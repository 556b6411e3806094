"""Cancel now, cancel at the end of the period, and think again."""

from chargify_simulator.fields import Fields
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import Subscription
from chargify_simulator.refusals import errors, single_error
from chargify_simulator.routing import Route
from chargify_simulator.site import Site

from .subscriptions import full_view, get_subscription

DELAYABLE = {"active", "trialing", "on_hold", "awaiting_signup"}
MAX_REASON, MAX_MESSAGE = 255, 65_535


def cancel(site: Site, request: Request) -> Answer:
    subscription = get_subscription(site, request)
    sent = _sent(site, request)
    if subscription.state == "canceled":
        raise single_error(site.say("cancel.already"))
    if sent.flag("cancel_at_end_of_period"):
        _schedule(site, subscription, sent)
        return answer({"subscription": full_view(site, subscription)})
    cancel_now(site, subscription, sent)
    return answer({"subscription": full_view(site, subscription)})


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


def cancel_now(
    site: Site, subscription: Subscription, sent: Fields, *, method: str = "merchant_api"
) -> None:
    """The period's dates stay as they are; nothing is refunded."""
    subscription.state = "canceled"
    subscription.canceled_at = site.now
    subscription.cancellation_method = method
    subscription.reason_code = (
        sent.text("reason_code") or subscription.reason_code or site.say("cancel.default_reason")
    )
    subscription.cancellation_message = (
        sent.text("cancellation_message") or subscription.cancellation_message
    )
    subscription.cancel_at_end_of_period = False
    subscription.delayed_cancel_at = None
    site.touch(subscription)


def delayed_cancel(site: Site, request: Request) -> Answer:
    subscription = get_subscription(site, request)
    sent = _sent(site, request)
    if subscription.state == "canceled":
        raise errors(site.say("cancel.already"))
    _schedule(site, subscription, sent)
    return answer({"message": site.say("delayed_cancel.scheduled")})


def _schedule(site: Site, subscription: Subscription, sent: Fields) -> None:
    if subscription.state == "past_due":
        raise errors(site.say("delayed_cancel.past_due"))
    if subscription.state not in DELAYABLE:
        raise errors(site.say("delayed_cancel.not_eligible"))
    subscription.cancel_at_end_of_period = True
    subscription.delayed_cancel_at = (
        subscription.current_period_ends_at or subscription.next_assessment_at
    )
    subscription.reason_code = sent.text("reason_code")
    subscription.cancellation_message = sent.text("cancellation_message")
    site.touch(subscription)


def undo_delayed_cancel(site: Site, request: Request) -> Answer:
    """Idempotent: 200 also when nothing was pending."""
    subscription = get_subscription(site, request)
    if subscription.cancel_at_end_of_period:
        subscription.cancel_at_end_of_period = False
        subscription.delayed_cancel_at = None
        site.touch(subscription)
    return answer({"message": site.say("delayed_cancel.undone")})


ROUTES = [
    Route("DELETE", "/subscriptions/{subscription}.json", cancel),
    Route("POST", "/subscriptions/{subscription}/delayed_cancel.json", delayed_cancel),
    Route("DELETE", "/subscriptions/{subscription}/delayed_cancel.json", undo_delayed_cancel),
]
