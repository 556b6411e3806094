"""Bring a subscription back that was canceled or whose trial has ended."""

from standfast.connectors.chargify import previews
from standfast.connectors.chargify.changing import Change, Hindrance, Records, Wish, path_of, put
from standfast.connectors.chargify.choosing import (
    PLAN,
    SUBSCRIPTION,
    WHICH,
    in_states,
    is_live,
    is_running,
)
from standfast.connectors.chargify.writing import Job
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

CAN_COME_BACK = in_states("canceled", "trial_ended")
SPEC = ActionSpec(
    key="reactivate",
    title="Reactivate subscription",
    sentence="Brings back a subscription that was canceled, or whose trial has ended.",
    parameters=(
        PLAN,
        ParameterSpec(
            "period",
            "Which period",
            ParameterKind.CHOICE,
            "Going on with a paid period bills nothing new; a new period is charged at once.",
            default="resume_or_renew",
            choices=(
                Choice("resume_or_renew", "Go on with the paid one, else begin a new one"),
                Choice("resume", "Go on with the paid one, else refuse"),
                Choice("renew", "Begin a new one"),
            ),
        ),
        SUBSCRIPTION,
        WHICH,
    ),
    done="Your subscription is active again.",
    not_done="Your subscription could not be reactivated.",
    moves_money=True,
    has_preview=True,
    needs="A canceled or trial-ended subscription, and none that runs to the same plan. A new "
    "period also needs a payment method on file.",
    cost="Nothing for the rest of a paid period (an open balance may be collected), else the "
    "plan's price at once.",
    undo=UndoSpec(
        "cancel_subscription",
        until="At any time; it is canceled at once.",
        gives_not_back="What reactivating charged: Chargify pays nothing back by itself.",
    ),
    calls=("`PUT /subscriptions/{id}/reactivate.json`: the change; the answer holds it",),
)


class Reactivate(Change):
    spec = SPEC
    may_charge = True
    tiers = (CAN_COME_BACK,)
    was_so = "It is active."
    spares_primaries = True

    def is_done(self, record: BillingRecord, wish: Wish) -> bool:
        return is_live(record)

    def hindrance(self, record: BillingRecord, wish: Wish, own: Records) -> Hindrance:
        """A second running subscription to one plan is charged twice; a paid period may be over."""
        same = (one for one in own if one.plan_external_id == record.plan_external_id)
        running = next((one for one in same if is_running(one)), None)
        if running is not None:
            text = f"The customer has subscription {running.external_id} to this plan: it runs."
            return Refused(RefusalReason.ALREADY_SUBSCRIBED, text)
        ends_at = record.current_period_ends_at
        is_over = ends_at is None or (wish.at is not None and ends_at <= wish.at)
        if wish.wanted.get("period") == "resume" and is_over:
            return Refused(
                RefusalReason.WRONG_STATE,
                f"The paid period of subscription {record.external_id} is over. Choose 'begin a "
                "new one' in the prompt if a charge is meant.",
            )
        return None

    def call(self, record: BillingRecord, wish: Wish, token: str) -> Call:
        resumes: dict[str, dict[str, object]] = {
            "resume": {"resume": {"require_resume": True}},
            "renew": {},
        }
        body = resumes.get(wish.wanted.get("period", ""), {"resume": True})
        return put(path_of(record, "reactivate"), body, token, may_charge=True)

    def price(self, job: Job, record: BillingRecord, wish: Wish) -> Preview:
        anew = wish.wanted.get("period") == "renew"
        return previews.brought_back(job, record, begins_anew=anew, forgives_balance=True)

    def undo_of(self, order: Order, reference: str) -> Undoing:
        return Undoing("cancel_subscription", {"when": "now"}, reference)


CHANGE = Reactivate()
REACTIVATE = CHANGE.action()
