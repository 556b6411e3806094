"""`PUT /subscriptions/{id}.json`, as far as the billing date goes."""

from chargify_simulator.fields import Fields
from chargify_simulator.http import Answer, Request, answer, not_implemented
from chargify_simulator.refusals import errors
from chargify_simulator.routing import Route
from chargify_simulator.site import Site

from .subscriptions import full_view, get_subscription

UNDERSTOOD = {"next_billing_at"}


def update(site: Site, request: Request) -> Answer:
    """In a trial the billing date is the trial's end, so this extends it or cuts it short."""
    subscription = get_subscription(site, request)
    sent = request.fields.nested("subscription") or Fields({})
    asked = {name for name, value in sent.values.items() if value not in (None, False)}
    if asked - UNDERSTOOD:
        return not_implemented(request)
    next_billing_at = sent.instant("next_billing_at")
    if next_billing_at is not None:
        if next_billing_at <= site.now:
            raise errors(site.say("subscription.next_billing_past"))
        subscription.current_period_ends_at = next_billing_at
        subscription.next_assessment_at = next_billing_at
        if subscription.state == "trialing":
            subscription.trial_ended_at = next_billing_at
        if subscription.cancel_at_end_of_period:
            subscription.delayed_cancel_at = next_billing_at
        site.touch(subscription)
    return answer({"subscription": full_view(site, subscription)})


ROUTES = [Route("PUT", "/subscriptions/{subscription}.json", update)]
