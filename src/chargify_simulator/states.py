"""Which operation a subscription takes in which state: the one table, from which the code acts.

Evidence of a cell: L asserted by the vendor's live tests, D documented, I inferred (no public
source decides; change the cell when someone learns more). `docs/simulator-states.md` is drawn
from it (`python -m chargify_simulator.states_page`).
"""

from dataclasses import dataclass
from enum import StrEnum

from .http import answer
from .records import Subscription
from .refusals import Refusal
from .site import Site


class State(StrEnum):
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    CANCELED = "canceled"
    TRIAL_ENDED = "trial_ended"
    EXPIRED = "expired"
    ON_HOLD = "on_hold"
    AWAITING_SIGNUP = "awaiting_signup"
    SOFT_FAILURE = "soft_failure"
    SUSPENDED = "suspended"
    ASSESSING = "assessing"
    PENDING = "pending"
    PAUSED = "paused"


class Op(StrEnum):
    CANCEL = "cancel now"
    DELAYED_CANCEL = "cancel at the end of the period"
    UNDO_DELAYED_CANCEL = "undo the delayed cancel"
    HOLD = "hold"
    CHANGE_RESUME_DATE = "change the resume date"
    RESUME = "resume"
    REACTIVATE = "reactivate"
    RETRY = "retry"
    CANCEL_DUNNING = "cancel dunning"
    ACTIVATE = "activate"
    MIGRATE = "migrate"
    PREVIEW_MIGRATION = "preview a migration"
    CHANGE_PRODUCT = "change the product now"
    DELAY_PRODUCT_CHANGE = "change the product at renewal"
    SET_NEXT_BILLING = "set next_billing_at"
    OVERRIDE = "override"
    ADD_COUPON = "add a coupon"
    REMOVE_COUPON = "remove a coupon"


class Shape(StrEnum):
    """How a refusal is written: bodies differ by endpoint."""

    ERRORS = '422 {"errors": [text]}'
    ERROR = '422 {"error": text}'
    BASE = '400 {"errors": {"base": [text]}}'
    NO_TEXT = '422 {"errors": []}'


@dataclass(frozen=True, slots=True)
class Yes:
    to: tuple[State, ...]
    """The states it can lead to; empty when it leaves the state alone."""
    evidence: str


@dataclass(frozen=True, slots=True)
class No:
    text: str
    """Key in the table of texts; blank when nothing is said."""
    shape: Shape
    evidence: str


Cell = Yes | No
Row = dict[State, Cell]

S = State
ALL = tuple(State)
LIVE = (S.TRIALING, S.ACTIVE)
OWING = (S.PAST_DUE, S.UNPAID)


def _yes(states: tuple[State, ...], evidence: str, *to: State) -> Row:
    return dict.fromkeys(states, Yes(to, evidence))


def _no(
    states: tuple[State, ...], evidence: str, text: str = "", shape: Shape = Shape.ERRORS
) -> Row:
    return dict.fromkeys(states, No(text, shape, evidence))


