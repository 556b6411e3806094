"""What a look-up makes of a run in doubt, field by field: what is not named stays as it was."""

from msgspec.structs import replace

from ledger.rig import a_run
from run_stages import EARLIER, PRICE, after, in_doubt, looked_up, sent
from standfast.contract.actions import (
    Absent,
    Obscure,
    Succeeded,
)
from standfast.domain.action_run import RunResult, RunState
from standfast.domain.run_transitions import NextStep, doubt, next_step


def test_a_look_up_that_finds_it_ends_the_doubt():
    found = Succeeded("s9", message="There.", charged=PRICE)

    assert looked_up(in_doubt(), found, at=6) == replace(
        in_doubt(),
        look_ups=1,
        state=RunState.SUCCEEDED,
        due_at=None,
        finished_at=after(6),
        result=RunResult("s9", message="There.", charged=PRICE),
    )


def test_a_look_up_closes_the_intent_that_a_lost_worker_left():
    left = replace(doubt(sent(), now=after(31)), has_open_intent=True)

    assert looked_up(left, Absent(), at=31) == replace(
        doubt(sent(), now=after(31)), look_ups=1, state=RunState.RETRYING, due_at=after(31)
    )


def test_an_early_absence_lets_it_be_sent_once_more_under_its_token_at_once():
    assert looked_up(in_doubt(), Absent(), at=7) == replace(
        in_doubt(), look_ups=1, state=RunState.RETRYING, due_at=after(7)
    )


def test_a_second_early_absence_waits_until_it_is_proof():
    resent = in_doubt(sends=2, last_sent_at=after(6), state=RunState.RETRYING)

    assert looked_up(resent, Absent(), at=11) == replace(
        resent, look_ups=1, state=RunState.UNKNOWN, due_at=after(6 + 125)
    )


def test_a_proven_absence_lets_it_be_sent_anew_under_a_new_token():
    assert looked_up(in_doubt(), Absent(), at=125) == replace(
        in_doubt(),
        look_ups=1,
        state=RunState.RETRYING,
        token_group=1,
        sends=0,
        first_sent_at=None,
        doubt_at=None,
        due_at=after(125),
    )


def test_a_proven_absence_after_the_deadline_is_a_failure():
    late = in_doubt(last_sent_at=after(3500))

    assert looked_up(late, Absent(), at=3625) == replace(
        late,
        look_ups=1,
        state=RunState.FAILED,
        token_group=1,
        sends=0,
        first_sent_at=None,
        doubt_at=None,
        due_at=None,
        finished_at=after(3625),
        result=RunResult(message="Not done before its deadline: cut"),
    )


def test_the_deadline_itself_is_too_late_for_a_resend():
    last_minute = in_doubt(last_sent_at=after(3599), first_sent_at=after(3599))

    assert looked_up(last_minute, Absent(), at=3599.5).state is RunState.RETRYING
    assert looked_up(last_minute, Absent(), at=3600).state is RunState.UNKNOWN


def test_a_doubt_without_any_send_ends_with_the_first_absence():
    never_sent = replace(a_run(), state=RunState.UNKNOWN, doubt_at=after(1))

    assert looked_up(never_sent, Absent(), at=6) == replace(
        never_sent, look_ups=1, state=RunState.RETRYING, doubt_at=None, due_at=after(6)
    )


def test_a_send_whose_first_instant_is_lost_is_not_resent_under_its_token():
    odd = in_doubt(first_sent_at=None)

    assert looked_up(odd, Absent(), at=6).state is RunState.UNKNOWN


def test_a_look_up_that_tells_nothing_is_repeated_later_and_later():
    assert looked_up(in_doubt(result=EARLIER), Obscure("?"), at=6) == replace(
        in_doubt(),
        look_ups=1,
        due_at=after(36),
        result=replace(EARLIER, message="?", reason=None),
    )


def test_a_doubt_that_nobody_noted_begins_with_the_look_up():
    left = sent(state=RunState.UNKNOWN)

    assert looked_up(left, Obscure("?"), at=6) == replace(
        left,
        look_ups=1,
        has_open_intent=False,
        doubt_at=after(6),
        due_at=after(36),
        result=RunResult(message="?"),
    )


def test_a_doubt_of_a_day_is_handed_to_a_person():
    assert looked_up(in_doubt(), Obscure("?"), at=86_401) == replace(
        in_doubt(),
        look_ups=1,
        state=RunState.NEEDS_OPERATOR,
        due_at=None,
        finished_at=after(86_401),
        result=RunResult(message="?"),
    )


def test_what_was_to_be_sent_once_more_and_found_no_time_is_looked_up_and_not_given_up():
    sent_once = looked_up(in_doubt(), Absent("not there"), at=6)
    assert (sent_once.state, sent_once.due_at) == (RunState.RETRYING, after(6))

    assert next_step(sent_once, now=after(3599)) is NextStep.PERFORM
    assert next_step(sent_once, now=after(3600)) is NextStep.LOOK_UP
