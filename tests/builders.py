"""Things with sane defaults; a test spells out only what matters to it."""

from datetime import UTC, datetime
from typing import Any

from standfast.contract.catalogue import Money
from standfast.contract.records import BillingRecord, CustomerBilling, CustomerRecord, Standing
from standfast.domain.prompt import (
    AttachedAction,
    Button,
    ButtonBody,
    PageTrigger,
    PromptBody,
    Step,
    Triggers,
)
from standfast.domain.rules.model import Rule, read_rule
from standfast.domain.visitor import BillingId, BillingIdSource, TraitValue, VisitorState

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
EVERY_PAGE = Triggers(pages=(PageTrigger(),))


def an_action(
    action: str = "add_coupon", *, connector: str = "scripted", **parameters: str
) -> AttachedAction:
    return AttachedAction(connector, action, parameters)


def a_step(
    key: str = "offer",
    *,
    accept: tuple[AttachedAction, ...] = (),
    decline: tuple[AttachedAction, ...] = (),
    **changes: Any,
) -> Step:
    buttons = {
        Button.ACCEPT: ButtonBody("Yes, please", accept),
        Button.DECLINE: ButtonBody("No, thanks", decline),
    }
    values: dict[str, Any] = {
        "title": "Stay with us",
        "message": "Ten off.",
        "buttons": buttons,
        **changes,
    }
    return Step(key=key, **values)


def a_prompt(*actions: AttachedAction, **changes: Any) -> PromptBody:
    """A modal on every page; `actions` stand on the accept button of its only step."""
    values: dict[str, Any] = {"steps": (a_step(accept=actions),), "triggers": EVERY_PAGE, **changes}
    return PromptBody(**values)


def a_condition(trait: str = "plan", operator: str = "is", value: object = "gold") -> Rule:
    raw = {"type": "trait", "trait": trait, "operator": operator}
    return read_rule(raw if value is None else {**raw, "value": value})


def a_rule(**traits: str | float | bool) -> Rule:
    """Everybody whose traits are these."""
    return read_rule({
        "type": "all",
        "rules": [
            {"type": "trait", "trait": trait, "operator": "is", "value": value}
            for trait, value in traits.items()
        ],
    })  # fmt: skip


def a_visitor(user_id: str | None = "ann", **changes: Any) -> VisitorState:
    visitor = f"u:{user_id}" if user_id is not None else "a:browser"
    return VisitorState(visitor=visitor, user_id=user_id, **changes)


def a_visitor_with(traits: dict[str, TraitValue]) -> VisitorState:
    return a_visitor(traits=traits)


def a_billing_id(value: str = "c1") -> BillingId:
    return BillingId(value, BillingIdSource.SERVER)


def a_record(external_id: str = "s1", **changes: Any) -> BillingRecord:
    values: dict[str, Any] = {
        "customer_external_id": "c1",
        "state": "active",
        "standing": Standing.LIVE,
        "plan_external_id": "gold",
        "plan_name": "Gold",
        "price_point_external_id": "gold-monthly",
        "price": Money(1000, "USD"),
        "coupon_codes": (),
        "has_payment_method": True,
        "ends_at_period_end": False,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
        **changes,
    }
    return BillingRecord(external_id=external_id, **values)


def a_billing(*records: BillingRecord, customer: str = "c1") -> CustomerBilling:
    """A customer; one live subscription to gold where no record is given."""
    return CustomerBilling(
        CustomerRecord(customer, None, LONG_AGO, LONG_AGO), records or (a_record(),)
    )
