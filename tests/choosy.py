"""A connector whose actions choose from the catalogue, judged by the simplest true rules."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from standfast.contract.actions import (
    ActionSpec,
    Choice,
    ParameterKind,
    ParameterSpec,
    RefusalReason,
    Refused,
)
from standfast.contract.catalogue import (
    CatalogueItem,
    Coupon,
    CouponDuration,
    Interval,
    IntervalUnit,
    ItemKind,
    Money,
    Plan,
    PricePoint,
)
from standfast.contract.connector import SiteFacts
from standfast.contract.records import CustomerBilling, Standing
from standfast.contract.testing import ScriptedConnector
from standfast.store.connections import ConnectionRow, Health

_PRICE = Money(1000, "USD")
_MONTHLY = Interval(1, IntervalUnit.MONTH)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)

CHOOSY = replace(
    ScriptedConnector.spec,
    key="choosy",
    title="Choosy biller",
    trait="choosy_id",
    actions=(
        ActionSpec(
            "create_subscription",
            "Create subscription",
            "Subscribes the customer to a plan.",
            (
                ParameterSpec("plan", "Plan", ParameterKind.PLAN, "Which?", required=True),
                ParameterSpec("price_point", "Price", ParameterKind.PRICE_POINT, "Which?"),
                ParameterSpec("coupon", "Coupon", ParameterKind.COUPON, "Which?"),
            ),
            moves_money=True,
        ),
        ActionSpec(
            "cancel_subscription",
            "Cancel subscription",
            "Cancels the customer's subscription.",
            (
                ParameterSpec(
                    "when",
                    "When",
                    ParameterKind.CHOICE,
                    "When?",
                    choices=(Choice("now", "Now"), Choice("end_of_period", "Later")),
                ),
                ParameterSpec(
                    "message", "Message", ParameterKind.TEXT, "Why?", may_be_answered=True
                ),
            ),
            moves_money=False,
        ),
    ),
)


class ChoosyConnector(ScriptedConnector):
    """Refuses a retired plan, and a second subscription to a plan the customer has."""

    spec = CHOOSY

    def obstacle(
        self,
        action: str,
        parameters: Mapping[str, str],
        *,
        billing: CustomerBilling | None,
        items: Mapping[tuple[ItemKind, str], CatalogueItem],
        now: datetime,
    ) -> Refused | None:
        if action != "create_subscription":
            return None
        plan = items.get((ItemKind.PLAN, parameters.get("plan", "")))
        if not isinstance(plan, Plan):
            return Refused(RefusalReason.PLAN_UNKNOWN, "This plan was never synced.")
        if plan.archived_at is not None:
            return Refused(RefusalReason.PLAN_RETIRED, "This plan was retired.")
        live = [] if billing is None else [r for r in billing.records if _is_live(r.standing)]
        if any(record.plan_external_id == plan.external_id for record in live):
            return Refused(RefusalReason.ALREADY_SUBSCRIBED, "They have this plan.")
        return None


def _is_live(standing: Standing) -> bool:
    return standing is Standing.LIVE


def an_item(kind: ItemKind, external_id: str, **changes: Any) -> CatalogueItem:
    match kind:
        case ItemKind.PLAN:
            name = external_id.capitalize()
            plan = Plan(external_id, name, external_id, "f1", "Metals", _PRICE, _MONTHLY, False)
            return replace(plan, **changes)
        case ItemKind.PRICE_POINT:
            plan_id = external_id.partition("-")[0]
            price = PricePoint(external_id, plan_id, "Monthly", None, _PRICE, _MONTHLY, True)
            return replace(price, **changes)
        case _:
            once = CouponDuration.ONCE
            coupon = Coupon(external_id, external_id, "Ten off", "f1", once, True, _PRICE)
            return replace(coupon, **changes)


def a_connection(app_id: str, **changes: Any) -> ConnectionRow:
    row = ConnectionRow(
        id="con_choosy",
        app_id=app_id,
        connector="choosy",
        settings={},
        sealed=b"",
        site=SiteFacts("1", "World", "world", "USD", is_test=True),
        is_active=True,
        in_flight=3,
        health=Health.OK,
        health_detail="",
        health_at=LONG_AGO,
        refused_at=(),
        created_at=LONG_AGO,
        updated_at=LONG_AGO,
    )
    return replace(row, **changes)
