"""Give a trial more days."""

from collections.abc import Mapping
from datetime import datetime, timedelta

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
from standfast.connectors.chargify.choosing import PLAN, SUBSCRIPTION, WHICH, in_states
from standfast.connectors.chargify.models import instant
from standfast.connectors.chargify.writing import Job
from standfast.contract.actions import (
    ActionSpec,
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

DAYS = "7"
SAME = timedelta(hours=12)
"""Ends nearer than this are one end: a vendor may round, but a day more is another day."""
SPEC = ActionSpec(
    key="extend_trial",
    title="Extend trial",
    sentence="Moves the end of the customer's trial, and with it the first charge.",
    parameters=(
        PLAN,
        ParameterSpec(
            "days",
            "How many days more",
            ParameterKind.NUMBER,
            "Counted from the present end of the trial. A form's answer may fill it.",
            default=DAYS,
            may_be_answered=True,
            least=1,
            most=365,
        ),
        ParameterSpec(
            "to",
            "Exactly until",
            ParameterKind.TEXT,
            "An instant such as 2027-01-31T12:00:00Z. Goes before the number of days.",
            max_length=40,
        ),
        SUBSCRIPTION,
        WHICH,
    ),
    done="Your trial was extended.",
    not_done="Your trial could not be extended.",
    moves_money=False,
    has_preview=True,
    needs="A subscription in its trial.",
    cost="Nothing; the first charge comes later.",
    undo=UndoSpec(
        "extend_trial",
        until="Until the former end of the trial.",
        gives_not_back="Nothing; the former end is set again.",
    ),
    calls=(
        "`PUT /subscriptions/{id}.json` with `next_billing_at`: the change; the answer holds it",
    ),
)


def _former_end(record: BillingRecord, wish: Wish) -> datetime | None:
    """As noted before the first write: a repeated try must not add the days once more."""
    return instant(wish.memo.get("trial_ends_at")) or record.trial_ends_at


def wanted_end(record: BillingRecord, wish: Wish) -> datetime | None:
    """None where there is no present end to count from, or none that could be later."""
    if wish.wanted.get("to"):
        return instant(wish.wanted["to"])
    former = _former_end(record, wish)
    days = timedelta(days=int(wish.wanted.get("days") or DAYS))
    try:
        return None if former is None else former + days
    except OverflowError:  # a trial "for ever" is written as the end of the year 9999
        return None


def _is_at(record: BillingRecord, end: datetime | None) -> bool:
    found = record.trial_ends_at
    return found is not None and end is not None and abs(found - end) < SAME


class ExtendTrial(Change):
    spec = SPEC
    tiers = (in_states("trialing"),)
    was_so = "Its trial ends then."

    def is_done(self, record: BillingRecord, wish: Wish) -> bool:
        return record.state == "trialing" and _is_at(record, wanted_end(record, wish))

    def is_obscure(self, record: BillingRecord, wish: Wish) -> bool:
        """Without the memo, or when somebody else moved the end too, nothing is proven."""
        former = instant(wish.memo.get("trial_ends_at"))
        return former is None or (record.state == "trialing" and not _is_at(record, former))

    def impossible(self, wish: Wish) -> Refused | None:
        to = wish.wanted.get("to")
        if not to or instant(to) is not None:
            return None
        text = f"{to!r} is no instant. Write it as 2027-01-31T12:00:00Z."
        return Refused(RefusalReason.PARAMETER_INVALID, text)

    def hindrance(self, record: BillingRecord, wish: Wish, own: Records) -> Hindrance:
        end = wanted_end(record, wish)
        if end is None:
            text = f"The trial of subscription {record.external_id} has no end to add days to."
            return Refused(RefusalReason.PARAMETER_INVALID, f"{text} Give the exact end instead.")
        if wish.at is None or end > wish.at:
            return None
        text = f"The trial of subscription {record.external_id} cannot end in the past."
        return Refused(RefusalReason.PARAMETER_INVALID, f"{text} Choose a later end.")

    def call(self, record: BillingRecord, wish: Wish, token: str) -> Call:
        """There is no other call: in a trial `next_billing_at` "also moves trial_ended_at"."""
        end = wanted_end(record, wish)
        body = {"next_billing_at": None if end is None else end.isoformat()}
        return put(path_of(record), {"subscription": body}, token)

    def note(self, record: BillingRecord, wish: Wish) -> Mapping[str, str]:
        ends_at = record.trial_ends_at
        return {} if ends_at is None else {"trial_ends_at": ends_at.isoformat()}

    def price(self, job: Job, record: BillingRecord, wish: Wish) -> Preview:
        return previews.renews(job, record, at=wanted_end(record, wish))

    def undo_of(self, order: Order, reference: str) -> Undoing | Refused:
        former = order.memo.get("trial_ends_at")
        if former is None:
            return cannot("The former end of the trial is not known. Set it in Chargify.")
        return Undoing("extend_trial", {"to": former}, reference)


EXTEND_TRIAL = ExtendTrial().action()
