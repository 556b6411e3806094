from chargify_simulator.fields import Fields, whole_number
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.maxima import check_maximum
from chargify_simulator.records import Customer
from chargify_simulator.refusals import errors, field_errors, not_found
from chargify_simulator.routing import Route
from chargify_simulator.rules import events
from chargify_simulator.site import Site
from chargify_simulator.subscription_view import subscription_view
from chargify_simulator.views import customer_view

from .paging import date_filter, page_of_table

PER_PAGE = 50
REQUIRED = {
    "first_name": "customer.first_name_blank",
    "last_name": "customer.last_name_blank",
    "email": "customer.email_blank",
}
OPTIONAL = (
    "cc_emails",
    "organization",
    "reference",
    "address",
    "address_2",
    "city",
    "state",
    "zip",
    "country",
    "phone",
    "locale",
    "vat_number",
)
SEARCHED = ("email", "reference", "organization", "first_name", "last_name")


def list_customers(site: Site, request: Request) -> Answer:
    """Oldest first unless asked otherwise; ids grow with the date of creation."""
    query = request.query
    words = (query.text("q") or "").lower()
    in_time = date_filter(query)
    is_filtered = bool(words) or in_time is not None

    def is_wanted(customer: Customer) -> bool:
        is_in_time = in_time is None or in_time(customer)
        return is_in_time and (not words or _is_hit(customer, words))

    shown = page_of_table(
        site.customers,
        request,
        is_wanted=is_wanted if is_filtered else None,
        is_descending=query.text("direction") == "desc",
        per_page=PER_PAGE,
    )
    return answer([{"customer": customer_view(each)} for each in shown])


def _is_hit(customer: Customer, words: str) -> bool:
    """A search, not a look-up: any part of any of these fields."""
    if words == str(customer.id) or words in f"{customer.first_name} {customer.last_name}".lower():
        return True
    return any(words in (getattr(customer, each) or "").lower() for each in SEARCHED)


def get_customer(site: Site, request: Request) -> Customer:
    customer = site.customers.get(whole_number(request.names["customer"]) or 0)
    if customer is None:
        raise not_found()
    return customer


def read(site: Site, request: Request) -> Answer:
    return answer({"customer": customer_view(get_customer(site, request))})


def look_up(site: Site, request: Request) -> Answer:
    customer = site.find_customer_by_reference(request.query.text("reference") or "")
    if customer is None:
        raise not_found()
    return answer({"customer": customer_view(customer)})


def list_subscriptions(site: Site, request: Request) -> Answer:
    """All states, unpaged."""
    customer = get_customer(site, request)
    rows = site.subscriptions_for(customer.id)
    return answer([{"subscription": subscription_view(site, each)} for each in rows])


def create(site: Site, request: Request) -> Answer:
    check_maximum(site, "customers")
    customer = draft_customer(site, _sent(site, request))
    add_customer(site, customer)
    events.customer_created(site, customer)
    location = f"/customers/{customer.id}"
    return answer({"customer": customer_view(customer)}, 201, location=location)


def _sent(site: Site, request: Request) -> Fields:
    """An empty object counts as missing."""
    sent = request.fields.nested("customer")
    if not sent:
        blank = "customer" not in request.fields or request.method == "PUT"
        if blank or not isinstance(request.fields.values["customer"], dict):
            raise field_errors(customer=site.say("root.blank"))
    return sent or Fields({})


def draft_customer(site: Site, sent: Fields) -> Customer:
    """A customer that is not yet added; refuses as the vendor does."""
    problems = [site.say(key) for name, key in REQUIRED.items() if not sent.text(name)]
    problems += _problems(site, sent, but=None)
    if problems:
        raise errors(*problems)
    customer = Customer(
        id=0,
        first_name=sent.text("first_name") or "",
        last_name=sent.text("last_name") or "",
        email=sent.text("email") or "",
        tax_exempt=bool(sent.flag("tax_exempt")),
        created_at=site.now,
        updated_at=site.now,
    )
    for name in OPTIONAL:
        setattr(customer, name, sent.text(name))
    return customer


def add_customer(site: Site, customer: Customer) -> None:
    customer.id = site.new_id("customers")
    site.add(site.customers, customer)


def _problems(site: Site, sent: Fields, *, but: Customer | None) -> list[str]:
    problems: list[str] = []
    email, reference = sent.text("email"), sent.text("reference")
    if email and "@" not in email:
        problems.append(site.say("customer.email_invalid"))
    owner = site.find_customer_by_reference(reference) if reference else None
    if owner is not None and owner is not but:
        problems.append(site.say("customer.reference_taken"))
    return problems


def update(site: Site, request: Request) -> Answer:
    customer = get_customer(site, request)
    sent = _sent(site, request)
    blanks = [
        site.say(key) for name, key in REQUIRED.items() if name in sent and not sent.text(name)
    ]
    problems = blanks + _problems(site, sent, but=customer)
    if problems:
        raise errors(*problems)
    for name in (*REQUIRED, *OPTIONAL):
        if name in sent:
            setattr(customer, name, sent.text(name))
    site.touch(customer)
    events.customer_updated(site, customer)
    return answer({"customer": customer_view(customer)})


def delete(site: Site, request: Request) -> Answer:
    customer = get_customer(site, request)
    if site.subscriptions_for(customer.id):
        raise errors(site.say("customer.has_live_subscriptions"))
    for profile in site.profiles_of(customer.id):
        site.remove(site.payment_profiles, profile)
    site.remove(site.customers, customer)
    events.customer_deleted(site, customer)
    return Answer(204)


ROUTES = [
    Route("GET", "/customers.json", list_customers),
    Route("POST", "/customers.json", create),
    Route("GET", "/customers/lookup.json", look_up),
    Route("GET", "/customers/{customer}.json", read),
    Route("PUT", "/customers/{customer}.json", update),
    Route("DELETE", "/customers/{customer}.json", delete),
    Route("GET", "/customers/{customer}/subscriptions.json", list_subscriptions),
]
