"""Sets the simulated site and Standfast up: customers with cards, one app, four live prompts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from chaos_parts.plan import Action, Round, Window
from chaos_parts.surroundings import COUPON_CODE, CUT_SECONDS, IN_FLIGHT, PLAN
from chargify_simulator.testing import RunningSimulator
from standfast.bootstrap import build
from standfast.config import Settings
from standfast.connectors.chargify.connector import ChargifyConnector
from standfast.connectors.registry import Registry
from standfast.domain.prompt import (
    AttachedAction,
    Button,
    ButtonBody,
    PageTrigger,
    PromptBody,
    Step,
    Triggers,
)

GOOD_CARD, DECLINED_CARD = "1", "2"


@dataclass(frozen=True)
class Customer:
    """As the billing system knows them; `subscription` is None before a create."""

    id: int
    subscription: int | None


@dataclass(frozen=True)
class AppKeys:
    """What the customer's app needs to know."""

    app_id: str
    kid: str
    secret: str


def add_customers(twin: RunningSimulator, rounds: Iterable[Round]) -> dict[int, Customer]:
    """A customer of its own for each round, by its number, made over the vendor's API."""
    twin.settings(cut_seconds=CUT_SECONDS)
    with httpx2.Client(base_url=twin.url, auth=(twin.api_key, "x"), timeout=30) as vendor:
        return {one.number: _add_customer(vendor, one) for one in rounds}


def _add_customer(vendor: httpx2.Client, one: Round) -> Customer:
    name = {"first_name": "Chaos", "last_name": str(one.number)}
    customer = _post(
        vendor,
        "/customers.json",
        {"customer": {**name, "email": f"{one.user}@example.com", "reference": one.user}},
    )["customer"]["id"]
    card = {
        **name,
        "customer_id": customer,
        "full_number": DECLINED_CARD if one.is_declined else GOOD_CARD,
        "expiration_month": 12,
        "expiration_year": 2040,
    }
    profile = _post(vendor, "/payment_profiles.json", {"payment_profile": card})
    if one.action is Action.CREATE and one.kill is not Window.OUTCOME_ANSWER:
        return Customer(customer, None)
    wanted = {
        "customer_id": customer,
        "product_handle": PLAN,
        "payment_profile_id": profile["payment_profile"]["id"],
    }
    made = _post(vendor, "/subscriptions.json", {"subscription": wanted})
    return Customer(customer, made["subscription"]["id"])


def _post(vendor: httpx2.Client, path: str, body: Mapping[str, object]) -> dict[str, Any]:
    answer = vendor.post(path, json=body)
    answer.raise_for_status()
    return answer.json()


def furnish(data: Path, database_url: str | None, twin: RunningSimulator) -> AppKeys:
    """One app with a connected and synced site, through Standfast's own services."""
    host = urlsplit(twin.url).netloc
    settings = replace(Settings(), data=data, database_url=database_url, simulator_hosts=(host,))
    house = build(settings, registry=Registry([ChargifyConnector()]))
    try:
        app = house.manage_app.create("Chaos", domains=("https://shop.example",))
        key = house.manage_app.create_identity_key(app.id)
        house.configure_connection.save(
            app.id, "chargify", {"api_key": twin.api_key, "domain": host}, in_flight=IN_FLIGHT
        )
        while house.sync_connections.sync_due():
            pass
        for action, attached in _actions(_product_id(twin)).items():
            draft = house.publish_prompt.save_draft(
                app.id, name=action, body=_prompt(action, attached)
            )
            house.publish_prompt.start(app.id, draft.id, by="chaos")
        assert key.secret is not None
        return AppKeys(app.id, key.kid, key.secret.reveal())
    finally:
        house.close()


def _product_id(twin: RunningSimulator) -> str:
    answer = httpx2.get(
        f"{twin.url}/products/handle/{PLAN}.json", auth=(twin.api_key, "x"), timeout=30
    )
    return str(answer.json()["product"]["id"])


def _actions(plan: str) -> dict[Action, AttachedAction]:
    """Another subscription is allowed, so that only the ledger keeps a second one away."""
    return {
        Action.CREATE: AttachedAction(
            "chargify", "create_subscription", {"plan": plan, "when_live": "allow"}
        ),
        Action.CANCEL: AttachedAction("chargify", "cancel_subscription", {"when": "end_of_period"}),
        Action.CANCEL_NOW: AttachedAction("chargify", "cancel_subscription", {"when": "now"}),
        Action.COUPON: AttachedAction("chargify", "add_coupon", {"coupon": COUPON_CODE}),
    }


def _prompt(action: Action, attached: AttachedAction) -> PromptBody:
    buttons = {Button.ACCEPT: ButtonBody("Yes", (attached,)), Button.DECLINE: ButtonBody("No")}
    return PromptBody(
        steps=(Step(action, "Chaos", "Shall we?", buttons),),
        triggers=Triggers(pages=(PageTrigger("/account"),)),
    )
