"""`PUT /products/{id}.json`: a price change makes a new price point and the default of it."""

from chargify_simulator.fields import Fields
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import PricePoint
from chargify_simulator.refusals import errors
from chargify_simulator.routing import Route
from chargify_simulator.site import Site
from chargify_simulator.views import product_view

from .catalogue import HANDLE, add_price_point, get_product
from .price_point_writes import make_default

TEXTS = ("name", "handle", "description", "accounting_code", "tax_code")
FLAGS = ("require_credit_card", "request_credit_card")
PRICING = (
    "price_in_cents",
    "interval",
    "interval_unit",
    "trial_price_in_cents",
    "trial_interval",
    "trial_interval_unit",
    "trial_type",
    "initial_charge_in_cents",
    "initial_charge_after_trial",
    "expiration_interval",
    "expiration_interval_unit",
)


def update(site: Site, request: Request) -> Answer:
    product = get_product(site, request)
    sent = request.fields.nested("product") or Fields({})
    problems = _problems(site, sent, product.id)
    if problems:
        raise errors(*problems)
    for name in TEXTS:
        if name in sent:
            setattr(product, name, sent.text(name))
    for name in FLAGS:
        flag = sent.flag(name)
        if flag is not None:
            setattr(product, name, flag)
    current = site.price_points[product.default_price_point_id]
    if any(name in sent for name in PRICING):
        _reprice(site, request, current, sent)
    product.version_number += 1
    site.touch(product)
    return answer({"product": product_view(site, product)})


def _problems(site: Site, sent: Fields, product_id: int) -> list[str]:
    keys: list[str] = []
    handle = sent.text("handle")
    if "name" in sent and not sent.text("name"):
        keys.append("name.blank")
    if "interval" in sent and (sent.integer("interval") or 0) < 1:
        keys.append("product.interval_too_small")
    if "interval_unit" in sent and sent.text("interval_unit") not in {"day", "month"}:
        keys.append("product.interval_unit_unknown")
    if "price_in_cents" in sent and (sent.integer("price_in_cents") or -1) < 0:
        is_zero = sent.integer("price_in_cents") == 0
        keys += [] if is_zero else ["product.price_not_a_number"]
    other = site.find_product_by_handle(handle) if handle else None
    if handle and not HANDLE.fullmatch(handle):
        keys.append("product.handle_malformed")
    elif other is not None and other.id != product_id:
        keys.append("product.handle_taken")
    return [site.say(key, handle=handle) for key in keys]


def _reprice(site: Site, request: Request, current: PricePoint, sent: Fields) -> None:
    """Old subscribers stay on the price point that they have (documented)."""
    product = get_product(site, request)
    terms = {name: getattr(current, name) for name in PRICING}
    changed = {name: sent.values[name] for name in PRICING if name in sent}
    if all(terms[name] == value for name, value in changed.items()):
        return
    point = add_price_point(site, product, Fields(terms | changed), name=current.name)
    make_default(site, product, point)


ROUTES = [Route("PUT", "/products/{product}.json", update)]
