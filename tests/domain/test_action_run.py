"""The table of docs/architecture.md, row by row: what becomes of a run after each outcome."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from clocks import START
from ledger.rig import a_run
from standfast.config import Durations
from standfast.contract.actions import (
    Absent,
    NeedsVisitor,
    Obscure,
    RefusalReason,
    Refused,
    RetryCause,
    RetryLater,
    Succeeded,
    Unknown,
)
from standfast.domain.action_run import FINISHED, ActionRun, RunState
from standfast.domain.run_transitions import (
    NextStep,
    cancel_after,
    doubt,
    give_up,
    next_step,
    open_intent,
    resume,
    retry_pause,
    settle,
    settle_look_up,
)

DURATIONS = Durations()
NOT_REACHED = RetryLater(RetryCause.NOT_REACHED, "down")
DECLINED = Refused(RefusalReason.PAYMENT_DECLINED, "declined")


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def sent(run: ActionRun | None = None, *, at: float = 0) -> ActionRun:
    return open_intent(run or a_run(), target="s1", now=after(at))


def settled(run: ActionRun, outcome, *, at: float = 1) -> ActionRun:
    return settle(run, outcome, now=after(at), durations=DURATIONS)


def looked_up(run: ActionRun, finding, *, at: float) -> ActionRun:
    return settle_look_up(run, finding, now=after(at), durations=DURATIONS)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Succeeded("s1"), RunState.SUCCEEDED),
        (Succeeded("s1", already=True), RunState.SUCCEEDED),
        (DECLINED, RunState.REFUSED),
        (NeedsVisitor("card", "https://x.example"), RunState.WAITING_FOR_VISITOR),
        (NOT_REACHED, RunState.RETRYING),
        (RetryLater(RetryCause.THROTTLED, "slow", 60), RunState.RETRYING),
        (RetryLater(RetryCause.CREDENTIALS_REFUSED, "401"), RunState.RETRYING),
        (RetryLater(RetryCause.ACCOUNT_BLOCKED, "blocked"), RunState.RETRYING),
        (Unknown("cut"), RunState.UNKNOWN),
    ],
)
def test_each_outcome_leads_to_its_state(outcome, state):
    run = settled(sent(), outcome)

    assert run.state is state
    assert run.tries == 1
    assert not run.has_open_intent
    assert run.is_finished == (state in FINISHED)
    assert (run.due_at is None) == run.is_finished


@pytest.mark.parametrize("cause", list(RetryCause))
@pytest.mark.parametrize("run", [a_run(), sent()], ids=["while reading", "while sending"])
def test_a_run_that_does_not_wait_is_refused_when_the_site_is_down(run, cause):
    refused = settled(replace(run, waits_when_down=False), RetryLater(cause, "down"))

    assert (refused.state, refused.result.reason) == (RunState.REFUSED, RefusalReason.SITE_DOWN)
    assert refused.due_at is None
    assert refused.result.message == "down"


def test_a_run_that_does_not_wait_is_still_looked_up_when_a_send_is_in_doubt():
    run = replace(a_run(), waits_when_down=False)
    unsure = settled(sent(run), Unknown("cut"))
    resend = looked_up(unsure, Absent(), at=6)

    assert unsure.state is RunState.UNKNOWN
    assert settled(resend, NOT_REACHED, at=7).state is RunState.UNKNOWN


def test_a_look_up_comes_5_30_120_and_600_seconds_after_the_doubt_and_then_hourly():
    # 1 + 5 = 6; 6 + 30 = 36; 36 + 120 = 156; 156 + 600 = 756; 756 + 3600 = 4356
    run = settled(sent(), Unknown("cut"), at=1)
    due = []
    for _ in range(5):
        assert run.due_at is not None
        due.append((run.due_at - START).total_seconds())
        run = looked_up(run, Obscure("no answer"), at=due[-1])

    assert due == [6, 36, 156, 756, 4356]


def test_after_a_day_in_doubt_a_person_must_look():
    run = settled(sent(), Unknown("cut"), at=1)

    assert looked_up(run, Obscure("?"), at=86_400).state is RunState.UNKNOWN
    assert looked_up(run, Obscure("?"), at=86_401).state is RunState.NEEDS_OPERATOR


def test_a_doubt_is_looked_up_before_anything_else():
    in_doubt = settled(sent(), Unknown("cut"))

    assert next_step(in_doubt, now=after(1e9)) is NextStep.LOOK_UP
    assert next_step(sent(), now=after(1)) is NextStep.LOOK_UP
    assert next_step(doubt(sent(), now=after(31)), now=after(31)) is NextStep.LOOK_UP


def test_absence_seen_125_seconds_after_the_last_send_is_final_and_raises_the_group():
    run = settled(sent(at=0), Unknown("cut"), at=1)

    early = looked_up(run, Absent(), at=124)
    late = looked_up(run, Absent(), at=125)

    assert (early.state, early.token_group) == (RunState.RETRYING, 0)
    assert early.token == run.token  # the vendor refuses it if the first send did arrive
    assert (late.state, late.token_group) == (RunState.RETRYING, 1)
    assert late.token != run.token
    assert late.doubt_at is None


def test_a_group_is_resent_once_and_then_waits_for_final_absence():
    run = settled(sent(at=0), Unknown("cut"), at=1)
    run = looked_up(run, Absent(), at=6)
    run = settled(sent(run, at=6), Unknown("409"), at=7)

    run = looked_up(run, Absent(), at=37)

    assert run.state is RunState.UNKNOWN
    assert run.due_at == after(6 + 125)


def test_after_55_minutes_a_token_no_longer_protects_a_resend():
    run = replace(settled(sent(at=0), Unknown("cut"), at=1), last_sent_at=after(3299))

    assert looked_up(run, Absent(), at=3299).state is RunState.RETRYING
    assert looked_up(run, Absent(), at=3300).state is RunState.UNKNOWN


@pytest.mark.parametrize("cause", list(RetryCause))
def test_only_an_answer_proves_that_nothing_happened_and_raises_the_group(cause: RetryCause):
    run = settled(sent(), RetryLater(cause, "later"))

    assert run.token_group == (0 if cause is RetryCause.NOT_REACHED else 1)


def test_a_try_that_sent_nothing_keeps_its_group():
    assert settled(a_run(), RetryLater(RetryCause.THROTTLED, "later")).token_group == 0


@pytest.mark.parametrize(
    "outcome", [NOT_REACHED, RetryLater(RetryCause.THROTTLED, "slow"), DECLINED]
)
def test_an_older_doubt_outlives_a_try_that_sent_nothing(outcome):
    resend = looked_up(settled(sent(), Unknown("cut")), Absent(), at=6)

    assert settled(resend, outcome, at=7).state is RunState.UNKNOWN


def test_a_refused_resend_proves_that_the_first_never_arrived():
    resend = sent(looked_up(settled(sent(), Unknown("cut")), Absent(), at=6), at=6)

    assert settled(resend, DECLINED, at=7).state is RunState.REFUSED


def test_what_moves_money_fails_an_hour_after_the_click_and_a_cancel_never_does():
    coupon, cancel = a_run(), a_run(action="cancel_subscription")

    assert next_step(coupon, now=after(3599)) is NextStep.PERFORM
    assert next_step(coupon, now=after(3600)) is NextStep.GIVE_UP
    assert give_up(coupon, now=after(3600)).state is RunState.FAILED
    assert next_step(cancel, now=after(1e9)) is NextStep.PERFORM


def test_a_retry_is_never_due_after_the_deadline():
    run = settled(a_run(), RetryLater(RetryCause.THROTTLED, "slow", 7200), at=10)

    assert run.due_at == run.deadline_at
    assert settled(run, NOT_REACHED, at=3600).state is RunState.FAILED


def test_a_visitor_who_must_act_has_a_day_from_the_click():
    run = settled(a_run(), NeedsVisitor("card", "https://x.example"), at=1800)

    assert run.due_at == after(86_400)
    assert next_step(run, now=after(86_400)) is NextStep.GIVE_UP
    assert give_up(run, now=after(86_400)).state is RunState.CANCELLED
    back = resume(run, now=after(7200))
    assert (back.state, back.due_at) == (RunState.RETRYING, after(7200))
    assert next_step(back, now=after(7200)) is NextStep.PERFORM


def test_proven_absence_after_the_deadline_is_a_failure_and_not_another_try():
    run = settled(sent(at=3590), Unknown("cut"), at=3595)

    assert looked_up(run, Absent(), at=3600).state is RunState.UNKNOWN
    assert looked_up(run, Absent(), at=3590 + 125).state is RunState.FAILED


def test_a_cancelled_later_step_names_the_step_that_ended_badly():
    refused = settled(a_run(position=0), DECLINED)

    later = cancel_after(a_run(position=1), refused, now=after(2))

    assert later.state is RunState.CANCELLED
    assert "step 1 ended refused" in later.result.message


@given(tries=st.integers(0, 200), name=st.text(max_size=20))
def test_a_retry_pause_doubles_from_15_seconds_to_an_hour_with_at_most_a_tenth_more(tries, name):
    pause = retry_pause(tries, run_id=name, durations=DURATIONS).total_seconds()

    plain = min(15 * 2 ** max(tries - 1, 0), 3600)
    assert plain <= pause <= plain * 1.1


outcomes = st.sampled_from(
    [
        Succeeded("s1"),
        DECLINED,
        NeedsVisitor("card", None),
        NOT_REACHED,
        RetryLater(RetryCause.THROTTLED, "slow", 5),
        Unknown("cut"),
    ]
)
findings = st.sampled_from([Succeeded("s1"), Absent(), Obscure("?")])


@given(data=st.data())
def test_a_new_token_is_used_only_when_nothing_can_have_happened_under_the_old_one(data):
    """Walks any history; whenever the group rises, the former group's sends are all accounted."""
    run, now = replace(a_run(), waits_when_down=data.draw(st.booleans())), START
    for _ in range(12):
        now += timedelta(seconds=data.draw(st.floats(0.1, 400)))
        step = next_step(run, now=now)
        before = run
        if step is NextStep.LOOK_UP:
            finding = data.draw(findings)
            run = settle_look_up(run, finding, now=now, durations=DURATIONS)
            if run.token_group > before.token_group:
                assert isinstance(finding, Absent)
                assert before.last_sent_at is not None
                assert now - before.last_sent_at >= timedelta(seconds=125)
        elif step is NextStep.PERFORM:
            if data.draw(st.booleans()):
                run = open_intent(run, target="s1", now=now)
            had_doubt = run.doubt_at is not None
            outcome = data.draw(outcomes)
            run = settle(run, outcome, now=now, durations=DURATIONS)
            if run.token_group > before.token_group:
                assert not isinstance(outcome, Unknown)
                assert not (isinstance(outcome, RetryLater) and had_doubt)
            if run.state in {RunState.FAILED, RunState.REFUSED} and had_doubt:
                assert isinstance(outcome, Refused)
            if run.result.reason is RefusalReason.SITE_DOWN:
                assert isinstance(outcome, RetryLater)
                assert not run.waits_when_down
        else:
            run = give_up(run, now=now)
        if run.is_finished:
            return
