"""What a run is, and the states it can be in."""

from datetime import datetime
from enum import StrEnum

import msgspec

from standfast.contract.actions import ActionSpec, Preview
from standfast.contract.catalogue import Money
from standfast.domain.hashing import digest


class RunState(StrEnum):
    """Where a run stands. Whether a worker holds it now is said by its lease, not here."""

    ACCEPTED = "accepted"
    """Written with the click; nobody has tried it yet."""
    RETRYING = "retrying"
    """Surely nothing happened; it will be tried again."""
    UNKNOWN = "unknown"
    """It may have happened; it will be looked up before any new try."""
    WAITING_FOR_VISITOR = "waiting_for_visitor"
    """The visitor must act first (payment method, 3-D Secure)."""
    SUCCEEDED = "succeeded"
    """The bill is as the button said."""
    REFUSED = "refused"
    """The billing system, or the offer's own rules, said no."""
    FAILED = "failed"
    """It could not be done in time; surely nothing happened."""
    CANCELLED = "cancelled"
    """Not tried, because an earlier step failed or the visitor did not come back."""
    NEEDS_OPERATOR = "needs_operator"
    """The doubt lasted too long; a person records what happened."""


CAME_TO_NOTHING = frozenset({RunState.REFUSED, RunState.FAILED, RunState.CANCELLED})
"""Over, and surely nothing was changed. Whether it was nobody knows of one that needs a person."""
STOPS_CHAIN = CAME_TO_NOTHING | {RunState.NEEDS_OPERATOR}
FINISHED = STOPS_CHAIN | {RunState.SUCCEEDED}
BLOCKS_NOBODY = frozenset({RunState.WAITING_FOR_VISITOR, RunState.NEEDS_OPERATOR})
"""States in which a customer's later clicks go ahead all the same."""


class Origin(StrEnum):
    """What began a run."""

    CLICK = "click"
    """A visitor's click; the only origin the visitor is told of."""
    UNDO = "undo"
    """An operator takes a succeeded run back; `parent_id` names it."""
    AGAIN = "again"
    """An operator runs one again that ended badly; `parent_id` names it."""


class RunResult(msgspec.Struct, frozen=True):
    """What came of it, in words for the operator; `link` is where the visitor must act.

    `charged` is what was taken from the customer, None when that is not known. `was_led`: what was
    sent waits at the link for the visitor.
    """

    reference: str | None = None
    already: bool = False
    reason: str | None = None
    message: str = ""
    link: str | None = None
    charged: Money | None = None
    was_led: bool = False


class ActionRun(msgspec.Struct, frozen=True, kw_only=True):
    """One durable execution of one action. Unique per interaction and position.

    `memo` is what the action noted with its first write (how things stood before). `quoted` is
    the price the visitor saw and agreed to. Unless it `waits_when_down`, a billing system that
    cannot be reached is a refusal. `incident` says what an operator must look at though the run
    is finished (charged another price than was shown); empty when there is nothing.
    `entries` and `last_hash` are the length and the end of its journal.
    """

    id: str
    interaction_id: str
    position: int
    app_id: str
    connection_id: str
    connector: str
    action: str
    parameters: dict[str, str]
    user_id: str
    billing_id: str
    lane: str
    sequence: int
    stop_on_error: bool
    moves_money: bool
    created_at: datetime
    deadline_at: datetime | None
    due_at: datetime | None
    state: RunState = RunState.ACCEPTED
    fence: int = 0
    lease_until: datetime | None = None
    tries: int = 0
    look_ups: int = 0
    token_group: int = 0
    sends: int = 0
    has_open_intent: bool = False
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None
    doubt_at: datetime | None = None
    last_try_at: datetime | None = None
    target: str | None = None
    result: RunResult = RunResult()
    finished_at: datetime | None = None
    memo: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    origin: Origin = Origin.CLICK
    parent_id: str | None = None
    started_by: str | None = None
    quoted: Preview | None = None
    waits_when_down: bool = True
    incident: str = ""
    entries: int = 0
    last_hash: str = ""

    @property
    def reference(self) -> str:
        """The natural key at the billing system, the same in every try."""
        return f"sf-{self.id}"

    @property
    def token(self) -> str:
        """What makes the billing system refuse a second write of the same group."""
        return digest("token", self.id, self.token_group)

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED

    @property
    def is_in_doubt(self) -> bool:
        return self.has_open_intent or self.state is RunState.UNKNOWN

    @property
    def was_led(self) -> bool:
        """Whether a write waits elsewhere for the visitor, who makes it happen by confirming it."""
        return self.result.was_led and not self.is_finished

    @property
    def surely_did_nothing(self) -> bool:
        """Whether no call of it can have had, or can still have, an effect."""
        return not self.is_in_doubt and self.doubt_at is None and not self.was_led


def is_same_deed(one: ActionRun, other: ActionRun, spec: ActionSpec | None) -> bool:
    """Whether both are one action of a click, done to a subscription each."""
    if spec is None or (one.connector, one.action) != (other.connector, other.action):
        return False
    return spec.is_same_but_for_target(one.parameters, other.parameters)
