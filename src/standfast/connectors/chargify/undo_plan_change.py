"""Take a change of plan back that waits for the renewal."""

from standfast.connectors.chargify import previews
from standfast.connectors.chargify.changing import (
    Change,
    Hindrance,
    Records,
    Wish,
    cannot,
    path_of,
    put,
)
from standfast.connectors.chargify.choosing import PLAN, SUBSCRIPTION, WHICH, is_running
from standfast.connectors.chargify.writing import Job
from standfast.contract.actions import (
    ActionSpec,
    Order,
    Preview,
    RefusalReason,
    Refused,
    Undoing,
    UndoSpec,
)
from standfast.contract.records import BillingRecord
from standfast.contract.transport import Call

SPEC = ActionSpec(
    key="undo_plan_change",
    title="Undo scheduled plan change",
    sentence="Keeps the present plan: a change that was to come with the renewal does not.",
    parameters=(PLAN, SUBSCRIPTION, WHICH),
    done="Your change of plan was called off.",
    not_done="Your change of plan could not be called off.",
    moves_money=False,
    has_preview=True,
    needs="A subscription whose plan is to change at its renewal.",
    cost="Nothing now; it renews at the present plan's price.",
    undo=UndoSpec(
        "switch_plan",
        until="Until the renewal; after it the next one counts.",
        gives_not_back="Nothing; the change is scheduled again.",
    ),
    calls=("`PUT /subscriptions/{id}.json`: the change (an empty `next_product_id`)",),
)


def has_pending(record: BillingRecord) -> bool:
    return is_running(record) and record.next_plan_external_id is not None


class UndoPlanChange(Change):
    spec = SPEC
    tiers = (has_pending,)
    was_so = "No change of plan is scheduled for it."

    def is_done(self, record: BillingRecord, wish: Wish) -> bool:
        """Nothing is scheduled, and it is not so because the change has been made."""
        kept = wish.wanted.get("plan") or wish.memo.get("plan") or record.plan_external_id
        is_kept = record.plan_external_id == kept
        return is_running(record) and record.next_plan_external_id is None and is_kept

    def hindrance(self, record: BillingRecord, wish: Wish, own: Records) -> Hindrance:
        kept = wish.wanted.get("plan")
        if kept and record.plan_external_id != kept:
            text = f"Subscription {record.external_id} has changed to {record.plan_name} already."
            return Refused(RefusalReason.WRONG_STATE, f"{text} Switch it back if that is meant.")
        return None

    def call(self, record: BillingRecord, wish: Wish, token: str) -> Call:
        """An empty string "undoes" what waits; null is not documented."""
        return put(path_of(record), {"subscription": {"next_product_id": ""}}, token)

    def price(self, job: Job, record: BillingRecord, wish: Wish) -> Preview:
        return previews.stays(job, record)

    def undo_of(self, order: Order, reference: str) -> Undoing | Refused:
        plan = order.memo.get("next_plan")
        if plan is None:
            return cannot("Which change was taken back is not known. Schedule it in Chargify.")
        wanted = {"plan": plan, "when": "at_renewal"}
        price_point = order.memo.get("next_price_point")
        if price_point:
            wanted["price_point"] = price_point
        return Undoing("switch_plan", wanted, reference)


UNDO_PLAN_CHANGE = UndoPlanChange().action()
