"""A Chargify site to test against: a simulator, its owner's view, and our way to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx2

from chargify_simulator.testing import RunningSimulator
from standfast.connectors.chargify.connector import ChargifyConnector
from standfast.connectors.slots import Lane, SiteSlots
from standfast.connectors.transport import HttpTransport, Timeouts
from standfast.contract.actions import Finding, Order, Outcome, Undoing
from standfast.contract.catalogue import Money
from standfast.contract.testing import RecordingDesk

Json = Any
NOTHING = Money(0, "USD")
_runs = count(1)


@dataclass
class ChargifySite:
    """`owner` sees the site as its owner does; `transport` is ours."""

    simulator: RunningSimulator
    client: httpx2.Client
    holds: str = "customer_id"
    bad_rows: list[tuple[str, str]] = field(default_factory=list)
    timeouts: Timeouts = field(default_factory=lambda: Timeouts(read_seconds=5, charge_seconds=5))

    @property
    def host(self) -> str:
        return urlsplit(self.simulator.url).netloc

    @cached_property
    def connector(self) -> ChargifyConnector:
        return ChargifyConnector(on_bad_row=lambda kind, text: self.bad_rows.append((kind, text)))

    @property
    def settings(self) -> dict[str, str]:
        return {
            "api_key": self.simulator.api_key,
            "domain": self.host,
            "billing_id_holds": self.holds,
        }

    def transport(self, **settings: str) -> HttpTransport:
        address = self.connector.address(self.settings | settings, simulators=(self.host,))
        return HttpTransport(
            address,
            SiteSlots(),
            Lane.VISITOR,
            self.connector.spec.hosts,
            self.client,
            (self.host,),
            self.timeouts,
        )

    def owner(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Json:
        answer = self.client.request(
            method,
            self.simulator.url + path,
            json=body,
            auth=(self.simulator.api_key, "x"),
        )
        assert answer.is_success, answer.text
        return answer.json()

    def will_say(self, method: str, path: str, status: int, body: object, **headers: str) -> None:
        """Put an answer into Chargify's mouth, once."""
        self.simulator.fault(
            method,
            path,
            "status",
            status=status,
            body=json.dumps(body),
            content_type="application/json",
            headers=headers,
        )

    # What is there

    @cached_property
    def _plans(self) -> dict[str, str]:
        rows = self.owner("GET", "/products.json?per_page=200&include_archived=true")
        return {row["product"]["handle"]: str(row["product"]["id"]) for row in rows}

    def plan(self, handle: str) -> str:
        return self._plans[handle]

    def price_point(self, handle: str) -> str:
        rows = self.owner("GET", "/products_price_points.json?per_page=200")["price_points"]
        return next(str(row["id"]) for row in rows if row["handle"] == handle)

    def a_customer(self, *, card: str | None = "1", **more: object) -> str:
        """A new customer's id, with a card that ends in this digit, or none."""
        sent = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", **more}
        made = self.owner("POST", "/customers.json", {"customer": sent})["customer"]["id"]
        if card is not None:
            self.add_card(made, card)
        return str(made)

    def add_card(self, customer: str | int, number: str = "1") -> int:
        sent = {
            "customer_id": int(customer),
            "full_number": number,
            "expiration_month": 12,
            "expiration_year": 2040,
        }
        made = self.owner("POST", "/payment_profiles.json", {"payment_profile": sent})
        return made["payment_profile"]["id"]

    def subscribe(
        self, customer: str, plan: str = "basic", *, coupons: tuple[str, ...] = ()
    ) -> str:
        """A new subscription's id, paid with the customer's card."""
        profiles = self.owner("GET", f"/payment_profiles.json?customer_id={customer}")
        sent: dict[str, object] = {
            "customer_id": int(customer),
            "product_handle": plan,
            "coupon_codes": list(coupons),
        }
        if profiles:
            sent["payment_profile_id"] = profiles[0]["payment_profile"]["id"]
        made = self.owner("POST", "/subscriptions.json", {"subscription": sent})
        return str(made["subscription"]["id"])

    def subscriptions(self, customer: str) -> list[Json]:
        """The truth, past the vendor's API."""
        return [one for one in self.simulator.state() if one["customer_id"] == int(customer)]

    def subscription(self, subscription: str) -> Json:
        return self.simulator.subscription(int(subscription))

    def now(self) -> datetime:
        """By the site's clock, which a test may have moved."""
        told = self.simulator.control("GET", "clock")["now"]
        return datetime.fromisoformat(told).astimezone(UTC)

    def vendor_calls(self) -> list[str]:
        """Method and path of each vendor call since the log was cleared."""
        return [f"{one['method']} {one['path']}" for one in self.simulator.requests()]

    # What we do

    def order(self, action: str, customer: str, **more: Any) -> Order:
        number = next(_runs)
        names = ("reference", "token", "target", "user_id", "memo", "clicked_at")
        own: dict[str, Any] = {name: more.pop(name) for name in names if name in more}
        told: dict[str, Any] = {
            "reference": f"run-{number}",
            "token": f"token-{number}",
            "user_id": "u1",
        }
        told |= {"clicked_at": self.now()} | own
        return Order(action=action, parameters=more, billing_id=customer, **told)

    def perform(self, action: str, customer: str, **more: Any) -> Outcome:
        return self.perform_order(self.order(action, customer, **more))[0]

    def perform_order(self, order: Order) -> tuple[Outcome, RecordingDesk]:
        desk = RecordingDesk(self.transport())
        return self.connector.perform(order, desk, self.settings), desk

    def again(self, order: Order, desk: RecordingDesk, **changes: Any) -> Order:
        """The same order in its next try, as the ledger would give it."""
        noted = {"target": desk.target or order.target, "memo": order.memo or desk.memo}
        return replace(order, **{**noted, **changes})

    def undo(self, order: Order, reference: str) -> Outcome:
        """Take a succeeded order back, as an operator would."""
        undoing = self.connector.undo_of(order, reference=reference)
        assert isinstance(undoing, Undoing), undoing
        back = self.order(
            undoing.action, order.billing_id, target=undoing.target, **undoing.parameters
        )
        return self.perform_order(back)[0]

    def look_up(self, order: Order) -> Finding:
        return self.connector.look_up(order, self.transport(), self.settings)
