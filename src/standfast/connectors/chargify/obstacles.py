"""What of an action's catalogue items stands in its way, judged from the mirror."""

from datetime import datetime

from standfast.connectors.chargify.writing import Items
from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.catalogue import Coupon, ItemKind, Plan, PricePoint


def of_plan(items: Items, plan: str, *, may_be_retired: bool = False) -> Refused | None:
    item = items.get((ItemKind.PLAN, plan))
    if not isinstance(item, Plan):
        return Refused(
            RefusalReason.PLAN_UNKNOWN,
            f"The catalogue has no plan {plan}. Sync it, or pick another plan.",
        )
    if item.archived_at is not None and not may_be_retired:
        return Refused(
            RefusalReason.PLAN_RETIRED, f"{item.name} is archived in Chargify. Pick another plan."
        )
    return None


def of_price_point(items: Items, price_point: str | None, plan: str) -> Refused | None:
    if not price_point:
        return None
    item = items.get((ItemKind.PRICE_POINT, price_point))
    if not isinstance(item, PricePoint):
        return Refused(
            RefusalReason.PLAN_UNKNOWN,
            f"The catalogue has no price point {price_point}. Sync it, or pick another.",
        )
    if item.plan_external_id != plan:
        return Refused(
            RefusalReason.PARAMETER_INVALID, f"Price point {item.name} is not of this plan."
        )
    if item.archived_at is not None:
        return Refused(
            RefusalReason.PLAN_RETIRED,
            f"Price point {item.name} is archived in Chargify. Pick another.",
        )
    return None


def of_coupon(items: Items, code: str | None, plan: str | None, now: datetime) -> Refused | None:
    """Without a known plan only the coupon itself is judged."""
    if not code:
        return None
    coupon = coupon_of(items, code)
    if coupon is None:
        return no_such_coupon(code)
    if coupon.archived_at is not None:
        return Refused(
            RefusalReason.COUPON_RETIRED, f"{coupon.code} is archived in Chargify. Pick another."
        )
    if coupon.ends_at is not None and coupon.ends_at < now:
        return Refused(
            RefusalReason.COUPON_EXPIRED,
            f"{coupon.code} could be added until {coupon.ends_at:%Y-%m-%d}. Pick another, "
            "or move its end date in Chargify.",
        )
    return _not_for_plan(items, coupon, plan)


def no_such_coupon(code: str) -> Refused:
    return Refused(
        RefusalReason.COUPON_UNKNOWN,
        f"The catalogue has no coupon {code}. Sync it, or pick another.",
    )


def coupon_of(items: Items, code: str) -> Coupon | None:
    item = items.get((ItemKind.COUPON, code)) or items.get((ItemKind.COUPON, code.upper()))
    return item if isinstance(item, Coupon) else None


def _not_for_plan(items: Items, coupon: Coupon, plan: str | None) -> Refused | None:
    """A restricted coupon can be added to a wrong product, and "does nothing" there."""
    if not plan:
        return None
    item = items.get((ItemKind.PLAN, plan))
    is_foreign = isinstance(item, Plan) and item.family_external_id != coupon.family_external_id
    is_barred = bool(coupon.plan_external_ids) and plan not in coupon.plan_external_ids
    if not (is_foreign or is_barred):
        return None
    return Refused(
        RefusalReason.COUPON_NOT_FOR_PLAN,
        f"{coupon.code} is not for this plan. Pick a coupon of the plan's family.",
    )
