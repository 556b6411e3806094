"""The billing system as its own API tells it, asked with a key of the demo's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

GOOD_CARD = {"full_number": "1", "expiration_month": 12, "expiration_year": 2040}


@dataclass(frozen=True)
class Vendor:
    """Chargify's API at the simulator; `control` is the simulator's request log."""

    client: httpx2.Client

    def add_customer(self, first_name: str, *, card: bool = True) -> int:
        body = {
            "first_name": first_name,
            "last_name": "Demo",
            "email": f"{first_name.lower()}@example.com",
            "reference": f"demo-{first_name.lower()}",
        }
        customer = self._post("/customers.json", {"customer": body})["customer"]["id"]
        if card:
            profile = {"customer_id": customer, "first_name": first_name, **GOOD_CARD}
            self._post("/payment_profiles.json", {"payment_profile": profile})
        return customer

    def subscribe(self, customer: int, product: str) -> int:
        profiles = self.client.get(
            "/payment_profiles.json", params={"customer_id": customer}
        ).json()
        body = {
            "customer_id": customer,
            "product_handle": product,
            "payment_profile_id": profiles[0]["payment_profile"]["id"],
        }
        made = self._post("/subscriptions.json", {"subscription": body})
        return made["subscription"]["id"]

    def subscriptions(self, customer: int) -> list[dict[str, Any]]:
        """What the customer has now, in the words that matter here."""
        found = self.client.get(f"/customers/{customer}/subscriptions.json").json()
        return [_in_short(one["subscription"]) for one in found]

    def product_id(self, handle: str) -> str:
        found = self.client.get(f"/products/handle/{handle}.json").json()
        return str(found["product"]["id"])

    def last_call(self) -> int:
        calls = self._log(0)
        return calls[-1]["n"] if calls else 0

    def calls_since(self, number: int, *, agent: str) -> list[str]:
        """What this user agent asked the billing system since then: "GET /customers/1.json 200"."""
        return [
            f"{call['method']} {call['path']} {call['status']}"
            for call in self._log(number)
            if call["n"] > number and str(call["user_agent"]).startswith(agent)
        ]

    def _log(self, since: int) -> list[dict[str, Any]]:
        return self.client.get("/_control/requests", params={"since": since}).json()["requests"]

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        answer = self.client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()


def _in_short(subscription: Mapping[str, Any]) -> dict[str, Any]:
    product: Mapping[str, Any] = subscription["product"] or {}
    return {
        "id": subscription["id"],
        "reference": subscription["reference"],
        "product": product.get("handle"),
        "price_in_cents": product.get("price_in_cents"),
        "state": subscription["state"],
        "cancel_at_end_of_period": bool(subscription["cancel_at_end_of_period"]),
        "coupon_codes": subscription["coupon_codes"],
    }
