"""Fields that are usually the vendor's own: "you are stepping out on your own"."""

from datetime import datetime

from chargify_simulator.fields import Fields
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import Subscription
from chargify_simulator.refusals import Refusal, single_error
from chargify_simulator.routing import Route
from chargify_simulator.site import Site
from chargify_simulator.states import Op, ask

from .subscriptions import get_subscription

DATES = ("activated_at", "canceled_at", "expires_at", "current_period_starts_at")
PERMITTED = (*DATES, "cancellation_message")


def override(site: Site, request: Request) -> Answer:
    """204; "if unpermitted parameters are sent, a 400 ... along with a string" (the definition)."""
    subscription = get_subscription(site, request)
    ask(site, Op.OVERRIDE, subscription)
    sent = request.fields.nested("subscription") or Fields({})
    for name in sent.values:
        if name not in PERMITTED:
            raise Refusal(answer(site.say("override.unpermitted", name=name), 400))
    dates = _dates(site, sent)
    _check_period(site, subscription, dates.get("current_period_starts_at"))
    for name, instant in dates.items():
        own = "current_period_started_at" if name == "current_period_starts_at" else name
        setattr(subscription, own, instant)
    if "cancellation_message" in sent:
        subscription.cancellation_message = sent.text("cancellation_message")
    site.touch(subscription)
    return Answer(204)


def _dates(site: Site, sent: Fields) -> dict[str, datetime | None]:
    dates = {name: sent.instant(name) for name in DATES if name in sent}
    for name, instant in dates.items():
        if instant is None and sent.values[name] not in {None, ""}:
            raise single_error(site.say("override.malformed", name=name))
    return dates


def _check_period(site: Site, subscription: Subscription, starts_at: datetime | None) -> None:
    if starts_at is None:
        return
    if starts_at >= site.now:
        raise single_error(site.say("override.period_start_future"))
    if subscription.bills:
        raise single_error(site.say("override.period_start_billed"))


ROUTES = [Route("PUT", "/subscriptions/{subscription}/override.json", override)]
