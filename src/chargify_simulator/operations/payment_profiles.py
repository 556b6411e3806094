from chargify_simulator.fields import Fields, whole_number
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import PaymentProfile
from chargify_simulator.refusals import errors, not_found
from chargify_simulator.routing import Route
from chargify_simulator.rules import events
from chargify_simulator.rules.cards import read_profile
from chargify_simulator.site import Site
from chargify_simulator.views import profile_view

from .paging import page_of, page_of_table
from .subscriptions import get_subscription


def list_profiles(site: Site, request: Request) -> Answer:
    customer_id = request.query.integer("customer_id")
    if customer_id is not None:
        rows = page_of(site.profiles_of(customer_id), request)
    else:
        rows = page_of_table(site.payment_profiles, request)
    return answer([{"payment_profile": profile_view(each)} for each in rows])


def get_profile(site: Site, request: Request) -> PaymentProfile:
    profile = site.payment_profiles.get(whole_number(request.names["profile"]) or 0)
    if profile is None:
        raise not_found()
    return profile


def read(site: Site, request: Request) -> Answer:
    return answer({"payment_profile": profile_view(get_profile(site, request))})


def create(site: Site, request: Request) -> Answer:
    sent = request.fields.nested("payment_profile") or Fields({})
    customer = site.customers.get(sent.integer("customer_id") or 0)
    if customer is None:
        raise not_found()
    profile = read_profile(
        site,
        sent,
        customer_id=customer.id,
        first_name=customer.first_name,
        last_name=customer.last_name,
    )
    add_profile(site, profile)
    location = f"/payment_profiles/{profile.id}"
    return answer({"payment_profile": profile_view(profile)}, 201, location=location)


def add_profile(site: Site, profile: PaymentProfile) -> None:
    profile.id = site.new_id("payment_profiles")
    site.add(site.payment_profiles, profile)


def delete_unused(site: Site, request: Request) -> Answer:
    profile = get_profile(site, request)
    owned = site.subscriptions_for(profile.customer_id)
    if any(each.payment_profile_id == profile.id for each in owned):
        raise errors(site.say("profile.in_use"))
    site.remove(site.payment_profiles, profile)
    return Answer(204)


def change_default(site: Site, request: Request) -> Answer:
    subscription, profile = get_subscription(site, request), get_profile(site, request)
    if profile.customer_id != subscription.customer_id:
        raise not_found()
    if subscription.payment_profile_id == profile.id:
        raise errors(site.say("profile.already_current"))
    before = site.payment_profiles.get(subscription.payment_profile_id or 0)
    subscription.payment_profile_id = profile.id
    site.touch(subscription)
    events.card_changed(site, subscription, before)
    return answer({"payment_profile": profile_view(profile)}, 201)


ROUTES = [
    Route("GET", "/payment_profiles.json", list_profiles),
    Route("POST", "/payment_profiles.json", create),
    Route("GET", "/payment_profiles/{profile}.json", read),
    Route("DELETE", "/payment_profiles/{profile}.json", delete_unused),
    Route(
        "POST",
        "/subscriptions/{subscription}/payment_profiles/{profile}/change_payment_profile.json",
        change_default,
    ),
]
