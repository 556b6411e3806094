"""Sets Standfast up through its services, as an administrator would before the first visitor."""

from dataclasses import dataclass, replace
from pathlib import Path

from demo.processes import Simulator
from demo.vendor import Vendor
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
    ResultTexts,
    Step,
    Triggers,
)

CREATE, CANCEL, COUPON = "create_subscription", "cancel_subscription", "add_coupon"
PLAN, COUPON_CODE = "pro-yearly", "STAY30"


@dataclass(frozen=True)
class Furnished:
    """What the customer's app needs to know."""

    app_id: str
    kid: str
    secret: str
    api_key: str


def furnish(data: Path, simulator: Simulator, key: str, vendor: Vendor) -> Furnished:
    """One app, a connected and synced Chargify site, three live prompts."""
    settings = replace(Settings(), data=data, simulator_hosts=(simulator.host,))
    house = build(settings, registry=Registry([ChargifyConnector()]))
    try:
        app = house.manage_app.create("Demo shop", domains=("https://shop.example",))
        identity_key = house.manage_app.create_identity_key(app.id)
        api_key = house.manage_app.create_api_key(app.id, label="demo")
        house.configure_connection.save(
            app.id, "chargify", {"api_key": key, "domain": simulator.host}
        )
        while house.sync_connections.sync_due():
            pass
        for name, body in _prompts(vendor.product_id(PLAN)):
            draft = house.publish_prompt.save_draft(app.id, name=name, body=body)
            house.publish_prompt.start(app.id, draft.id, by="demo")
        assert identity_key.secret is not None
        return Furnished(app.id, identity_key.kid, identity_key.secret.reveal(), api_key.reveal())
    finally:
        house.close()


def _prompts(plan: str) -> list[tuple[str, PromptBody]]:
    return [
        (
            "Upgrade",
            _prompt(
                "upgrade",
                "Ready for Pro?",
                "All of Northwind Boards for a whole year, $290.",
                "Start Pro now",
                AttachedAction("chargify", CREATE, {"plan": plan}),
                ResultTexts(succeeded="Welcome to Pro. Your plan is active."),
            ),
        ),
        (
            "Cancel",
            _prompt(
                "cancel",
                "Cancel your plan?",
                "You keep everything until the end of the paid period.",
                "Cancel at the end of the period",
                AttachedAction(
                    "chargify", CANCEL, {"when": "end_of_period", "message": "Asked in the app"}
                ),
                ResultTexts(succeeded="Done. Your plan ends with the paid period."),
            ),
        ),
        (
            "Loyalty offer",
            _prompt(
                "loyalty",
                "Stay for 30 % less",
                "30 % off your next three bills.",
                "Take the offer",
                AttachedAction("chargify", COUPON, {"coupon": COUPON_CODE}),
                ResultTexts(succeeded="Your next three bills are 30 % lower."),
            ),
        ),
    ]


def _prompt(
    key: str, title: str, message: str, accept: str, action: AttachedAction, texts: ResultTexts
) -> PromptBody:
    buttons = {
        Button.ACCEPT: ButtonBody(accept, (action,)),
        Button.DECLINE: ButtonBody("Not now"),
    }
    return PromptBody(
        steps=(Step(key, title, message, buttons),),
        triggers=Triggers(pages=(PageTrigger("/account"),)),
        texts=texts,
    )