TABLE: dict[Op, Row] = {
    Op.CANCEL: _yes(ALL, "I", S.CANCELED)
    | _yes((S.TRIALING, *OWING, S.TRIAL_ENDED, S.EXPIRED, S.ON_HOLD), "D", S.CANCELED)
    | _yes((S.AWAITING_SIGNUP,), "D", S.CANCELED)
    | _yes((S.ACTIVE,), "L", S.CANCELED)
    | _no((S.CANCELED,), "L", "cancel.already", Shape.ERROR),
    Op.DELAYED_CANCEL: _no(ALL, "I", "delayed_cancel.not_eligible")
    | _yes((S.TRIALING, S.ON_HOLD, S.AWAITING_SIGNUP), "I")
    | _yes((S.ACTIVE,), "L")
    | _no((S.PAST_DUE,), "D", "delayed_cancel.past_due")
    | _no((S.CANCELED,), "L", "cancel.already"),
    Op.UNDO_DELAYED_CANCEL: _yes(ALL, "I")
    | _yes((S.TRIALING, *OWING), "D")
    | _yes((S.ACTIVE,), "L"),
    Op.HOLD: _no(ALL, "I", "hold.not_eligible")
    | _yes((S.TRIALING,), "D", S.ON_HOLD)
    | _yes((S.ACTIVE,), "L", S.ON_HOLD)
    | _no((S.ON_HOLD,), "L", "hold.not_eligible"),
    Op.CHANGE_RESUME_DATE: _no(ALL, "I", "hold.not_on_hold")
    | _no(LIVE, "L", "hold.not_on_hold")
    | _yes((S.ON_HOLD,), "L"),
    Op.RESUME: _no(ALL, "I", "resume.not_on_hold")
    | _no((S.ACTIVE,), "L", "resume.not_on_hold")
    | _yes((S.ON_HOLD,), "L", S.ACTIVE, S.TRIALING),
    Op.REACTIVATE: _no(ALL, "I", "reactivate.wrong_state")
    | _no((S.PAST_DUE, S.EXPIRED), "D", "reactivate.wrong_state")
    | _no((S.ACTIVE,), "L", "reactivate.wrong_state")
    | _yes((S.CANCELED,), "L", S.ACTIVE, S.TRIALING)
    | _yes((S.TRIAL_ENDED,), "D", S.ACTIVE, S.TRIALING),
    Op.RETRY: _no(ALL, "I", shape=Shape.NO_TEXT)
    | _yes((S.TRIALING,), "I")
    | _yes((S.ACTIVE,), "L")
    | _yes(OWING, "D", S.ACTIVE)
    | _yes((S.SOFT_FAILURE,), "I", S.ACTIVE)
    | _no((S.CANCELED,), "L", shape=Shape.NO_TEXT),
    Op.CANCEL_DUNNING: _no(ALL, "I", "dunning.not_eligible")
    | _no((S.ACTIVE,), "L", "dunning.not_eligible")
    | _yes((S.PAST_DUE,), "L", S.ACTIVE),
    Op.ACTIVATE: _no(ALL, "L", "activate.not_eligible", Shape.BASE)
    | _yes((S.TRIALING,), "D", S.ACTIVE, S.TRIAL_ENDED, S.PAST_DUE)
    | _yes((S.AWAITING_SIGNUP,), "L", S.ACTIVE, S.TRIALING, S.CANCELED),
    Op.MIGRATE: _no(ALL, "D", "migration.not_eligible")
    | _yes((S.TRIALING,), "D", S.ACTIVE, S.TRIALING)
    | _yes((S.ACTIVE,), "L", S.ACTIVE, S.TRIALING)
    | _yes((S.TRIAL_ENDED,), "D", S.ACTIVE, S.TRIALING),
    Op.PREVIEW_MIGRATION: _no(ALL, "D", "migration.not_active")
    | _yes((S.TRIALING, S.TRIAL_ENDED), "D")
    | _yes((S.ACTIVE,), "L"),
    Op.CHANGE_PRODUCT: _yes(ALL, "I")
    | _yes((S.TRIALING, S.CANCELED, S.TRIAL_ENDED), "D")
    | _yes((S.ACTIVE,), "L"),
    Op.DELAY_PRODUCT_CHANGE: _yes(ALL, "I") | _yes((S.TRIALING,), "D") | _yes((S.ACTIVE,), "L"),
    Op.SET_NEXT_BILLING: _yes(ALL, "I")
    | _yes((S.TRIALING, S.AWAITING_SIGNUP), "D")
    | _yes((S.ACTIVE,), "L"),
    Op.OVERRIDE: _yes(ALL, "I") | _yes((S.ACTIVE,), "L"),
    Op.ADD_COUPON: _yes(ALL, "I") | _yes((S.TRIALING, S.CANCELED), "D") | _yes((S.ACTIVE,), "L"),
    Op.REMOVE_COUPON: _yes(ALL, "I") | _yes((S.TRIALING, S.CANCELED), "D") | _yes((S.ACTIVE,), "L"),
}


class Tick(StrEnum):
    """What time does."""

    BEGIN = "the first billing date comes"
    END_TRIAL = "the trial ends"
    RENEW = "the period ends"
    DELAYED_CANCEL = "the day of a delayed cancel comes"
    EXPIRE = "expires_at comes"
    DUN = "the next payment attempt is due"
    RESUME = "the resume date comes"


TICKS: dict[Tick, dict[State, tuple[State, ...]]] = {
    Tick.BEGIN: {S.AWAITING_SIGNUP: (S.ACTIVE, S.TRIALING, S.PAST_DUE)},
    Tick.END_TRIAL: {S.TRIALING: (S.ACTIVE, S.TRIAL_ENDED, S.PAST_DUE)},
    Tick.RENEW: {S.ACTIVE: (S.ACTIVE, S.PAST_DUE), S.UNPAID: (S.UNPAID,)},
    Tick.DELAYED_CANCEL: dict.fromkeys(
        [state for state in ALL if state is not S.CANCELED], (S.CANCELED,)
    ),
    Tick.EXPIRE: dict.fromkeys((*LIVE, *OWING, S.SOFT_FAILURE), (S.EXPIRED,)),
    Tick.DUN: {
        S.PAST_DUE: (S.ACTIVE, S.UNPAID, S.CANCELED),
        S.SOFT_FAILURE: (S.ACTIVE, S.PAST_DUE),
    },
    Tick.RESUME: {S.ON_HOLD: (S.ACTIVE, S.TRIALING, S.PAST_DUE)},
}


def ask(site: Site, op: Op, subscription: Subscription) -> Yes:
    """The table's yes, or the refusal that it holds."""
    match TABLE[op][known_state(subscription)]:
        case Yes() as cell:
            return cell
        case No(text=key, shape=shape):
            raise refusal(site.say(key) if key else "", shape)


def known_state(subscription: Subscription) -> State:
    """A test may force a state that nobody knows; it is treated as one that passes by."""
    known = subscription.state in State.__members__.values()
    return State(subscription.state) if known else State.PENDING


def refusal(text: str, shape: Shape) -> Refusal:
    match shape:
        case Shape.ERRORS:
            return Refusal(answer({"errors": [text]}, 422))
        case Shape.ERROR:
            return Refusal(answer({"error": text}, 422))
        case Shape.BASE:
            return Refusal(answer({"errors": {"base": [text]}}, 400))
        case Shape.NO_TEXT:
            return Refusal(answer({"errors": []}, 422))


def leads_to(by: Yes | Tick, state: State) -> tuple[State, ...]:
    """The states that `by` may lead to from `state`; its own when it leaves it alone."""
    to = by.to if isinstance(by, Yes) else TICKS[by].get(state, ())
    return to or (state,)
