"""What a connector can do to a bill, and what can come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from standfast.contract.catalogue import Money
from standfast.contract.records import CustomerBilling
from standfast.contract.transport import Answer, Call, Transport


class RefusalReason(StrEnum):
    """Why a change was not made and trying again cannot help."""

    BILLING_ID_MISSING = "billing_id_missing"
    BILLING_ID_MALFORMED = "billing_id_malformed"
    BILLING_ID_UNMATCHED = "billing_id_unmatched"
    BILLING_ID_FOREIGN = "billing_id_foreign"
    NO_SUBSCRIPTION = "no_subscription"
    SEVERAL_SUBSCRIPTIONS = "several_subscriptions"
    ALREADY_DONE = "already_done"
    """What is wanted is there: nobody is offered it, and a click on it is a success."""
    ALREADY_SUBSCRIBED = "already_subscribed"
    WRONG_STATE = "wrong_state"
    PLAN_UNKNOWN = "plan_unknown"
    PLAN_RETIRED = "plan_retired"
    COUPON_UNKNOWN = "coupon_unknown"
    COUPON_EXPIRED = "coupon_expired"
    COUPON_RETIRED = "coupon_retired"
    COUPON_NOT_FOR_PLAN = "coupon_not_for_plan"
    COUPON_NOT_STACKABLE = "coupon_not_stackable"
    COUPON_PRESENT = "coupon_present"
    PAYMENT_DECLINED = "payment_declined"
    PARAMETER_INVALID = "parameter_invalid"
    CONNECTION_INACTIVE = "connection_inactive"
    OFFER_CHANGED = "offer_changed"
    QUOTE_REFUSED = "quote_refused"
    """The price that was shown is forged, over, or no longer what it would cost."""
    LIMIT_REACHED = "limit_reached"
    """As many have accepted as the author allowed."""
    BUDGET_EXHAUSTED = "budget_exhausted"
    """The discount budget does not cover another accept."""
    SITE_DOWN = "site_down"
    """The billing system does not answer, and the prompt says not to wait for it."""
    OTHER = "other"


@dataclass(frozen=True)
class Succeeded:
    """The billing system did it. `reference` names the subscription; `already`: done before.

    `charged` is what was taken from the customer for it, None when that is not known.
    """

    reference: str
    already: bool = False
    message: str = ""
    charged: Money | None = None


@dataclass(frozen=True)
class Refused:
    """It said no, or we saw that it would. `message` is for the operator, never a secret."""

    reason: RefusalReason
    message: str


@dataclass(frozen=True)
class NeedsVisitor:
    """The visitor must act first. `link` is where (payment method, 3-D Secure).

    `completes_it`: the write itself waits there. Who confirms it makes it happen, without us.
    """

    message: str
    link: str | None = None
    completes_it: bool = False


class RetryCause(StrEnum):
    NOT_REACHED = "not_reached"
    THROTTLED = "throttled"
    CREDENTIALS_REFUSED = "credentials_refused"
    ACCOUNT_BLOCKED = "account_blocked"


@dataclass(frozen=True)
class RetryLater:
    """Surely nothing happened; worth another try."""

    cause: RetryCause
    detail: str
    after_seconds: float | None = None


@dataclass(frozen=True)
class Unknown:
    """It may have happened: look it up before any new try."""

    detail: str


Outcome: TypeAlias = Succeeded | Refused | NeedsVisitor | RetryLater | Unknown


@dataclass(frozen=True)
class Absent:
    """A look-up proved that the wanted change is not there now."""

    detail: str = ""


@dataclass(frozen=True)
class Obscure:
    """A look-up could not tell (no answer, or an answer that proves nothing)."""

    detail: str


Finding: TypeAlias = Succeeded | Absent | Obscure


class ParameterKind(StrEnum):
    """Where a parameter's choices come from."""

    PLAN = "plan"
    PRICE_POINT = "price_point"
    COUPON = "coupon"
    REASON_CODE = "reason_code"
    CHOICE = "choice"
    TEXT = "text"
    NUMBER = "number"
    """A whole number within the parameter's bounds."""
    DATE = "date"
    """A day, as YYYY-MM-DD."""


@dataclass(frozen=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True)
class ParameterSpec:
    """One field of an action's form.

    `may_be_answered`: the visitor's form answer ("{{ answer.<field> }}") or a trusted trait
    ("{{ visitor.<trait> }}") may fill it (a reason, a message, a pause's length). Such a one is
    never `required`, since an answer may be missing.
    `max_length` bounds text, in characters; `least` and `most` bound a number, both inclusive.
    """

    key: str
    label: str
    kind: ParameterKind
    help: str
    required: bool = False
    default: str | None = None
    choices: tuple[Choice, ...] = ()
    may_be_answered: bool = False
    max_length: int = 255
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class UndoSpec:
    """How a succeeded action is taken back: by another action, until when, at what loss.

    `until` and `gives_not_back` are sentences for the operator who is about to do it.
    `moves_money`: undoing it may charge or pay back; only one that does not may be automatic.
    `only_for`: the parameter and the value that this way back is for; None: for all.
    """

    action: str
    until: str
    gives_not_back: str
    moves_money: bool = False
    only_for: tuple[str, str] | None = None


