"""The heart: what becomes of a run with each step, and after each outcome. Pure.

The table stands in docs/architecture.md.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from msgspec.structs import replace

from standfast.config import Durations
from standfast.contract.actions import (
    Absent,
    Finding,
    NeedsVisitor,
    Obscure,
    Outcome,
    RefusalReason,
    Refused,
    RetryCause,
    RetryLater,
    Succeeded,
    Unknown,
)
from standfast.domain.action_run import ActionRun, RunResult, RunState
from standfast.domain.hashing import bucket


class NextStep(StrEnum):
    PERFORM = "perform"
    LOOK_UP = "look_up"
    LOOK_FIRST = "look_first"
    """Look it up, and perform it when it is absent."""
    GIVE_UP = "give_up"


def next_step(run: ActionRun, *, now: datetime) -> NextStep:
    """What a worker that holds the run does. A doubt is always resolved first.

    When its time is over nothing is sent any more that would show what became of an earlier send;
    and whom a write led to their bank may have confirmed it there and closed the window.
    """
    is_late = _is_past(run.deadline_at, now)
    has_sent = run.state is RunState.WAITING_FOR_VISITOR and run.last_sent_at is not None
    if run.is_in_doubt or (is_late and (has_sent or not run.surely_did_nothing)):
        return NextStep.LOOK_UP
    if is_late:
        return NextStep.GIVE_UP
    return NextStep.LOOK_FIRST if run.was_led else NextStep.PERFORM


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
        case Refused(message=message) if run.was_led and not run.has_open_intent:
            return _wait_for_visitor(run, _said(run, message), now, durations)
        case Refused(reason, message):
            return _finish(run, RunState.REFUSED, RunResult(reason=reason, message=message), now)
        case NeedsVisitor(message, link, completes_it=completes_it):
            asked = RunResult(
                message=message,
                link=link or run.result.link,
                was_led=completes_it or run.result.was_led,
            )
            return _wait_for_visitor(_nothing_happened(run), asked, now, durations)
        case RetryLater(detail=detail) if not (run.waits_when_down or run.was_led):
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


def wait_on(run: ActionRun, *, now: datetime, durations: Durations) -> ActionRun:
    """Back so soon and not there yet: the page they were led to may still be open.

    A second write would lead them to a second one, and both could be confirmed.
    """
    waiting = replace(run, look_ups=run.look_ups + 1, last_try_at=now)
    return _wait_for_visitor(waiting, run.result, now, durations)


def is_at_the_bank(run: ActionRun, *, now: datetime, durations: Durations) -> bool:
    """For so long an absence proves nothing, as after a lost answer; unless there is news."""
    if run.last_sent_at is None or run.last_try_at is None:
        return False
    return now < absence_counts_from(run.last_sent_at, durations)


def absence_counts_from(sent_at: datetime, durations: Durations) -> datetime:
    """When what was sent then can no longer be under way."""
    return sent_at + timedelta(seconds=durations.absence_proof)


def resume(run: ActionRun, *, now: datetime, has_news: bool = False) -> ActionRun:
    """The visitor is back: try again, as the click's promise still holds.

    `has_news`: the billing system told that they acted; nothing was tried since.
    """
    last_try_at = None if has_news else run.last_try_at
    return replace(run, state=RunState.RETRYING, due_at=now, last_try_at=last_try_at)


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


def _wait_for_visitor(
    run: ActionRun, result: RunResult, now: datetime, durations: Durations
) -> ActionRun:
    """Until the visitor's own deadline, whatever the run's was.

    A bank that has been asked listens to no refusal of ours: what it can still make happen is
    waited for.
    """
    until = run.created_at + timedelta(seconds=durations.visitor_deadline)
    return replace(
        run,
        state=RunState.WAITING_FOR_VISITOR,
        due_at=max(until, now),
        deadline_at=until,
        result=result,
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
    is_over = _is_past(run.deadline_at, now) and not run.was_led
    return give_up(retrying, now=now) if is_over else retrying


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
    if run.sends == 0:  # each one before was answered, or proven to be absent
        return _try_again(run, now)
    assert run.last_sent_at is not None
    proven_at = absence_counts_from(run.last_sent_at, durations)
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
