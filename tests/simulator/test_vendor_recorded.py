"""Recorded exchanges of real sites: the simulator's answers have the same status and shape."""

import sys
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from simulator.vendor_world import VENDOR_DATA, World, vendor_file

Ask = Callable[[World, dict], httpx2.Response]
OLD_FIELDS = {
    "product.return_url",  # only in recordings of 2015
    "subscription.product.return_url",
}
CHANGED_TYPES = {"coupon.percentage": "a number in 2013, a string today (asserted live)"}


def get(path: str) -> Ask:
    return lambda world, _: world.api.get(path)


def ready_customer(world: World) -> dict:
    """One with everything filled in, as the recorded ones have it."""
    everything = dict.fromkeys(
        ("cc_emails", "organization", "reference", "address", "city", "state", "zip"), "x"
    )
    return world.customer(**everything, country="US", phone="1", address_2="2")


def post_recorded(path: str) -> Ask:
    return lambda world, request: world.api.post(
        path.format(family=world.family()["id"]), json=request["body"]
    )


def sign_up_recorded(world: World, request: dict) -> httpx2.Response:
    world.product(handle="gold", auto_create_signup_page=True)
    return world.api.post("/subscriptions.json", json=request["body"])


def trial_signup(world: World, request: dict) -> httpx2.Response:
    del request
    card = {"full_number": "1", "expiration_month": 1, "expiration_year": 2040}
    return world.sign_up(
        customer_id=world.customer()["id"],
        product_handle="pro",
        credit_card_attributes=card,
    )


def read_live(world: World, request: dict) -> httpx2.Response:
    del request
    return world.api.get(f"/subscriptions/{world.live()['id']}.json")


def look_live_up(world: World, request: dict) -> httpx2.Response:
    del request
    world.live(reference="found")
    return world.api.get("/subscriptions/lookup.json?reference=found")


def read_customer(world: World, request: dict) -> httpx2.Response:
    del request
    return world.api.get(f"/customers/{ready_customer(world)['id']}.json")


def look_customer_up(world: World, request: dict) -> httpx2.Response:
    del request
    ready_customer(world)
    return world.api.get("/customers/lookup.json?reference=x")


def read_card(world: World, request: dict) -> httpx2.Response:
    del request
    return world.api.get(f"/payment_profiles/{world.card(world.customer())['id']}.json")


def read_family(world: World, request: dict) -> httpx2.Response:
    del request
    return world.api.get(f"/product_families/{world.family()['id']}.json")


def list_products(world: World, request: dict) -> httpx2.Response:
    del request
    return world.api.get(f"/product_families/{world.family()['id']}/products.json")


def read_product(world: World, request: dict) -> httpx2.Response:
    del request
    number = world.product(auto_create_signup_page=True).json()["product"]["id"]
    return world.api.get(f"/products/{number}.json")


EXCHANGES: dict[str, Ask] = {
    "chargify-ruby-customers-create": post_recorded("/customers.json"),
    "chargify-ruby-customers-find": read_customer,
    "chargify-ruby-customers-list": get("/customers.json"),
    "chargify-ruby-customers-lookup": look_customer_up,
    "chargify-ruby-payment-profiles-find": read_card,
    "chargify-ruby-payment-profiles-list": get("/payment_profiles.json"),
    "chargify-ruby-product-families-create": post_recorded("/product_families.json"),
    "chargify-ruby-product-families-find": read_family,
    "chargify-ruby-product-families-list": get("/product_families.json"),
    "chargify-ruby-products-create": post_recorded("/product_families/{family}/products.json"),
    "chargify-ruby-products-find": read_product,
    "chargify-ruby-products-list": list_products,
    "chargify-ruby-products-lookup": get("/products/handle/basic.json"),
    "chargify-ruby-subscriptions-create": sign_up_recorded,
    "chargify-ruby-subscriptions-find": read_live,
    "chargify-ruby-subscriptions-list": get("/subscriptions.json"),
    "chargify-ruby-subscriptions-lookup": look_live_up,
    "php-sdk-coupon-find-error": get("/coupons/find.json?code=NOPE"),
    "php-sdk-coupon-find-success": get("/coupons/find.json?code=SAVE20"),
    "php-sdk-customer-readbychargifyid-success": read_customer,
    "php-sdk-customer-readbyreference-success": look_customer_up,
    "php-sdk-subscription-success": trial_signup,
}
ABSENT = {
    "chargify-ruby-components-lookup": "components",
    "chargify-api-ares-subscription-find": "XML",
    "chargify-api-ares-subscription-metadata-create": "XML, metadata",
    "chargify-api-ares-subscription-metadata-list-after-create": "XML, metadata",
    "chargify-api-ares-subscription-metadata-list": "XML, metadata",
    "php-sdk-adjustment-create-error-no-amount": "adjustments",
    "php-sdk-adjustment-create-success": "adjustments",
    "php-sdk-adjustment-createmeteredstairstep-error-no-prices": "components",
    "php-sdk-component-createmeteredstairstep-success": "components",
    "php-sdk-subscription-error-no-shipping": "shipping addresses",
}


def shape(value: Any, path: str = "") -> dict[str, set[str]]:
    """Kinds of value by path; list items share one path."""
    found: dict[str, set[str]] = {path: {kind_of(value)}}
    parts = value.items() if isinstance(value, dict) else ()
    inner = [(f"{path}.{name}".lstrip("."), part) for name, part in parts]
    inner += [(path, part) for part in value] if isinstance(value, list) else []
    for at, part in inner:
        for where, kinds in shape(part, at).items():
            found.setdefault(where, set()).update(kinds)
    return found


def kind_of(value: Any) -> str:
    kinds = {dict: "object", list: "list", str: "string", type(None): "null", bool: "boolean"}
    return kinds.get(type(value), "number")


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_recorded_exchange_has_the_same_status_and_shape(api, name):
    recorded = vendor_file(f"recorded/{name}.json")

    answer = EXCHANGES[name](World(api), recorded["request"])

    assert answer.status_code == recorded["response"]["status"], answer.text
    if not isinstance(recorded["response"]["body"], dict | list):
        assert answer.text == recorded["response"]["body"]
        return
    wanted, ours = shape(recorded["response"]["body"]), shape(answer.json())
    assert wanted.keys() - ours.keys() <= OLD_FIELDS
    differing = {
        path: (kinds, ours[path])
        for path, kinds in wanted.items()
        if path in ours
        and path not in CHANGED_TYPES
        and not kinds & (ours[path] | {"null"})
        and ours[path] != {"null"}
    }
    assert differing == {}


def test_every_recording_is_either_asked_or_absent(capsys):
    folder = VENDOR_DATA / "fixtures" / "recorded"
    if not folder.exists():
        pytest.skip("the vendor's reference data is not there")
    names = {path.stem for path in folder.glob("*.json")}

    with capsys.disabled():
        sys.stdout.write(f"\nrecorded exchanges: {len(EXCHANGES)} of {len(names)} asked\n")
    assert names == EXCHANGES.keys() | ABSENT.keys()
