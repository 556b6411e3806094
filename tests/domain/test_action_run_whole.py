"""What each event makes of a run, field by field: all that is not named stays as it was."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from ledger.rig import a_run
from run_stages import DURATIONS, EARLIER, PRICE, after, in_doubt, sent, settled
from standfast.contract.actions import (
    NeedsVisitor,
    RefusalReason,
    Refused,
    RetryCause,
    RetryLater,
    Succeeded,
    Unknown,
)
from standfast.domain.action_run import ActionRun, RunResult, RunState
from standfast.domain.run_transitions import (
    NextStep,
    cancel_after,
    doubt,
    give_up,
    next_step,
    open_intent,
    resume,
    retry_pause,
    withhold,
)


def test_a_new_run_has_done_nothing_yet():
    run = a_run()

    assert (run.state, run.fence, run.tries, run.look_ups, run.sends) == ("accepted", 0, 0, 0, 0)
    assert not run.is_finished
    assert not run.is_in_doubt
    assert next_step(run, now=after(0)) is NextStep.PERFORM


def test_an_intent_counts_the_send_and_keeps_what_the_first_one_noted():
    first = sent()
    again = open_intent(first, target=None, now=after(6), memo={"plan": "tin"})

    assert first == replace(
        a_run(),
        has_open_intent=True,
        sends=1,
        first_sent_at=after(0),
        last_sent_at=after(0),
        target="s1",
        memo={"plan": "gold"},
    )
    assert again == replace(first, sends=2, last_sent_at=after(6))


def test_an_intent_may_name_another_target_and_note_nothing():
    moved = open_intent(replace(a_run(), target="s1"), target="s2", now=after(0))

    assert (moved.target, moved.memo) == ("s2", {})


def test_a_lost_worker_leaves_a_doubt_from_then_on():
    rescued = doubt(sent(), now=after(31))
    again = doubt(replace(rescued, has_open_intent=True), now=after(62))

    expected = replace(
        sent(),
        state=RunState.UNKNOWN,
        has_open_intent=False,
        doubt_at=after(31),
        due_at=after(31),
    )
    assert rescued == expected
    assert again == replace(expected, due_at=after(62))


def test_a_success_ends_it_with_all_that_was_answered():
    outcome = Succeeded("s9", already=True, message="Done.", charged=PRICE)

    assert settled(sent(result=EARLIER), outcome) == replace(
        sent(),
        tries=1,
        last_try_at=after(1),
        state=RunState.SUCCEEDED,
        has_open_intent=False,
        due_at=None,
        finished_at=after(1),
        result=RunResult("s9", already=False, message="Done.", charged=PRICE),
    )


def test_only_a_run_that_sent_nothing_found_it_done_before():
    """What is found done after a send of its own is its own doing: it can be taken back."""
    found = Succeeded("s9", already=True)

    assert settled(sent(), found).result.already is False
    assert settled(replace(sent(), has_open_intent=False, last_sent_at=None), found).result.already


def test_a_refusal_ends_it_with_its_reason():
    assert settled(sent(), Refused(RefusalReason.PAYMENT_DECLINED, "No.")) == replace(
        sent(),
        tries=1,
        last_try_at=after(1),
        state=RunState.REFUSED,
        has_open_intent=False,
        due_at=None,
        finished_at=after(1),
        result=RunResult(reason=RefusalReason.PAYMENT_DECLINED, message="No."),
    )


def test_a_visitor_who_must_act_gets_a_link_and_the_next_write_a_new_token():
    assert settled(sent(), NeedsVisitor("Card?", "https://x.example")) == replace(
        sent(),
        tries=1,
        last_try_at=after(1),
        state=RunState.WAITING_FOR_VISITOR,
        has_open_intent=False,
        token_group=1,
        sends=0,
        first_sent_at=None,
        due_at=after(86_400),
        deadline_at=after(86_400),
        result=RunResult(message="Card?", link="https://x.example"),
    )


def test_what_was_turned_away_is_tried_again_under_a_new_token():
    slow = RetryLater(RetryCause.THROTTLED, "Slow down.", 60)

    assert settled(sent(result=EARLIER), slow) == replace(
        sent(),
        tries=1,
        last_try_at=after(1),
        state=RunState.RETRYING,
        has_open_intent=False,
        token_group=1,
        sends=0,
        first_sent_at=None,
        due_at=after(61),
        result=replace(EARLIER, message="Slow down.", reason=None),
    )


def test_what_was_never_reached_is_tried_again_after_the_pause_under_its_token():
    down = RetryLater(RetryCause.NOT_REACHED, "Down.", 1)
    pause = retry_pause(1, run_id=a_run().id, durations=DURATIONS)

    assert settled(sent(), down) == replace(
        sent(),
        tries=1,
        last_try_at=after(1),
        state=RunState.RETRYING,
        has_open_intent=False,
        due_at=after(1) + pause,
        result=RunResult(message="Down."),
    )


def test_a_cancel_has_no_deadline_that_could_bound_its_retry():
    cancel = a_run(action="cancel_subscription")
    later = RetryLater(RetryCause.THROTTLED, "Slow down.", 7200)

    assert settled(cancel, later, at=1).due_at == after(7201)


def test_a_retry_past_the_deadline_is_a_failure_that_says_why():
    assert settled(a_run(), RetryLater(RetryCause.NOT_REACHED, "Down."), at=3600) == replace(
        a_run(),
        tries=1,
        last_try_at=after(3600),
        state=RunState.FAILED,
        due_at=None,
        finished_at=after(3600),
        result=RunResult(message="Not done before its deadline: Down."),
    )


def test_a_click_that_does_not_wait_is_refused_when_the_biller_is_down():
    impatient = sent(waits_when_down=False)

    assert settled(impatient, RetryLater(RetryCause.NOT_REACHED, "Down.")) == replace(
        impatient,
        tries=1,
        last_try_at=after(1),
        state=RunState.REFUSED,
        has_open_intent=False,
        due_at=None,
        finished_at=after(1),
        result=RunResult(reason=RefusalReason.SITE_DOWN, message="Down."),
    )


def test_a_lost_answer_begins_a_doubt_that_a_second_one_does_not_renew():
    assert in_doubt() == replace(
        sent(),
        tries=1,
        last_try_at=after(1),
        state=RunState.UNKNOWN,
        has_open_intent=False,
        doubt_at=after(1),
        due_at=after(6),
        result=RunResult(message="cut"),
    )
    assert settled(in_doubt(has_open_intent=True), Unknown("409"), at=9).doubt_at == after(1)


def test_a_try_that_proves_nothing_leaves_the_older_doubt():
    declined = Refused(RefusalReason.PAYMENT_DECLINED, "No.")

    assert settled(in_doubt(result=EARLIER), declined, at=9) == replace(
        in_doubt(),
        tries=2,
        last_try_at=after(9),
        due_at=after(14),
        result=replace(EARLIER, message="An earlier send may yet take effect.", reason=None),
    )


def test_a_resend_that_is_turned_away_proves_nothing_about_the_first_send():
    resent = in_doubt(has_open_intent=True, sends=2)
    slow = RetryLater(RetryCause.THROTTLED, "Slow down.")

    assert settled(resent, slow, at=9) == replace(
        in_doubt(),
        sends=2,
        tries=2,
        last_try_at=after(9),
        due_at=after(14),
        result=RunResult(message="An earlier send may yet take effect."),
    )


def test_a_resend_that_is_taken_up_ends_the_doubt_about_the_first_send():
    resent = in_doubt(has_open_intent=True, sends=2)

    waiting = settled(resent, NeedsVisitor("Card?", None), at=9)

    assert (waiting.doubt_at, waiting.token_group, waiting.sends) == (None, 1, 0)


@pytest.mark.parametrize(
    ("run", "state", "message"),
    [
        (a_run(), RunState.FAILED, "Not done before its deadline: It was never reached"),
        (
            replace(a_run(), result=RunResult(message="Down.")),
            RunState.FAILED,
            "Not done before its deadline: Down.",
        ),
        (
            replace(a_run(), state=RunState.WAITING_FOR_VISITOR),
            RunState.CANCELLED,
            "The visitor did not come back in time.",
        ),
    ],
)
def test_giving_up_says_what_the_time_ran_out_on(run: ActionRun, state: RunState, message: str):
    assert give_up(run, now=after(4000)) == replace(
        run,
        state=state,
        due_at=None,
        finished_at=after(4000),
        result=RunResult(message=message),
    )


def test_a_dry_run_ends_where_it_would_write():
    assert withhold(a_run(), now=after(2)) == replace(
        a_run(),
        state=RunState.CANCELLED,
        due_at=None,
        finished_at=after(2),
        result=RunResult(message="Dry run: everything was checked, and nothing was sent."),
    )


def test_a_visitor_who_is_back_makes_it_due_and_changes_nothing_else():
    waiting = settled(sent(), NeedsVisitor("Card?", None))

    assert resume(waiting, now=after(60)) == replace(
        waiting, state=RunState.RETRYING, due_at=after(60)
    )


def test_a_step_that_is_not_tried_says_after_which():
    refused = settled(replace(a_run(), position=2), Refused(RefusalReason.OTHER, "No."))
    later = a_run(position=3)

    assert cancel_after(later, refused, now=after(2)) == replace(
        later,
        state=RunState.CANCELLED,
        due_at=None,
        finished_at=after(2),
        result=RunResult(message="Not tried, because step 3 ended refused."),
    )


@pytest.mark.parametrize(
    ("tries", "plain"), [(0, 15), (1, 15), (2, 30), (3, 60), (9, 3600), (10**6, 3600)]
)
def test_a_pause_is_its_doubled_length_and_a_share_that_the_run_decides(tries: int, plain: float):
    # The share is a number of 0 to 9,999 in 100,000: below a tenth.
    pauses = {
        retry_pause(tries, run_id=f"run-{n}", durations=DURATIONS).total_seconds()
        for n in range(200)
    }

    assert plain <= min(pauses) < plain * 1.005
    assert plain * 1.095 < max(pauses) < plain * 1.1
    assert len(pauses) > 190


def test_a_pause_is_the_same_in_every_process():
    third, fourth = (retry_pause(n, run_id="r1", durations=DURATIONS) for n in (3, 4))

    # 60 s and 6,007 hundred-thousandths more; 120 s and 4,671.
    assert (third, fourth) == (timedelta(seconds=63.6042), timedelta(seconds=125.6052))
