from datetime import timedelta

from chargify_simulator.eastern import stamp_utc
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.refusals import Refusal, errors
from chargify_simulator.routing import Route
from chargify_simulator.site import Site
from chargify_simulator.views import customer_view

from .customers import get_customer

FETCHES_PER_LINK = 15
NEW_LINK_AFTER = timedelta(days=15)
LINK_LIVES = timedelta(days=65)


def management_link(site: Site, request: Request) -> Answer:
    """The same link for 15 days, at most 15 fetches of it."""
    customer = get_customer(site, request)
    if not site.settings.portal_enabled and customer.portal_enabled_at is None:
        raise errors(site.say("portal.disabled"))
    made_at = customer.portal_link_at
    if made_at is None or site.now >= made_at + NEW_LINK_AFTER:
        made_at, customer.portal_link_at, customer.portal_fetches = site.now, site.now, 0
    new_link_at = stamp_utc(made_at + NEW_LINK_AFTER)
    if customer.portal_fetches >= FETCHES_PER_LINK:
        content = {"error": site.say("portal.too_many"), "new_link_available_at": new_link_at}
        raise Refusal(answer({"errors": content}, 429))
    customer.portal_fetches += 1
    site.keep(customer)
    host = f"https://{site.settings.subdomain}.billingportal.com"
    return answer(
        {
            "url": f"{host}/manage/{customer.id}/{int(made_at.timestamp())}/{customer.id:016x}",
            "fetch_count": customer.portal_fetches,
            "created_at": stamp_utc(made_at),
            "new_link_available_at": new_link_at,
            "expires_at": stamp_utc(made_at + LINK_LIVES),
            "last_invite_sent_at": stamp_utc(customer.portal_invited_at)
            if customer.portal_invited_at
            else None,
        }
    )


def enable(site: Site, request: Request) -> Answer:
    """`auto_invite` sends an e-mail that nobody gets."""
    customer = get_customer(site, request)
    if customer.portal_enabled_at is not None:
        raise errors(site.say("portal.already_enabled"))
    customer.portal_enabled_at = site.now
    if request.query.flag("auto_invite"):
        customer.portal_invited_at = site.now
    site.touch(customer)
    return answer({"customer": customer_view(customer)})


ROUTES = [
    Route("GET", "/portal/customers/{customer}/management_link.json", management_link),
    Route("POST", "/portal/customers/{customer}/enable.json", enable),
]
