"""Put a subscription on hold until a day."""

from datetime import UTC, date, datetime, time, timedelta

from standfast.connectors.chargify import previews
from standfast.connectors.chargify.changing import Change, Hindrance, Records, Wish, path_of, post
from standfast.connectors.chargify.choosing import PLAN, SUBSCRIPTION, WHICH, is_live, is_on_hold
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

DAYS = "30"
LEAST = timedelta(hours=24)
LONGEST = timedelta(days=366)
SPEC = ActionSpec(
    key="pause",
    title="Pause subscription",
    sentence="Puts the customer's subscription on hold; it resumes by itself.",
    parameters=(
        PLAN,
        ParameterSpec(
            "for_days",
            "For how many days",
            ParameterKind.NUMBER,
            "Counted from the click. A form's answer may fill it.",
            default=DAYS,
            may_be_answered=True,
            least=2,
            most=365,
        ),
        ParameterSpec(
            "until",
            "Until",
            ParameterKind.DATE,
            "It resumes when this day begins, in UTC. Goes before the number of days.",
            may_be_answered=True,
            max_length=10,
        ),
        SUBSCRIPTION,
        WHICH,
    ),
    done="Your subscription is paused.",
    not_done="Your subscription could not be paused.",
    moves_money=False,
    has_preview=True,
    needs="An active or trialing subscription that does not renew within 24 hours.",
    cost="Nothing; no period is charged while it is on hold. Resuming after the old renewal date "
    "begins a new period, charged that day.",
    undo=UndoSpec(
        "resume",
        until="Until the day on which it resumes by itself.",
        gives_not_back="The days on hold; after the old renewal date resuming charges a period.",
        moves_money=True,
    ),
    calls=("`POST /subscriptions/{id}/hold.json`: the change; the answer holds it",),
)


def resumes_at(wish: Wish) -> datetime | None:
    """When the pause ends, the same in every try; None without the moment of the click."""
    until = wish.wanted.get("until")
    if until:
        return datetime.combine(date.fromisoformat(until), time(), UTC)
    days = timedelta(days=int(wish.wanted.get("for_days") or DAYS))
    return None if wish.at is None else wish.at.replace(microsecond=0) + days


class Pause(Change):
    spec = SPEC
    tiers = (is_live, is_on_hold)
    was_so = "It is on hold until that day."
    spares_primaries = True

    def is_done(self, record: BillingRecord, wish: Wish) -> bool:
        """A vendor that rounds the hour of the day has still done what was wanted."""
        wanted, found = resumes_at(wish), record.resumes_at
        is_the_day = wanted is not None and found is not None and abs(found - wanted) < LEAST
        return is_on_hold(record) and is_the_day

    def impossible(self, wish: Wish) -> Refused | None:
        end, now = resumes_at(wish), wish.at
        if end is None or now is None:
            return Refused(RefusalReason.PARAMETER_INVALID, "Give the day on which it resumes.")
        if LEAST <= end - now <= LONGEST:
            return None
        text = f"A pause ends 1 to 366 days after the click; {end:%Y-%m-%d} does not."
        return Refused(RefusalReason.PARAMETER_INVALID, f"{text} Choose another day.")

    def hindrance(self, record: BillingRecord, wish: Wish, own: Records) -> Hindrance:
        name, renews_at = f"Subscription {record.external_id}", record.current_period_ends_at
        if is_on_hold(record):
            till = f"{record.resumes_at:%Y-%m-%d}" if record.resumes_at else "somebody resumes it"
            text = f"{name} is on hold until {till}. Change it in Chargify."
            return Refused(RefusalReason.WRONG_STATE, text)
        if renews_at is not None and wish.at is not None and renews_at - wish.at < LEAST:
            text = f"{name} renews within 24 hours: Chargify then allows no pause."
            return Refused(RefusalReason.WRONG_STATE, text)
        return None

    def call(self, record: BillingRecord, wish: Wish, token: str) -> Call:
        end = resumes_at(wish)
        hold = {"automatically_resume_at": None if end is None else end.isoformat()}
        return post(path_of(record, "hold"), {"hold": hold}, token)

    def price(self, job: Job, record: BillingRecord, wish: Wish) -> Preview:
        return previews.held(job, record, resumes_at(wish))

    def undo_of(self, order: Order, reference: str) -> Undoing:
        return Undoing("resume", {}, reference)


PAUSE = Pause().action()
