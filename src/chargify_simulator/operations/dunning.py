"""Retry a payment, and give dunning up."""

from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.refusals import errors
from chargify_simulator.routing import Route
from chargify_simulator.rules import events
from chargify_simulator.rules.billing import clear_dunning, collect, enter, problem_with_paying
from chargify_simulator.rules.lifecycle import go_on_after_payment
from chargify_simulator.site import Site
from chargify_simulator.states import Op, State, ask

from .subscriptions import full_view, get_subscription


def retry(site: Site, request: Request) -> Answer:
    """A healthy subscription answers 200 and nothing happens."""
    subscription = get_subscription(site, request)
    yes, previous = ask(site, Op.RETRY, subscription), subscription.state
    if yes.to:
        cents = subscription.balance_in_cents
        if problem_with_paying(site, subscription, cents):
            events.paid(site, subscription, cents, is_success=False)
            raise errors(site.say("retry.unsuccessful"))
        collect(site, subscription)
        go_on_after_payment(site, subscription, yes)
        site.touch(subscription)
    return answer({"subscription": full_view(site, subscription, previous_state=previous)})


def cancel_dunning(site: Site, request: Request) -> Answer:
    """The balance stays."""
    subscription = get_subscription(site, request)
    yes, previous = ask(site, Op.CANCEL_DUNNING, subscription), subscription.state
    clear_dunning(subscription)
    enter(site, subscription, State.ACTIVE, yes)
    site.touch(subscription)
    return answer({"subscription": full_view(site, subscription, previous_state=previous)})


ROUTES = [
    Route("PUT", "/subscriptions/{subscription}/retry.json", retry),
    Route("POST", "/subscriptions/{subscription}/cancel_dunning.json", cancel_dunning),
]
