"""Change the plan of a subscription, now with proration or at its renewal."""

from standfast.connectors.chargify import obstacles, previews
from standfast.connectors.chargify.changing import (
    Change,
    Hindrance,
    Records,
    Wish,
    cannot,
    path_of,
    post,
    put,
)
from standfast.connectors.chargify.choosing import SUBSCRIPTION, WHICH, in_states, is_live
from standfast.connectors.chargify.writing import Job, Question, number_or_text
from standfast.contract.actions import (
    ActionSpec,
    Choice,
    Order,
    ParameterKind,
    ParameterSpec,
    Preview,
    RefusalReason,
    Refused,
    Undoing,
    UndoSpec,
)
from standfast.contract.records import BillingRecord
from standfast.contract.transport import Call

SPEC = ActionSpec(
    key="switch_plan",
    title="Switch plan",
    sentence="Changes the customer's plan at the next renewal, or now with proration.",
    parameters=(
        ParameterSpec("plan", "To plan", ParameterKind.PLAN, "The plan to change to.", True),
        ParameterSpec(
            "price_point",
            "Price point",
            ParameterKind.PRICE_POINT,
            "One price of the plan. Empty: its default price.",
        ),
        ParameterSpec(
            "when",
            "When",
            ParameterKind.CHOICE,
            "Now charges the difference for the rest of the period; at the renewal nothing now.",
            default="at_renewal",
            choices=(Choice("at_renewal", "At the next renewal"), Choice("now", "Now")),
        ),
        ParameterSpec(
            "billing_date",
            "Billing date, when now",
            ParameterKind.CHOICE,
            "Keeping it suits plans of one interval; a new period charges the whole new price.",
            default="keep",
            choices=(
                Choice("keep", "Keep the dates, charge a part"),
                Choice("restart", "Begin a new period today"),
            ),
        ),
        ParameterSpec(
            "from_plan",
            "From plan",
            ParameterKind.PLAN,
            "The plan whose subscription is meant. Empty: the one they have.",
        ),
        SUBSCRIPTION,
        WHICH,
    ),
    done="Your change of plan went through.",
    not_done="Your plan could not be changed.",
    moves_money=True,
    has_preview=True,
    needs="An active or trialing subscription; now also a payment method where the new plan costs "
    "more.",
    cost="At the renewal: the new price from then on. Now: the new price for the rest of the "
    "period less what is left of the old one; what is left over becomes credit.",
    undo=UndoSpec(
        "undo_plan_change",
        until="Until the renewal.",
        gives_not_back="Nothing; the present plan goes on.",
    ),
    undo_if=(
        UndoSpec(
            "switch_plan",
            until="As long as the subscription is active and the former plan is sold.",
            gives_not_back="What was charged becomes credit, not money; the rest of the period is "
            "charged at the former price. Coupons do not return from another family.",
            moves_money=True,
            only_for=("when", "now"),
        ),
    ),
    calls=(
        "`PUT /subscriptions/{id}.json` (at the renewal): the change; the answer holds it",
        "`POST /subscriptions/{id}/migrations.json` (now): the change; the answer holds it",
    ),
)
_IS_PAST_DUE = in_states("past_due")


def is_now(wish: Wish) -> bool:
    return wish.wanted.get("when") == "now"


def _wanted(wish: Wish) -> dict[str, object]:
    to: dict[str, object] = {"product_id": number_or_text(wish.wanted["plan"])}
    if wish.wanted.get("price_point"):
        to["product_price_point_id"] = number_or_text(wish.wanted["price_point"])
    if is_now(wish):
        to["preserve_period"] = wish.wanted.get("billing_date") != "restart"
    return to


def _back_to_what_was_scheduled(order: Order, plan: str, reference: str) -> Undoing:
    """Nothing was, as a rule; else that change is scheduled again."""
    scheduled = order.memo.get("next_plan")
    if scheduled is None:
        return Undoing("undo_plan_change", {"plan": plan}, reference)
    again = {"plan": scheduled, "price_point": order.memo.get("next_price_point", "")}
    return Undoing("switch_plan", {**again, "when": "at_renewal"}, reference)


class SwitchPlan(Change):
    spec = SPEC
    may_charge = True
    tiers = (is_live, _IS_PAST_DUE)
    was_so = "It is on that plan, or changes to it at its renewal."
    plan_key = "from_plan"

    def is_done(self, record: BillingRecord, wish: Wish) -> bool:
        """On the plan, with nothing else to come; at the renewal also: about to be."""
        to, at = wish.wanted["plan"], wish.wanted.get("price_point")
        is_there = record.plan_external_id == to and at in {
            None,
            "",
            record.price_point_external_id,
        }
        is_next = record.next_plan_external_id == to and at in {
            None, "", record.next_price_point_external_id
        }  # fmt: skip
        if is_now(wish):
            return is_live(record) and is_there
        runs = is_live(record) or _IS_PAST_DUE(record)
        return runs and (is_next or (is_there and record.next_plan_external_id is None))

    def hindrance(self, record: BillingRecord, wish: Wish, own: Records) -> Hindrance:
        if is_now(wish) and _IS_PAST_DUE(record):
            text = f"Subscription {record.external_id} is past due: Chargify prorates no change."
            return Refused(RefusalReason.WRONG_STATE, f"{text} Choose 'at the next renewal'.")
        if record.ends_at_period_end and not is_now(wish):
            text = (
                f"Subscription {record.external_id} is to end with its period and does not renew."
            )
            return Refused(RefusalReason.WRONG_STATE, f"{text} Undo the cancellation first.")
        return None

    def of_items(self, question: Question, record: BillingRecord | None) -> Refused | None:
        wanted, items = question.wanted, question.items
        return obstacles.of_plan(items, wanted["plan"]) or obstacles.of_price_point(
            items, wanted.get("price_point"), wanted["plan"]
        )

    def call(self, record: BillingRecord, wish: Wish, token: str) -> Call:
        """A trial or a setup fee of the new plan is left out: both are off unless asked for."""
        to = _wanted(wish)
        if is_now(wish):
            return post(path_of(record, "migrations"), {"migration": to}, token, may_charge=True)
        return put(path_of(record), {"subscription": {**to, "product_change_delayed": True}}, token)

    def price(self, job: Job, record: BillingRecord, wish: Wish) -> Preview | Refused:
        """Asked with the very change that would be sent."""
        switched = previews.switched_now if is_now(wish) else previews.switched_later
        return switched(job, record, _wanted(wish))

    def undo_of(self, order: Order, reference: str) -> Undoing | Refused:
        former = order.memo.get("plan")
        if former is None:
            return cannot("The former plan is not known. Change it in Chargify.")
        if order.parameters.get("when") != "now":
            return _back_to_what_was_scheduled(order, former, reference)
        kept = {
            key: order.parameters[key]
            for key in ("when", "billing_date")
            if key in order.parameters
        }
        back = {"plan": former, "price_point": order.memo.get("price_point", ""), **kept}
        return Undoing("switch_plan", back, reference)


SWITCH_PLAN = SwitchPlan().action()
