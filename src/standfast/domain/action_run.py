"""The heart: what becomes of a run after each outcome. Pure; the table is ADR 0001's."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

import msgspec
from msgspec.structs import replace

from standfast.config import Durations
from standfast.contract.actions import (
    Absent,
    Finding,
    NeedsVisitor,
    Obscure,
    Outcome,
    Preview,
    RefusalReason,
    Refused,
    RetryCause,
    RetryLater,
    Succeeded,
    Unknown,
)
from standfast.contract.catalogue import Money
from standfast.domain.hashing import bucket, digest


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

    `charged` is what was taken from the customer, None when that is not known.
    """

    reference: str | None = None
    already: bool = False
    reason: str | None = None
    message: str = ""
    link: str | None = None
    charged: Money | None = None


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


class NextStep(StrEnum):
    PERFORM = "perform"
    LOOK_UP = "look_up"
    GIVE_UP = "give_up"


def next_step(run: ActionRun, *, now: datetime) -> NextStep:
    """What a worker that holds the run does. A doubt is always resolved first.

    Whom a write led to their bank may have confirmed it there and closed the window.
    """
    is_late = _is_past(run.deadline_at, now)
    was_led = run.state is RunState.WAITING_FOR_VISITOR and run.last_sent_at is not None
    if run.is_in_doubt or (is_late and was_led):
        return NextStep.LOOK_UP
    return NextStep.GIVE_UP if is_late else NextStep.PERFORM


def give_up(run: ActionRun, *, now: datetime) -> ActionRun:
    """The time is over and surely nothing happened."""
    if run.state is RunState.WAITING_FOR_VISITOR:
        gone = _said(run, "The visitor did not come back in time.")
        return _finish(run, RunState.CANCELLED, gone, now)
    why = run.result.message or "It was never reached"
    return _finish(run, RunState.FAILED, _said(run, f"Not done before its deadline: {why}"), now)


def open_intent(
    run: ActionRun, *, target: str | None, now: datetime, memo: Mapping[str, str] | None = None
) -> ActionRun:
    """A write is about to be sent: from here on it may have happened. The first memo counts."""
    return replace(
        run,
        has_open_intent=True,
        sends=run.sends + 1,
        first_sent_at=run.first_sent_at or now,
        last_sent_at=now,
        target=target or run.target,
        memo=run.memo or dict(memo or {}),
    )


def doubt(run: ActionRun, *, now: datetime) -> ActionRun:
    """A worker was lost with an intent open: to be looked up at once."""
    return replace(
        run,
        state=RunState.UNKNOWN,
        has_open_intent=False,
        doubt_at=run.doubt_at or now,
        due_at=now,
    )


def settle(run: ActionRun, outcome: Outcome, *, now: datetime, durations: Durations) -> ActionRun:
    """The run after a try. See the table in docs/architecture.md."""
    run = replace(run, tries=run.tries + 1, last_try_at=now)
    if _leaves_older_doubt(run, outcome):
        return _still_in_doubt(run, "An earlier send may yet take effect.", now, durations)
    match outcome:
        case Succeeded():
            return _succeed(run, outcome, now)
        case Refused(reason, message):
            return _finish(run, RunState.REFUSED, RunResult(reason=reason, message=message), now)
        case NeedsVisitor(message, link):
            until = run.created_at + timedelta(seconds=durations.visitor_deadline)
            return replace(
                _nothing_happened(run),
                state=RunState.WAITING_FOR_VISITOR,
                due_at=until,
                deadline_at=until,  # the visitor's own deadline counts now
                result=RunResult(message=message, link=link),
            )
        case RetryLater(detail=detail) if not run.waits_when_down:
            down = RunResult(reason=RefusalReason.SITE_DOWN, message=detail)
            return _finish(run, RunState.REFUSED, down, now)  # no send is in doubt any more
        case RetryLater():
            return _retry(run, outcome, now, durations)
        case Unknown(detail):
            return replace(
                run,
                state=RunState.UNKNOWN,
                has_open_intent=False,
                doubt_at=run.doubt_at or now,
                due_at=now + _look_up_pause(run, durations),
                result=_said(run, detail),
            )
        case _:
            assert_never(outcome)


def settle_look_up(
    run: ActionRun, finding: Finding, *, now: datetime, durations: Durations
) -> ActionRun:
    """The run after a look-up. Only proven absence lets it be tried under a new token."""
    run = replace(run, look_ups=run.look_ups + 1, has_open_intent=False)
    match finding:
        case Succeeded():
            return _succeed(run, finding, now)
        case Absent():
            return _after_absence(run, now, durations)
        case Obscure(detail):
            return _still_in_doubt(run, detail, now, durations)
        case _:
            assert_never(finding)


def withhold(run: ActionRun, *, now: datetime) -> ActionRun:
    """A dry run ends where the write would begin."""
    message = "Dry run: everything was checked, and nothing was sent."
    return _finish(run, RunState.CANCELLED, _said(run, message), now)


def resume(run: ActionRun, *, now: datetime) -> ActionRun:
    """The visitor is back: try again, as the click's promise still holds."""
    return replace(run, state=RunState.RETRYING, due_at=now)


