"""Sets the simulated site and Standfast up: customers with cards, one app, its live prompts."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from chaos_parts.intents import INTENTS, Action, Intent, State
from chaos_parts.plan import Round, Window
from chaos_parts.surroundings import CUT_SECONDS, IN_FLIGHT, WEBHOOK_COPIES
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
SHARED_KEY = "the-shared-key-of-chaos"
EVENTS = ("subscription_state_change", "subscription_product_change", "signup_success")


@dataclass(frozen=True)
class Customer:
    """As the billing system knows them before the round; `subscription` is None for a create."""

    id: int
    subscription: int | None
    before: State = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class AppKeys:
    """What the customer's app needs to know, and where the billing system tells its news."""

    app_id: str
    kid: str
    secret: str
    hook: str


def add_customers(twin: RunningSimulator, rounds: Iterable[Round]) -> dict[int, Customer]:
    """A customer of its own for each round, by its number, made over the vendor's API."""
    twin.settings(cut_seconds=CUT_SECONDS)
    with (
        httpx2.Client(base_url=twin.url, auth=(twin.api_key, "x"), timeout=30) as vendor,
        ThreadPoolExecutor(3, "vendor") as pool,
    ):
        wanted = list(rounds)
        made = pool.map(partial(_add_customer, vendor, twin), wanted)
        added = {one.number: customer for one, customer in zip(wanted, made, strict=True)}
    states = {one["id"]: one for one in twin.state()}
    return {
        number: replace(customer, before=states[customer.subscription])
        if customer.subscription
        else customer
        for number, customer in added.items()
    }


def _add_customer(vendor: httpx2.Client, twin: RunningSimulator, one: Round) -> Customer:
    name = {"first_name": "Chaos", "last_name": str(one.number)}
    who = {**name, "email": f"{one.user}@example.com", "reference": one.user}
    number = DECLINED_CARD if one.is_declined else GOOD_CARD
    card = {**name, "full_number": number, "expiration_month": 12, "expiration_year": 2040}
    is_new = one.action is Action.CREATE and one.kill is not Window.OUTCOME_ANSWER
    if is_new:
        customer = _post(vendor, "/customers.json", {"customer": who})["customer"]["id"]
        profile = {**card, "customer_id": customer}
        _post(vendor, "/payment_profiles.json", {"payment_profile": profile})
        return Customer(customer, None)
    intent = INTENTS[one.action]
    wanted = {"product_handle": intent.plan, "customer_attributes": who}
    made = _post(
        vendor, "/subscriptions.json", {"subscription": wanted | {"credit_card_attributes": card}}
    )["subscription"]
    _bring_there(vendor, twin, intent, made["id"])
    return Customer(made["customer"]["id"], made["id"])


def _bring_there(
    vendor: httpx2.Client, twin: RunningSimulator, intent: Intent, subscription: int
) -> None:
    for call in intent.before:
        _send(vendor, call.method, call.path(subscription), call.body)
    if intent.force:
        twin.force(subscription, **intent.force)


def _post(vendor: httpx2.Client, path: str, body: Mapping[str, object]) -> dict[str, Any]:
    return _send(vendor, "POST", path, body).json()


def _send(
    vendor: httpx2.Client, method: str, path: str, body: Mapping[str, object]
) -> httpx2.Response:
    answer = vendor.request(method, path, json=body)
    answer.raise_for_status()
    return answer


def furnish(data: Path, database_url: str | None, twin: RunningSimulator) -> AppKeys:
    """One app with a connected and synced site, through Standfast's own services."""
    host = urlsplit(twin.url).netloc
    settings = replace(Settings(), data=data, database_url=database_url, simulator_hosts=(host,))
    house = build(settings, registry=Registry([ChargifyConnector()]))
    secrets = {"api_key": twin.api_key, "domain": host, "shared_key": SHARED_KEY}
    try:
        app = house.manage_app.create("Chaos", domains=("https://shop.example",))
        key = house.manage_app.create_identity_key(app.id)
        connection = house.configure_connection.save(
            app.id, "chargify", secrets, in_flight=IN_FLIGHT
        )
        while house.sync_connections.sync_due():
            pass
        for action, attached in _attached(_plans(twin)).items():
            draft = house.publish_prompt.save_draft(
                app.id, name=action, body=_prompt(action, attached)
            )
            house.publish_prompt.start(app.id, draft.id, by="chaos")
        assert key.secret is not None
        hook = f"/hooks/chargify/{connection.id}"
        return AppKeys(app.id, key.kid, key.secret.reveal(), hook)
    finally:
        house.close()


def send_webhooks(twin: RunningSimulator, urls: Sequence[str], seed: int) -> None:
    """Every change is told to each of these addresses, more than once and out of order."""
    twin.settings(shared_key=SHARED_KEY, webhook_copies=WEBHOOK_COPIES, webhook_shuffle_seed=seed)
    with httpx2.Client(base_url=twin.url, auth=(twin.api_key, "x"), timeout=30) as vendor:
        _send(vendor, "PUT", "/webhooks/settings.json", {"webhooks_enabled": True})
        for url in urls:
            endpoint = {"url": url, "webhook_subscriptions": EVENTS}
            _post(vendor, "/endpoints.json", {"endpoint": endpoint})


def _plans(twin: RunningSimulator) -> dict[str, str]:
    """The vendor's ids of the plans, by handle."""
    answer = httpx2.get(f"{twin.url}/products.json", auth=(twin.api_key, "x"), timeout=30)
    return {one["product"]["handle"]: str(one["product"]["id"]) for one in answer.json()}


def _attached(plans: Mapping[str, str]) -> dict[Action, AttachedAction]:
    return {
        action: AttachedAction(
            "chargify",
            intent.key,
            {key: plans.get(value, value) for key, value in intent.parameters.items()},
        )
        for action, intent in INTENTS.items()
    }


def _prompt(action: Action, attached: AttachedAction) -> PromptBody:
    buttons = {Button.ACCEPT: ButtonBody("Yes", (attached,)), Button.DECLINE: ButtonBody("No")}
    return PromptBody(
        steps=(Step(action, "Chaos", "Shall we?", buttons),),
        triggers=Triggers(pages=(PageTrigger("/account"),)),
    )
