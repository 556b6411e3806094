"""Product families and products."""

import re
import uuid

from chargify_simulator.fields import Fields
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.maxima import check_maximum
from chargify_simulator.records import PricePoint, Product, ProductFamily
from chargify_simulator.refusals import Refusal, errors, forbidden, not_found
from chargify_simulator.routing import Route
from chargify_simulator.site import Site
from chargify_simulator.views import family_view, product_view

from .paging import filtered_by_date, page_of

HANDLE = re.compile(r"[a-z0-9_-]+")


def list_families(site: Site, request: Request) -> Answer:
    families = filtered_by_date(site.families.values(), request.query)
    return answer([{"product_family": family_view(each)} for each in families])


def get_family(site: Site, request: Request) -> ProductFamily:
    family = site.find_family(request.names["family"])
    if family is None:
        raise not_found()
    return family


def read_family(site: Site, request: Request) -> Answer:
    return answer({"product_family": family_view(get_family(site, request))})


def create_family(site: Site, request: Request) -> Answer:
    sent = request.fields.nested("product_family") or Fields({})
    name, handle = sent.text("name"), sent.text("handle")
    problems: list[str] = []
    if not name:
        problems.append(site.say("name.blank"))
    if handle and site.find_family(f"handle:{handle}"):
        problems.append(site.say("family.handle_taken"))
    if problems or not name:
        raise errors(*problems)
    family = ProductFamily(
        id=site.new_id("families"),
        name=name,
        handle=handle or _handle_from(name),
        description=sent.text("description"),
        created_at=site.now,
        updated_at=site.now,
    )
    site.add(site.families, family)
    return answer(
        {"product_family": family_view(family)}, 201, location=f"/product_families/{family.id}"
    )


def _handle_from(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def list_products(site: Site, request: Request) -> Answer:
    return _product_page(site, request, list(site.products.values()))


def list_family_products(site: Site, request: Request) -> Answer:
    family = site.find_family(request.names["family"])
    if family is None:
        # Documented for this list alone: a JSON string instead of an object.
        raise Refusal(answer(site.say("family.required"), 404))
    products = [each for each in site.products.values() if each.family_id == family.id]
    return _product_page(site, request, products)


def _product_page(site: Site, request: Request, products: list[Product]) -> Answer:
    if not request.query.flag("include_archived"):
        products = [each for each in products if not each.archived_at]
    rows = page_of(filtered_by_date(products, request.query), request)
    return answer([{"product": product_view(site, each)} for each in rows])


def get_product(site: Site, request: Request) -> Product:
    product = site.find_product(request.names["product"])
    if product is None:
        raise not_found()
    return product


def read_product(site: Site, request: Request) -> Answer:
    return answer({"product": product_view(site, get_product(site, request))})


def read_product_by_handle(site: Site, request: Request) -> Answer:
    product = site.find_product_by_handle(request.names["handle"])
    if product is None:
        raise not_found()
    return answer({"product": product_view(site, product)})


def create_product(site: Site, request: Request) -> Answer:
    family = site.find_family(request.names["family"])
    if family is None:
        raise forbidden()  # 403, not 404 (asserted by the vendor's live tests)
    check_maximum(site, "products")
    sent = request.fields.nested("product") or Fields({})
    problems = _product_problems(site, sent)
    if problems:
        raise errors(*problems)
    product = add_product(site, family, sent)
    return answer({"product": product_view(site, product)}, 201, location=f"/products/{product.id}")


def _product_problems(site: Site, sent: Fields) -> list[str]:
    keys: list[str] = []
    handle, unit = sent.text("handle"), sent.text("interval_unit")
    if not sent.text("name"):
        keys.append("name.blank")
    if (sent.integer("interval") or 0) < 1:
        keys.append("product.interval_too_small")
    if not unit:
        keys.append("product.interval_unit_blank")
    if unit not in {"day", "month"}:
        keys.append("product.interval_unit_unknown")
    if sent.integer("price_in_cents") is None:
        keys.append("product.price_not_a_number")
    if handle and not HANDLE.fullmatch(handle):
        keys.append("product.handle_malformed")
    elif handle and site.find_product_by_handle(handle):
        keys.append("product.handle_taken")
    return [site.say(key, handle=handle) for key in keys]


def add_product(site: Site, family: ProductFamily, sent: Fields) -> Product:
    """A product and its default price point, from fields that were checked."""
    needs_card = sent.flag("require_credit_card")
    product = Product(
        id=site.new_id("products"),
        family_id=family.id,
        name=sent.text("name") or "",
        handle=sent.text("handle"),
        description=sent.text("description"),
        accounting_code=sent.text("accounting_code"),
        tax_code=sent.text("tax_code"),
        require_credit_card=True if needs_card is None else needs_card,
        request_credit_card=sent.flag("request_credit_card") is not False,
        signup_page_id=site.new_id("signup_pages")
        if sent.flag("auto_create_signup_page")
        else None,
        created_at=site.now,
        updated_at=site.now,
    )
    price_point = add_price_point(site, product, sent, name="Original", kind="default")
    product.default_price_point_id = price_point.id
    return site.add(site.products, product)


def add_price_point(
    site: Site, product: Product, sent: Fields, *, name: str, kind: str = "catalog"
) -> PricePoint:
    number = site.new_id("price_points")
    automatic = f"uuid:{uuid.uuid5(uuid.NAMESPACE_OID, str(number))}"
    own_handle = sent.text("handle") if kind == "catalog" else None
    price_point = PricePoint(
        id=number,
        product_id=product.id,
        name=name,
        handle=own_handle or automatic,
        price_in_cents=max(sent.integer("price_in_cents") or 0, 0),
        interval=sent.integer("interval") or 1,
        interval_unit=sent.text("interval_unit") or "month",
        trial_price_in_cents=sent.integer("trial_price_in_cents"),
        trial_interval=sent.integer("trial_interval"),
        trial_interval_unit=sent.text("trial_interval_unit"),
        trial_type=sent.text("trial_type"),
        initial_charge_in_cents=sent.integer("initial_charge_in_cents"),
        initial_charge_after_trial=bool(sent.flag("initial_charge_after_trial")),
        expiration_interval=sent.integer("expiration_interval"),
        expiration_interval_unit=sent.text("expiration_interval_unit"),
        type=kind,
        created_at=site.now,
        updated_at=site.now,
    )
    return site.add(site.price_points, price_point)


def archive_product(site: Site, request: Request) -> Answer:
    product = get_product(site, request)
    if product.archived_at:
        raise errors(site.say("product.not_archivable"))
    product.archived_at = site.now
    site.touch(product)
    return answer({"product": product_view(site, product)})


ROUTES = [
    Route("GET", "/product_families.json", list_families),
    Route("POST", "/product_families.json", create_family),
    Route("GET", "/product_families/{family}.json", read_family),
    Route("GET", "/product_families/{family}/products.json", list_family_products),
    Route("POST", "/product_families/{family}/products.json", create_product),
    Route("GET", "/products.json", list_products),
    Route("GET", "/products/{product}.json", read_product),
    Route("DELETE", "/products/{product}.json", archive_product),
    Route("GET", "/products/handle/{handle}.json", read_product_by_handle),
]
