"""Whom a write led to their bank: it may still happen there, whatever we are told meanwhile."""

import pytest
from msgspec.structs import replace

from ledger.rig import a_run
from run_stages import DURATIONS, after, sent, settled
from standfast.contract.actions import NeedsVisitor, RefusalReason, Refused, RetryCause, RetryLater
from standfast.domain.action_run import RunResult, RunState
from standfast.domain.run_transitions import (
    NextStep,
    is_at_the_bank,
    next_step,
    open_intent,
    resume,
    wait_on,
)

LED = RunResult(link="https://bank.example", was_led=True)
ASKED = RunResult(link="https://portal.example")
AT_THE_BANK = NeedsVisitor("Confirm it.", "https://bank.example", completes_it=True)


@pytest.mark.parametrize(
    ("state", "result", "was_sent", "before", "at_the_end"),
    [
        (RunState.WAITING_FOR_VISITOR, LED, True, NextStep.LOOK_FIRST, NextStep.LOOK_UP),
        (RunState.WAITING_FOR_VISITOR, ASKED, True, NextStep.PERFORM, NextStep.LOOK_UP),
        (RunState.WAITING_FOR_VISITOR, ASKED, False, NextStep.PERFORM, NextStep.GIVE_UP),
        (RunState.RETRYING, LED, True, NextStep.LOOK_FIRST, NextStep.LOOK_UP),
        (RunState.RETRYING, ASKED, True, NextStep.PERFORM, NextStep.GIVE_UP),
        (RunState.UNKNOWN, LED, True, NextStep.LOOK_UP, NextStep.LOOK_UP),
    ],
)
def test_only_whom_a_write_led_away_is_looked_up_before_another_try_and_at_the_end(
    state: RunState, result: RunResult, was_sent: bool, before: NextStep, at_the_end: NextStep
):
    sent_at = after(0) if was_sent else None
    run = replace(a_run(), state=state, result=result, last_sent_at=sent_at)

    assert next_step(run, now=after(3599)) is before
    assert next_step(run, now=after(3600)) is at_the_end


def test_whom_a_write_led_away_is_waited_for_though_a_later_try_is_refused_before_it_writes():
    led = settled(sent(), AT_THE_BANK)
    back = resume(led, now=after(60))

    refused = settled(back, Refused(RefusalReason.WRONG_STATE, "It is off."), at=60)

    assert refused == replace(
        led, tries=2, last_try_at=after(60), result=replace(led.result, message="It is off.")
    )


def test_whom_a_write_led_away_is_not_refused_because_the_biller_is_down():
    led = settled(
        sent(waits_when_down=False),
        AT_THE_BANK,
    )

    down = settled(resume(led, now=after(60)), RetryLater(RetryCause.NOT_REACHED, "gone"), at=60)

    assert (down.state, down.result.link) == (RunState.RETRYING, "https://bank.example")
    assert down.due_at is not None
    assert after(60) < down.due_at <= after(120)


def test_whom_a_write_led_away_is_not_given_up_without_a_look():
    led = settled(sent(), AT_THE_BANK)
    end = DURATIONS.visitor_deadline

    late = settled(resume(led, now=after(end)), RetryLater(RetryCause.NOT_REACHED, "gone"), at=end)

    assert (late.state, late.due_at) == (RunState.RETRYING, after(end))
    assert next_step(late, now=after(end)) is NextStep.LOOK_UP


def test_who_only_has_to_give_a_card_is_refused_like_anybody_else():
    asked = settled(sent(), NeedsVisitor("Give a card.", "https://portal.example"))

    refused = settled(resume(asked, now=after(60)), Refused(RefusalReason.WRONG_STATE, "No."))

    assert (refused.state, refused.result.reason) == (RunState.REFUSED, "wrong_state")


def test_who_is_back_before_an_absence_proves_anything_goes_on_waiting_at_the_same_page():
    led = settled(sent(), AT_THE_BANK)
    back = resume(led, now=after(60))

    assert is_at_the_bank(back, now=after(124), durations=DURATIONS)
    assert not is_at_the_bank(back, now=after(125), durations=DURATIONS)
    assert wait_on(back, now=after(60), durations=DURATIONS) == replace(
        led, look_ups=1, last_try_at=after(60)
    )


def test_a_write_that_is_refused_after_the_visitor_is_back_ends_it():
    led = settled(sent(), AT_THE_BANK)
    again = open_intent(resume(led, now=after(60)), target=None, now=after(60))

    refused = settled(again, Refused(RefusalReason.PAYMENT_DECLINED, "No."), at=61)

    assert (refused.state, refused.result.reason) == (RunState.REFUSED, "payment_declined")


def test_a_visitor_who_is_asked_again_without_a_link_keeps_the_one_they_have():
    led = settled(sent(), AT_THE_BANK)

    asked = settled(resume(led, now=after(60)), NeedsVisitor("Give a card.", None), at=60)

    assert asked.result == RunResult(
        message="Give a card.", link="https://bank.example", was_led=True
    )


def test_news_that_they_acted_is_followed_at_once():
    led = settled(sent(), AT_THE_BANK)

    told = resume(led, now=after(60), has_news=True)

    assert told.state is RunState.RETRYING
    assert not is_at_the_bank(told, now=after(60), durations=DURATIONS)
