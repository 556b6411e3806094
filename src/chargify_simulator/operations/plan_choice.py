"""The product and price point that a change names."""

import uuid
from dataclasses import dataclass

from chargify_simulator.fields import Fields
from chargify_simulator.records import PricePoint, Product, Subscription
from chargify_simulator.site import Site

from .orders import custom_price


@dataclass(frozen=True, slots=True)
class Choice:
    product: Product | None
    """None when it is unknown."""
    price: PricePoint | None
    """None when it does not belong to the product."""
    names_price: bool


def read_choice(site: Site, subscription: Subscription, sent: Fields) -> Choice:
    """A price point alone stays with the product; a product alone comes at its default price."""
    handle, ref = sent.text("product_handle"), sent.text("product_id")
    if handle:
        product = site.find_product_by_handle(handle)
    elif ref:
        product = site.find_product(ref)
    else:
        product = site.products[subscription.product_id]
    if product is not None and product.archived_at:
        product = None
    names_price = any(sent.text(f"product_price_point_{each}") for each in ("id", "handle"))
    return Choice(product, _price(site, product, sent), names_price)


def _price(site: Site, product: Product | None, sent: Fields) -> PricePoint | None:
    handle = sent.text("product_price_point_handle")
    ref = f"handle:{handle}" if handle else sent.text("product_price_point_id")
    if product is None:
        return None
    if sent.nested("custom_price"):
        return custom_price(site, product, sent.nested("custom_price") or Fields({}))
    if ref is None:
        return site.price_points[product.default_price_point_id]
    price = site.find_price_point(product, ref)
    return None if price is None or price.archived_at or price.type == "custom" else price


def keep_custom(site: Site, subscription: Subscription, price: PricePoint) -> PricePoint:
    """A custom price is written down with the one subscription that it belongs to."""
    if price.id == 0:
        price.id = site.new_id("price_points")
        price.handle = f"uuid:{uuid.uuid5(uuid.NAMESPACE_OID, str(price.id))}"
        price.subscription_id = subscription.id
        site.add(site.price_points, price)
    return price
