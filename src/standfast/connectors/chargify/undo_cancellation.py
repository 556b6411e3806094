"""Take a cancellation back that is scheduled and has not come yet."""

from standfast.connectors.chargify import previews
from standfast.connectors.chargify.changing import Change, Wish, path_of
from standfast.connectors.chargify.choosing import PLAN, SUBSCRIPTION, WHICH, is_running
from standfast.connectors.chargify.writing import Job
from standfast.contract.actions import ActionSpec, Order, Preview, Undoing, UndoSpec
from standfast.contract.records import BillingRecord
from standfast.contract.transport import Call, Method

SPEC = ActionSpec(
    key="undo_cancellation",
    title="Undo pending cancellation",
    sentence="Keeps a subscription that was to end with its period: it renews as before.",
    parameters=(PLAN, SUBSCRIPTION, WHICH),
    done="Your cancellation was taken back.",
    not_done="Your cancellation could not be taken back.",
    moves_money=False,
    has_preview=True,
    repeat_is_safe_because=(
        "Chargify documents the call as idempotent: without a scheduled end it has no effect"
    ),
    needs="A subscription whose end is scheduled and has not come yet.",
    cost="Nothing now; it renews at its usual price on the day it would have ended.",
    undo=UndoSpec(
        "cancel_subscription",
        until="Until the renewal; after it the next period's end counts.",
        gives_not_back="The reason and the message of the former cancellation.",
    ),
    calls=(
        "`DELETE /subscriptions/{id}/delayed_cancel.json`: the change",
        "`GET /subscriptions/{id}.json`: the answer before is one sentence",
    ),
)


def is_pending(record: BillingRecord) -> bool:
    return is_running(record) and record.ends_at_period_end


class UndoCancellation(Change):
    spec = SPEC
    tiers = (is_pending,)
    was_so = "No end is scheduled for it."
    spares_primaries = True

    def is_done(self, record: BillingRecord, wish: Wish) -> bool:
        return is_running(record) and not record.ends_at_period_end

    def call(self, record: BillingRecord, wish: Wish, token: str) -> Call:
        return Call(Method.DELETE, path_of(record, "delayed_cancel"))

    def answers_with_it(self, wish: Wish) -> bool:
        return False

    def price(self, job: Job, record: BillingRecord, wish: Wish) -> Preview:
        return previews.goes_on(job, record)

    def undo_of(self, order: Order, reference: str) -> Undoing:
        return Undoing("cancel_subscription", {"when": "end_of_period"}, reference)


UNDO_CANCELLATION = UndoCancellation().action()
