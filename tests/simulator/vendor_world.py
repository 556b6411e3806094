"""Small scenes for the vendor's recorded cases: a customer, a card, a live subscription."""

import itertools
import json
import os
from pathlib import Path
from typing import Any

import httpx2
import pytest

VENDOR_DATA = Path(
    os.environ.get("STANDFAST_VENDOR_DATA")
    or Path(__file__).resolve().parents[2].parent / "shared" / "chargify"
)
CARD = {"full_number": "1", "expiration_month": 12, "expiration_year": 2040}


def vendor_file(name: str) -> Any:
    return json.loads(vendor_text(name))


def vendor_text(name: str) -> str:
    path = VENDOR_DATA / "fixtures" / name
    if not path.exists():
        pytest.skip(f"the vendor's reference data is not there ({path.name})")
    return path.read_text()


class World:
    def __init__(self, api: httpx2.Client) -> None:
        self.api = api
        self._numbers = itertools.count(1)

    def force(self, subscription: int, **fields: object) -> None:
        """Past every rule of the vendor's: through the simulator's own controls."""
        self.api.put(f"/_control/subscriptions/{subscription}", json=fields)

    def customer(self, **fields: object) -> dict:
        sent = {"first_name": "A", "last_name": "B", "email": "a@example.com"} | fields
        return self.api.post("/customers.json", json={"customer": sent}).json()["customer"]

    def card(self, customer: dict) -> dict:
        sent = CARD | {"customer_id": customer["id"]}
        answer = self.api.post("/payment_profiles.json", json={"payment_profile": sent})
        return answer.json()["payment_profile"]

    def sign_up(self, **fields: object) -> httpx2.Response:
        return self.api.post("/subscriptions.json", json={"subscription": fields})

    def live(self, **fields: object) -> dict:
        """A live, paid subscription."""
        customer = self.customer()
        fields = {"product_handle": "basic", "credit_card_attributes": CARD} | fields
        return self.sign_up(customer_id=customer["id"], **fields).json()["subscription"]

    def canceled(self) -> dict:
        subscription = self.live()
        self.api.delete(f"/subscriptions/{subscription['id']}.json")
        return subscription

    def add_coupon(self, subscription: dict, body: object = None, **query: str) -> httpx2.Response:
        path = f"/subscriptions/{subscription['id']}/add_coupon.json"
        return self.api.post(path, json=body, params=query or None)

    def family(self, handle: str = "boards") -> dict:
        answer = self.api.get(f"/product_families/handle:{handle}.json")
        return answer.json()["product_family"]

    def coupon(self, **fields: object) -> httpx2.Response:
        sent = {"name": "C", "code": f"CODE{next(self._numbers)}"} | fields
        path = f"/product_families/{self.family()['id']}/coupons.json"
        return self.api.post(path, json={"coupon": sent})

    def product(self, **fields: object) -> httpx2.Response:
        sent = {"name": "P", "price_in_cents": 1000, "interval": 1, "interval_unit": "month"}
        path = f"/product_families/{self.family()['id']}/products.json"
        return self.api.post(path, json={"product": sent | fields})
