"""Chargify as its merchant sees it: a catalogue, customers, and what really happened."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2

from chargify_simulator.testing import RunningSimulator, running_simulator

KEY = "key-of-standfast-K3yK3y"
OWN_KEY = "key-of-the-merchant"
GOOD, DECLINED = "1", "2"
"""Cards of the test gateway."""

PLANS = {
    "boards": {"basic": 900, "pro": 2_900, "free": 0},
    "addons": {"backup": 300},
}
COUPONS: dict[str, dict[str, dict[str, object]]] = {
    "boards": {
        "TEN": {"percentage": "10"},
        "STAY30": {"percentage": "30"},
        "STACK5": {"percentage": "5", "stackable": True},
        "STACK7": {"percentage": "7", "stackable": True},
    },
    "addons": {"BACKUP50": {"percentage": "50"}},
}


@dataclass(frozen=True)
class Customer:
    """One person: `user` at the SaaS, `id` and `subscription` (0: none) at Chargify."""

    user: str
    id: int
    subscription: int = 0


@dataclass
class BillingSite:
    """`chargify` is the simulator; `client` asks its API with the merchant's own key."""

    chargify: RunningSimulator
    client: httpx2.Client
    plans: dict[str, str] = field(default_factory=dict)
    coupons: dict[str, str] = field(default_factory=dict)
    families: dict[str, int] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return urlsplit(self.chargify.url).netloc

    def stock(self) -> None:
        for family, plans in PLANS.items():
            made = self.post("/product_families.json", product_family={"name": family.title()})
            self.families[family] = made["product_family"]["id"]
            for handle, price in plans.items():
                self._add_plan(family, handle, price)
            for code, discount in COUPONS[family].items():
                self.add_coupon(code, family=family, **discount)
        self.post("/reason_codes.json", reason_code={"code": "CH1", "description": "Too dear"})

    def add_coupon(self, code: str, *, family: str = "boards", **more: object) -> None:
        restricted = more.pop("restricted_products", None)
        body: dict[str, object] = {
            "coupon": {"name": code, "code": code, "description": code, "recurring": True, **more}
        }
        if restricted is not None:
            body["restricted_products"] = restricted
        path = f"/product_families/{self.families[family]}/coupons.json"
        self.coupons[code] = str(self.post(path, **body)["coupon"]["id"])

    def add_customer(
        self, user: str, *, plan: str | None = None, card: str | None = GOOD
    ) -> Customer:
        body = {
            "first_name": user.title(),
            "last_name": "Lovelace",
            "email": f"{user}@example.com",
            "reference": f"ref-{user}",
        }
        number = self.post("/customers.json", customer=body)["customer"]["id"]
        customer = Customer(user, number)
        if card is not None:
            self.add_card(customer, card)
        if plan is None:
            return customer
        return Customer(user, number, self.subscribe(customer, plan))

    def add_card(self, customer: Customer, number: str = GOOD) -> None:
        card = {
            "customer_id": customer.id,
            "full_number": number,
            "expiration_month": 12,
            "expiration_year": 2044,
        }
        self.post("/payment_profiles.json", payment_profile=card)

    def subscribe(self, customer: Customer, plan: str) -> int:
        profiles = self.get(f"/payment_profiles.json?customer_id={customer.id}")
        body: dict[str, object] = {"customer_id": customer.id, "product_handle": plan}
        if profiles:
            body["payment_profile_id"] = profiles[0]["payment_profile"]["id"]
        return self.post("/subscriptions.json", subscription=body)["subscription"]["id"]

    def retire_plan(self, plan: str) -> None:
        self.client.delete(f"/products/{self.plans[plan]}.json").raise_for_status()

    def retire_coupon(self, code: str) -> None:
        family = self.families["boards"]
        path = f"/product_families/{family}/coupons/{self.coupons[code]}.json"
        self.client.delete(path).raise_for_status()

    def put_coupon_on(self, customer: Customer, code: str) -> None:
        self.post(f"/subscriptions/{customer.subscription}/add_coupon.json", codes=[code])

    def cancel(self, customer: Customer) -> None:
        self.client.delete(f"/subscriptions/{customer.subscription}.json").raise_for_status()

    def subscriptions(self, customer: Customer) -> list[dict[str, Any]]:
        """The truth, oldest first."""
        state = self.chargify.state()
        return [one for one in state if one["customer_id"] == customer.id]

    def subscription(self, customer: Customer) -> dict[str, Any]:
        (only,) = self.subscriptions(customer)
        return only

    def mark(self) -> int:
        """The present end of the request log."""
        calls = self.chargify.requests()
        return calls[-1]["n"] if calls else 0

    def calls(self, *, since: int = 0) -> list[dict[str, Any]]:
        """What Standfast asked."""
        found = self.chargify.requests(since=since)
        return [one for one in found if one["user_agent"].startswith("standfast/")]

    def writes(self, *, since: int = 0) -> list[str]:
        """What Standfast sent to change something: "POST /subscriptions.json"."""
        return [
            f"{one['method']} {one['path']}"
            for one in self.calls(since=since)
            if one["method"] != "GET"
        ]

    def effects(self, *, since: int = 0) -> list[str]:
        """Those of its writes that changed something."""
        return [
            f"{one['method']} {one['path']}" for one in self.calls(since=since) if one["effect"]
        ]

    @contextmanager
    def held(self, method: str, path: str, *, after: bool = False) -> Generator[int]:
        """Keep the next such request, with its effect done or not yet, until the block ends."""
        kind = "hold_after" if after else "hold_before"
        fault = self.chargify.fault(method, path, kind)
        try:
            yield fault
        finally:
            self.chargify.release(fault)

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: object) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def _add_plan(self, family: str, handle: str, price: int) -> None:
        product: Mapping[str, object] = {
            "name": handle.title(),
            "handle": handle,
            "price_in_cents": price,
            "interval": 1,
            "interval_unit": "month",
            "require_credit_card": price > 0,
        }
        path = f"/product_families/{self.families[family]}/products.json"
        self.plans[handle] = str(self.post(path, product=product)["product"]["id"])


@contextmanager
def billing_site() -> Generator[BillingSite]:
    """A site of this test's own, with its catalogue and nobody in it."""
    with (
        running_simulator(seed="empty", api_key=KEY, more_keys=(OWN_KEY,)) as chargify,
        httpx2.Client(base_url=chargify.url, auth=(OWN_KEY, "x"), trust_env=False) as client,
    ):
        site = BillingSite(chargify, client)
        site.stock()
        yield site