@dataclass(frozen=True)
class SpreadSpec:
    """Where one click is done to several subscriptions, each by a run of its own.

    It is asked for by the parameter `parameter` with the value `value`; in each run the parameter
    `names` names the one that is meant. `partly_done`: what a visitor reads where it worked for
    some of them and not for others.
    """

    parameter: str
    value: str
    names: str
    partly_done: str


@dataclass(frozen=True)
class ActionSpec:
    """What an action is, wants and costs; forms, API, worker and docs follow from it.

    `moves_money`: it charges or discounts, so it expires an hour after the click; one that does
    not never expires. `repeat_is_safe_because` must say why a call without an idempotency token
    may be sent twice, or be None when every write carries a token. `needs`: what the customer
    must have, and `cost`: what it may cost them, each a sentence for the author of a prompt.
    `has_preview`: `Connector.preview` can tell its price beforehand. `calls`: the calls to the
    billing system one untroubled run makes, each with why it is made. `undo_if`: ways back that
    hold instead of `undo` where a parameter has a certain value. `done` and `not_done`: what a
    visitor reads of this action where a click did several and not all of them worked, as in "The
    coupon was added." and "The coupon could not be added." `spread`: how one click can come to
    several runs of it, None where it never does.
    """

    key: str
    title: str
    sentence: str
    parameters: tuple[ParameterSpec, ...]
    moves_money: bool
    repeat_is_safe_because: str | None = None
    needs: str = ""
    cost: str = ""
    has_preview: bool = False
    undo: UndoSpec | None = None
    calls: tuple[str, ...] = ()
    undo_if: tuple[UndoSpec, ...] = ()
    done: str = ""
    not_done: str = ""
    spread: SpreadSpec | None = None

    def parameter(self, key: str) -> ParameterSpec | None:
        return next((one for one in self.parameters if one.key == key), None)

    def told(self, *, is_done: bool) -> str:
        """A sentence for the visitor."""
        if is_done:
            return self.done or f"{self.title}: done."
        return self.not_done or f"{self.title}: not done."

    def may_spread(self, parameters: Mapping[str, str]) -> bool:
        """Whether one click with these parameters can come to several runs."""
        spread = self.spread
        return spread is not None and parameters.get(spread.parameter) == spread.value

    def is_same_but_for_target(self, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
        """Whether both are the same deed, done to a subscription each."""
        spread = self.spread
        if spread is None or not one.get(spread.names) or not other.get(spread.names):
            return False
        return {**one, spread.names: ""} == {**other, spread.names: ""}

    def undo_for(self, parameters: Mapping[str, str]) -> UndoSpec | None:
        """How what was ordered with these parameters is taken back, or None when it cannot be."""
        given = {one.key: parameters.get(one.key) or one.default for one in self.parameters}
        for one in self.undo_if:
            if one.only_for is not None and given.get(one.only_for[0]) == one.only_for[1]:
                return one
        return self.undo


@dataclass(frozen=True)
class Order:
    """One action to be done for one visitor.

    `reference` is unique to the run and the same in every try; `token` changes only when it is
    proven that nothing happened under the former one. `target` is what an earlier try of this
    run wrote to (a subscription's id), or what an undo is about; None before the first write.
    `memo` is what the action noted with its write (how things stood before), empty before the
    first. `clicked_at` is the instant of the click: "for 30 days" counts from it in every try.
    """

    action: str
    parameters: Mapping[str, str]
    billing_id: str
    user_id: str
    reference: str
    token: str
    target: str | None = None
    memo: Mapping[str, str] = field(default_factory=dict[str, str])
    clicked_at: datetime | None = None


@dataclass(frozen=True)
class Preview:
    """What an order would cost, as the billing system computes it.

    `due_now` is what is taken at once, at the most; where it shrinks by the second (proration),
    `least_due_now` is what it comes to when the order is carried out late. `is_due_estimated` and
    `is_estimate` (of the next charge): we computed a part of it ourselves, such as a coupon's
    effect on a renewal. Only what is not estimated is compared with what was charged.
    """

    due_now: Money
    next_charge: Money | None = None
    next_charge_at: datetime | None = None
    is_estimate: bool = False
    is_due_estimated: bool = False
    least_due_now: Money | None = None


@dataclass(frozen=True)
class Undoing:
    """The order's inverse: an action of the same connector, on the subscription it changed."""

    action: str
    parameters: Mapping[str, str]
    target: str


class Desk(Protocol):
    """Where an action makes its calls, so that the ledger knows what was sent before it is sent."""

    @property
    def transport(self) -> Transport:
        """For calls that change nothing; it refuses every one that is not a read."""
        ...

    def write(
        self, call: Call, *, target: str | None, memo: Mapping[str, str] | None = None
    ) -> Answer:
        """Journal the intent durably, then send the call.

        `target` names what is written to, and `memo` how it stood before, for a look-up after a
        doubt, for an undo and to see what was charged. Of several writes the first memo counts.
        Raises `NotSent` or `AnswerLost`.
        """
        ...

    def learned(self, billing: CustomerBilling) -> None:
        """Tell what was read or answered about the customer; it is stored with the outcome."""
        ...
