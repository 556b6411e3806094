"""Product price points: create, update, archive and back, make one the default."""

from typing import cast

from chargify_simulator.fields import Fields, JsonObject
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import PricePoint, Product
from chargify_simulator.refusals import errors, field_errors, not_found
from chargify_simulator.routing import Route
from chargify_simulator.site import Site
from chargify_simulator.views import price_point_view, product_view

from .catalogue import add_price_point, get_product

NUMBERS = (
    "price_in_cents",
    "interval",
    "trial_price_in_cents",
    "trial_interval",
    "initial_charge_in_cents",
    "expiration_interval",
)
TEXTS = ("name", "handle", "interval_unit", "trial_interval_unit", "trial_type")
UNITS = {"day", "month"}


def get_price_point(site: Site, request: Request) -> PricePoint:
    price_point = site.find_price_point(get_product(site, request), request.names["price_point"])
    if price_point is None:
        raise not_found()
    return price_point


def create(site: Site, request: Request) -> Answer:
    product = get_product(site, request)
    sent = _sent(site, request)
    problems = _problems(site, sent)
    if problems:
        raise field_errors(**problems)
    price_point = add_price_point(site, product, sent, name=sent.text("name") or "")
    location = f"/products/{product.id}/price_points/{price_point.id}"
    return answer({"price_point": price_point_view(price_point)}, 201, location=location)


def _sent(site: Site, request: Request) -> Fields:
    sent = request.fields.nested("price_point")
    if not sent:
        raise field_errors(price_point=site.say("root.blank"))
    return sent


def _problems(site: Site, sent: Fields, *, is_update: bool = False) -> JsonObject:
    """Texts by field; an update is asked only for what it sends."""
    keys: dict[str, list[str]] = {}
    price, interval, unit = sent.text("price_in_cents"), sent.text("interval"), "interval_unit"
    if not sent.text("name"):
        keys["name"] = ["name.blank"]
    if interval is None:
        keys["interval"] = ["price_point.interval_blank"]
    elif (sent.integer("interval") or 0) < 1:
        keys["interval"] = ["product.interval_too_small"]
    if sent.text(unit) not in UNITS:
        blank = [] if sent.text(unit) else ["product.interval_unit_blank"]
        keys[unit] = [*blank, "product.interval_unit_unknown"]
    if price is None:
        keys["price"] = ["product.price_not_a_number"]
        keys["price_in_cents"] = ["price_point.price_blank"]
    elif (sent.integer("price_in_cents") or 0) < 0:
        keys["price"] = ["price_point.price_negative"]
    elif sent.integer("price_in_cents") is None:
        keys["price"] = ["product.price_not_a_number"]
    asked = {"price": "price_in_cents"}
    return {
        name: [site.say(key) for key in found]
        for name, found in keys.items()
        if not is_update or asked.get(name, name) in sent
    }


def update(site: Site, request: Request) -> Answer:
    """A custom one belongs to its subscription and is refused."""
    price_point = get_price_point(site, request)
    if price_point.type == "custom":
        raise errors(site.say("price_point.custom_fixed"))
    sent = _sent(site, request)
    problems = _problems(site, sent, is_update=True)
    if problems:
        raise field_errors(**problems)
    for name in NUMBERS:
        if name in sent:
            setattr(price_point, name, sent.integer(name))
    for name in TEXTS:
        if sent.text(name):
            setattr(price_point, name, sent.text(name))
    site.touch(price_point)
    return answer({"price_point": price_point_view(price_point)})


def archive(site: Site, request: Request) -> Answer:
    price_point = get_price_point(site, request)
    if price_point.type == "custom":
        raise errors(site.say("price_point.custom_not_archivable"))
    if get_product(site, request).default_price_point_id == price_point.id:
        raise errors(site.say("price_point.default_not_archivable"))
    price_point.archived_at = price_point.archived_at or site.now
    site.touch(price_point)
    return answer({"price_point": price_point_view(price_point)})


def unarchive(site: Site, request: Request) -> Answer:
    price_point = get_price_point(site, request)
    price_point.archived_at = None
    site.touch(price_point)
    return answer({"price_point": price_point_view(price_point)})


def promote(site: Site, request: Request) -> Answer:
    """The answer is the product. Old subscribers stay on their price."""
    product, price_point = get_product(site, request), get_price_point(site, request)
    if price_point.type == "custom" or price_point.archived_at:
        raise errors(site.say("price_point.not_promotable"))
    make_default(site, product, price_point)
    return answer({"product": product_view(site, product)})


def make_default(site: Site, product: Product, price_point: PricePoint) -> None:
    site.price_points[product.default_price_point_id].type = "catalog"
    price_point.type = "default"
    product.default_price_point_id = price_point.id
    site.touch(product)


def bulk_create(site: Site, request: Request) -> Answer:
    """All or nothing; problems are named by their place, without "errors" around them."""
    product = get_product(site, request)
    found = request.fields.values.get("price_points")
    rows = cast("list[object]", found) if isinstance(found, list) else []
    sent = [Fields(cast("JsonObject", row)) for row in rows if isinstance(row, dict)]
    problems = {
        f"price_points[{at}].{name}": texts
        for at, fields in enumerate(sent)
        for name, texts in _problems(site, fields).items()
    }
    if problems:
        raise field_errors(**problems)
    made = [add_price_point(site, product, each, name=each.text("name") or "") for each in sent]
    return answer({"price_points": [price_point_view(each) for each in made]}, 201)


ONE = "/products/{product}/price_points/{price_point}"
ROUTES = [
    Route("POST", "/products/{product}/price_points.json", create),
    Route("POST", "/products/{product}/price_points/bulk.json", bulk_create),
    Route("PUT", f"{ONE}.json", update),
    Route("DELETE", f"{ONE}.json", archive),
    Route("PATCH", f"{ONE}/unarchive.json", unarchive),
    Route("PATCH", f"{ONE}/default.json", promote),
]