def cancel_after(run: ActionRun, failed: ActionRun, *, now: datetime) -> ActionRun:
    """An earlier step of the same click ended badly and stops the chain."""
    message = f"Not tried, because step {failed.position + 1} ended {failed.state}."
    return _finish(run, RunState.CANCELLED, RunResult(message=message), now)


def retry_pause(tries: int, *, run_id: str, durations: Durations) -> timedelta:
    """Doubles from `retry_first` up to `retry_longest`, plus up to 10 % so runs keep apart.

    With the defaults: 15 s, 30 s, 60 s, …, 1 h.
    """
    doubled = durations.retry_first * 2 ** min(max(tries - 1, 0), 20)
    jitter = 1 + bucket(salt="retry", key=str(tries), visitor=run_id) / 100_000
    return timedelta(seconds=min(doubled, durations.retry_longest) * jitter)


def _leaves_older_doubt(run: ActionRun, outcome: Outcome) -> bool:
    """Whether an earlier, unanswered send of this group could still take effect.

    A resend that the billing system took up (2xx, 422) proves that the earlier one never arrived,
    since both carried the same token. A try that sent nothing, or was turned away at the door,
    proves nothing about the earlier one.
    """
    counts = run.doubt_at is not None and not isinstance(outcome, Succeeded | Unknown)
    return counts and (not run.has_open_intent or isinstance(outcome, RetryLater))


def _succeed(run: ActionRun, outcome: Succeeded, now: datetime) -> ActionRun:
    """What was so before is this run's own doing once it has sent anything."""
    result = RunResult(
        reference=outcome.reference,
        already=outcome.already and run.last_sent_at is None,
        message=outcome.message,
        charged=outcome.charged,
    )
    return _finish(run, RunState.SUCCEEDED, result, now)


def _finish(run: ActionRun, state: RunState, result: RunResult, now: datetime) -> ActionRun:
    return replace(
        run, state=state, result=result, due_at=None, has_open_intent=False, finished_at=now
    )


def _retry(run: ActionRun, outcome: RetryLater, now: datetime, durations: Durations) -> ActionRun:
    if outcome.cause is not RetryCause.NOT_REACHED:
        run = _nothing_happened(run)
    pause = retry_pause(run.tries, run_id=run.id, durations=durations)
    if outcome.after_seconds is not None:
        pause = max(pause, timedelta(seconds=outcome.after_seconds))
    due_at = now + pause
    retrying = replace(
        run,
        state=RunState.RETRYING,
        has_open_intent=False,
        due_at=min(due_at, run.deadline_at) if run.deadline_at else due_at,
        result=_said(run, outcome.detail),
    )
    return give_up(retrying, now=now) if _is_past(run.deadline_at, now) else retrying


def _nothing_happened(run: ActionRun) -> ActionRun:
    """An answer to a write proves that it did nothing: the next one needs a new token."""
    return _next_group(run) if run.has_open_intent else run


def _next_group(run: ActionRun) -> ActionRun:
    return replace(
        run,
        token_group=run.token_group + 1,
        sends=0,
        first_sent_at=None,
        has_open_intent=False,
        doubt_at=None,
    )


def _after_absence(run: ActionRun, now: datetime, durations: Durations) -> ActionRun:
    """Not there. If the last send can no longer be under way, that is final.

    The vendor cuts a request at 120 s. Before that one resend under the same token is safe: the
    vendor refuses it (409) when the first was received, and does it when it was not.
    """
    if run.last_sent_at is None:
        return _try_again(run, now)
    proven_at = run.last_sent_at + timedelta(seconds=durations.absence_proof)
    if now >= proven_at:
        return _try_again(_next_group(run), now)
    window = timedelta(seconds=durations.token_window)
    token_counts = run.first_sent_at is not None and now - run.first_sent_at < window
    if run.sends < 2 and token_counts and not _is_past(run.deadline_at, now):
        return replace(run, state=RunState.RETRYING, due_at=now)
    return replace(run, state=RunState.UNKNOWN, due_at=proven_at)


def _try_again(run: ActionRun, now: datetime) -> ActionRun:
    run, is_late = replace(run, doubt_at=None), _is_past(run.deadline_at, now)
    return give_up(run, now=now) if is_late else replace(run, state=RunState.RETRYING, due_at=now)


def _still_in_doubt(run: ActionRun, detail: str, now: datetime, durations: Durations) -> ActionRun:
    since = run.doubt_at or now
    if now - since >= timedelta(seconds=durations.doubt_limit):
        return _finish(run, RunState.NEEDS_OPERATOR, _said(run, detail), now)
    return replace(
        run,
        state=RunState.UNKNOWN,
        has_open_intent=False,
        doubt_at=since,
        due_at=now + _look_up_pause(run, durations),
        result=_said(run, detail),
    )


def _look_up_pause(run: ActionRun, durations: Durations) -> timedelta:
    pauses = durations.look_ups
    pause = pauses[run.look_ups] if run.look_ups < len(pauses) else durations.look_up_then
    return timedelta(seconds=pause)


def _said(run: ActionRun, message: str) -> RunResult:
    return replace(run.result, message=message, reason=None)


def _is_past(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and now >= instant
