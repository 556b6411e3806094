"""What a connector can do to a bill, and what can come of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

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
    OTHER = "other"


@dataclass(frozen=True)
class Succeeded:
    """The billing system did it. `reference` names the subscription; `already`: done before."""

    reference: str
    already: bool = False
    message: str = ""


@dataclass(frozen=True)
class Refused:
    """It said no, or we saw that it would. `message` is for the operator, never a secret."""

    reason: RefusalReason
    message: str


@dataclass(frozen=True)
class NeedsVisitor:
    """The visitor must act first. `link` is where (payment method, 3-D Secure)."""

    message: str
    link: str | None = None


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


@dataclass(frozen=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True)
class ParameterSpec:
    """One field of an action's form.

    `may_be_answered`: the visitor's form answer may fill it (a reason, a message).
    `max_length` bounds text, in characters.
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


@dataclass(frozen=True)
class ActionSpec:
    """What an action is, wants and costs; forms, API, worker and docs follow from it.

    `moves_money`: it charges or discounts, so it expires an hour after the click; one that does
    not never expires. `repeat_is_safe_because` must say why a call without an idempotency token
    may be sent twice, or be None when every write carries a token.
    """

    key: str
    title: str
    sentence: str
    parameters: tuple[ParameterSpec, ...]
    moves_money: bool
    repeat_is_safe_because: str | None = None

    def parameter(self, key: str) -> ParameterSpec | None:
        return next((one for one in self.parameters if one.key == key), None)


@dataclass(frozen=True)
class Order:
    """One action to be done for one visitor.

    `reference` is unique to the run and the same in every try; `token` changes only when it is
    proven that nothing happened under the former one. `target` is what an earlier try of this
    run wrote to (a subscription's id), None before the first write.
    """

    action: str
    parameters: Mapping[str, str]
    billing_id: str
    user_id: str
    reference: str
    token: str
    target: str | None = None


class Desk(Protocol):
    """Where an action makes its calls, so that the ledger knows what was sent before it is sent."""

    @property
    def transport(self) -> Transport:
        """For calls that change nothing; it refuses every method but GET."""
        ...

    def write(self, call: Call, *, target: str | None) -> Answer:
        """Journal the intent durably, then send the call.

        `target` names what is written to, for a look-up after a doubt.
        Raises `NotSent` or `AnswerLost`.
        """
        ...

    def learned(self, billing: CustomerBilling) -> None:
        """Tell what was read or answered about the customer; it is stored with the outcome."""
        ...
