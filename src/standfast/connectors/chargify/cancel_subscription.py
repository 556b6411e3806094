"""Cancel a subscription, now or at the end of its period."""

from standfast.connectors.chargify import previews
from standfast.connectors.chargify.changing import (
    Change,
    Hindrance,
    Records,
    Wish,
    cannot,
    path_of,
    post,
)
from standfast.connectors.chargify.choosing import (
    PLAN,
    SUBSCRIPTION,
    WHICH,
    is_canceled,
    is_lapsed,
    is_running,
)
from standfast.connectors.chargify.writing import Job, Question
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
from standfast.contract.catalogue import ItemKind
from standfast.contract.records import BillingRecord
from standfast.contract.transport import Call, Method

SPEC = ActionSpec(
    key="cancel_subscription",
    title="Cancel subscription",
    sentence="Cancels the customer's subscription at the end of the paid period, or at once.",
    parameters=(
        PLAN,
        ParameterSpec(
            "when",
            "When",
            ParameterKind.CHOICE,
            "At once gives nothing back for the rest of the period.",
            default="end_of_period",
            choices=(
                Choice("end_of_period", "At the end of the period"),
                Choice("now", "At once"),
            ),
        ),
        ParameterSpec(
            "reason_code",
            "Reason code",
            ParameterKind.REASON_CODE,
            "Why, as Chargify's churn reports know it. A survey's answer may fill it.",
            may_be_answered=True,
        ),
        ParameterSpec(
            "message",
            "Message",
            ParameterKind.TEXT,
            "Kept with the subscription in Chargify. A form's answer may fill it.",
            may_be_answered=True,
            max_length=2000,
        ),
        SUBSCRIPTION,
        WHICH,
    ),
    done="Your cancellation went through.",
    not_done="Your subscription could not be cancelled.",
    moves_money=False,
    has_preview=True,
    repeat_is_safe_because=(
        "every try of a run names the same subscription, canceling a canceled one answers "
        "'already canceled', and scheduling the same end twice changes nothing"
    ),
    needs="A subscription that is not canceled; for an end with the period not past due either.",
    cost="Nothing; Chargify pays nothing back for the rest of the period.",
    undo=UndoSpec(
        "undo_cancellation",
        until="Until the end of the period.",
        gives_not_back="Nothing; it renews as before.",
    ),
    undo_if=(
        UndoSpec(
            "reactivate",
            until="Until the end of the period that was paid.",
            gives_not_back="The days in between. An open balance may be collected.",
            moves_money=True,
            only_for=("when", "now"),
        ),
    ),
    calls=(
        "`DELETE /subscriptions/{id}.json` (now): the change; the answer holds it",
        "`POST /subscriptions/{id}/delayed_cancel.json` (end of period): the change",
        "`GET /subscriptions/{id}.json` (end of period): the answer before is one sentence",
    ),
)


def _is_now(wish: Wish) -> bool:
    return wish.wanted.get("when") == "now"


class CancelSubscription(Change):
    spec = SPEC
    tiers = (is_running, is_lapsed)
    was_so = "It was canceled, or about to end, before."
    spares_primaries = True
    wants_it_canceled = True

    def is_done(self, record: BillingRecord, wish: Wish) -> bool:
        return is_canceled(record) or (not _is_now(wish) and record.ends_at_period_end)

    def hindrance(self, record: BillingRecord, wish: Wish, own: Records) -> Hindrance:
        """Known beforehand: no end can be scheduled while past due, or where no period runs."""
        if _is_now(wish) or not (record.state == "past_due" or is_lapsed(record)):
            return None
        return Refused(
            RefusalReason.WRONG_STATE,
            f"Subscription {record.external_id} is {record.state}: Chargify schedules no end for "
            "it. Choose 'at once' in the prompt.",
        )

    def of_items(self, question: Question, record: BillingRecord | None) -> Refused | None:
        reason = question.wanted.get("reason_code")
        if not reason or (ItemKind.REASON_CODE, reason) in question.items:
            return None
        return Refused(
            RefusalReason.PARAMETER_INVALID,
            f"The catalogue has no reason code {reason}. Sync it, or pick another.",
        )

    def call(self, record: BillingRecord, wish: Wish, token: str) -> Call:
        why = {
            "reason_code": wish.wanted.get("reason_code"),
            "cancellation_message": wish.wanted.get("message"),
        }
        told: dict[str, object] = {key: value for key, value in why.items() if value}
        body: dict[str, object] = {"subscription": told} if told else {}
        if _is_now(wish):
            return Call(Method.DELETE, path_of(record), json=body or None)
        return post(path_of(record, "delayed_cancel"), body, token)

    def answers_with_it(self, wish: Wish) -> bool:
        return _is_now(wish)

    def price(self, job: Job, record: BillingRecord, wish: Wish) -> Preview:
        return previews.ends(job, record)

    def undo_of(self, order: Order, reference: str) -> Undoing | Refused:
        if order.parameters.get("when") != "now":
            return Undoing("undo_cancellation", {}, reference)
        before = order.memo.get("state")
        if before not in {"active", "trialing"}:
            return cannot(
                f"It was {before} before; reactivating would make it active, which it was not."
            )
        return Undoing("reactivate", {"period": "resume"}, reference)


CANCEL_SUBSCRIPTION = CancelSubscription().action()
