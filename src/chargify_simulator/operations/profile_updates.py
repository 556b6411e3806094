"""Payment profiles: update, take away, ask the customer for a new one; purge; referral codes."""

from datetime import timedelta

from chargify_simulator.fields import Fields
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import PaymentProfile
from chargify_simulator.refusals import Refusal, bare_errors, errors, field_errors, not_found
from chargify_simulator.routing import Route
from chargify_simulator.rules import events
from chargify_simulator.rules.cards import read_profile
from chargify_simulator.site import Site
from chargify_simulator.views import profile_view

from .payment_profiles import get_profile
from .subscriptions import full_view, get_subscription

PLAIN = (
    "first_name",
    "last_name",
    "billing_address",
    "billing_address_2",
    "billing_city",
    "billing_state",
    "billing_zip",
    "billing_country",
)
CARD = ("masked_card_number", "card_type", "expiration_month", "expiration_year", "vault_token")
REQUESTS, WINDOW = 5, timedelta(minutes=30)


def update(site: Site, request: Request) -> Answer:
    """Unlike a card change through the subscription this tries no balance again."""
    profile = get_profile(site, request)
    sent = request.fields.nested("payment_profile")
    if not sent:
        raise field_errors(payment_profile=site.say("root.blank"))
    if sent.text("full_number"):
        _renumber(site, profile, sent)
    for name in PLAIN:
        if name in sent:
            setattr(profile, name, sent.text(name) or ("" if name.endswith("_name") else None))
    for name in ("expiration_month", "expiration_year"):
        number = sent.integer(name)
        if number is not None:
            setattr(profile, name, number)
    site.touch(profile)
    return answer({"payment_profile": profile_view(profile)})


def _renumber(site: Site, profile: PaymentProfile, sent: Fields) -> None:
    known = {name: getattr(profile, name) for name in ("expiration_month", "expiration_year")}
    drawn = read_profile(
        site,
        Fields({**known, **sent.values}),
        customer_id=profile.customer_id,
        first_name=profile.first_name,
        last_name=profile.last_name,
    )
    for name in CARD:
        setattr(profile, name, getattr(drawn, name))


def delete_of_subscription(site: Site, request: Request) -> Answer:
    """It goes from all subscriptions of its customer (documented)."""
    subscription, profile = get_subscription(site, request), get_profile(site, request)
    if profile.customer_id != subscription.customer_id:
        raise not_found()
    for each in site.subscriptions_for(profile.customer_id):
        if each.payment_profile_id == profile.id:
            each.payment_profile_id = None
            site.touch(each)
    site.remove(site.payment_profiles, profile)
    return Answer(204)


def ask_for_profile(site: Site, request: Request) -> Answer:
    """An e-mail to the customer that nobody gets; five in half an hour."""
    subscription = get_subscription(site, request)
    recent = [at for at in subscription.payment_requests if site.now - at < WINDOW]
    if len(recent) >= REQUESTS:
        raise errors(site.say("profile.too_many_requests"))
    subscription.payment_requests = [*recent, site.now]
    site.keep(subscription)
    return Answer(201)


def purge(site: Site, request: Request) -> Answer:
    """`ack` must be the customer's id; otherwise 400 with the subscription (live tests)."""
    subscription = get_subscription(site, request)
    customer = site.customers[subscription.customer_id]
    if request.query.integer("ack") != customer.id:
        raise Refusal(answer({"subscription": full_view(site, subscription)}, 400))
    view = full_view(site, subscription)
    added = site.subscriptions_of.get(customer.id, [])
    site.subscriptions_of[customer.id] = [each for each in added if each != subscription.id]
    site.remove(site.subscriptions, subscription)
    cascade = request.query.texts("cascade[]")
    events.purged(site, subscription)
    if {"customer", "payment_profile"} & set(cascade) and not site.subscriptions_for(customer.id):
        for profile in site.profiles_of(customer.id):
            site.remove(site.payment_profiles, profile)
    if "customer" in cascade and not site.subscriptions_for(customer.id):
        site.remove(site.customers, customer)
    return answer({"subscription": view})


def validate_referral(site: Site, request: Request) -> Answer:
    code = request.query.text("code") or ""
    number = site.referral_codes.get(code)
    if number is None:
        raise bare_errors(site.say("referral.invalid"), status=404)
    view = {"id": number, "site_id": site.id, "subscription_id": number, "code": code}
    return answer({"referral_code": view})


SUBSCRIPTION = "/subscriptions/{subscription}"
ROUTES = [
    Route("PUT", "/payment_profiles/{profile}.json", update),
    Route("DELETE", f"{SUBSCRIPTION}/payment_profiles/{{profile}}.json", delete_of_subscription),
    Route("POST", f"{SUBSCRIPTION}/request_payment_profiles_update.json", ask_for_profile),
    Route("POST", f"{SUBSCRIPTION}/purge.json", purge),
    Route("GET", "/referral_codes/validate.json", validate_referral),
]
