"""Let a subscription go on that is on hold."""

from collections.abc import Mapping

from standfast.connectors.chargify import previews
from standfast.connectors.chargify.changing import Change, Wish, cannot, path_of, post
from standfast.connectors.chargify.choosing import (
    PLAN,
    SUBSCRIPTION,
    WHICH,
    is_live,
    is_on_hold,
)
from standfast.connectors.chargify.models import instant
from standfast.connectors.chargify.writing import Job
from standfast.contract.actions import ActionSpec, Order, Preview, Refused, Undoing, UndoSpec
from standfast.contract.records import BillingRecord
from standfast.contract.transport import Call

SPEC = ActionSpec(
    key="resume",
    title="Resume subscription",
    sentence="Ends the pause of a subscription that is on hold.",
    parameters=(PLAN, SUBSCRIPTION, WHICH),
    done="Your subscription is running again.",
    not_done="Your subscription could not be resumed.",
    moves_money=True,
    has_preview=True,
    needs="A subscription that is on hold.",
    cost="Nothing before its old renewal date; after it a new period begins and is charged now.",
    undo=UndoSpec(
        "pause",
        until="Until 24 hours before the next renewal, and before the day the pause was to end.",
        gives_not_back="What resuming charged, and the hour of the former end: it ends at 0:00 UTC."
        " A pause without an end cannot be set again from here.",
    ),
    calls=("`POST /subscriptions/{id}/resume.json`: the change; the answer holds it",),
)


class Resume(Change):
    spec = SPEC
    may_charge = True
    tiers = (is_on_hold,)
    was_so = "It is not on hold."
    spares_primaries = True

    def is_done(self, record: BillingRecord, wish: Wish) -> bool:
        return is_live(record)

    def call(self, record: BillingRecord, wish: Wish, token: str) -> Call:
        return post(path_of(record, "resume"), {}, token, may_charge=True)

    def note(self, record: BillingRecord, wish: Wish) -> Mapping[str, str]:
        return {} if record.resumes_at is None else {"resumes_at": record.resumes_at.isoformat()}

    def price(self, job: Job, record: BillingRecord, wish: Wish) -> Preview:
        return previews.brought_back(job, record)

    def undo_of(self, order: Order, reference: str) -> Undoing | Refused:
        ended_at = instant(order.memo.get("resumes_at"))
        if ended_at is None:
            return cannot("It was on hold without an end. Put it on hold in Chargify.")
        return Undoing("pause", {"until": ended_at.date().isoformat()}, reference)


RESUME = Resume().action()
