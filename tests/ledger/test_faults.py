"""What the ledger does with every answer and every silence, on both databases."""

from dataclasses import replace

import pytest

from ledger.rig import CONNECTION, LedgerRig
from standfast.contract.actions import RetryCause
from standfast.contract.testing import Change, Script
from standfast.domain.action_run import RunState
from standfast.domain.attempt_chain import EntryKind, first_broken
from standfast.services.connection_health import note_good_answer, note_trouble
from standfast.store.connections import Health, get_connection, save_connection
from standfast.store.runs import list_entries


def test_a_click_is_done_once_and_its_journal_tells_intent_before_outcome(ledger: LedgerRig):
    (run,) = ledger.click("add_coupon")

    ledger.work()

    done = ledger.run(run)
    assert done.state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1
    with ledger.database.reading() as reader:
        entries = list_entries(reader, run.id)
    assert [entry.kind for entry in entries] == [
        EntryKind.CREATED,
        EntryKind.INTENT,
        EntryKind.OUTCOME,
    ]
    assert first_broken(entries) is None


@pytest.mark.parametrize("script", [Script.REFUSE, Script.DECLINE])
def test_a_refusal_ends_the_run_without_another_try(ledger: LedgerRig, script: Script):
    ledger.world.next(script)
    (run,) = ledger.click("add_coupon")

    ledger.work_for(60)

    assert ledger.run(run).state is RunState.REFUSED
    assert ledger.effects(run) == 0
    assert ledger.run(run).tries == 1


@pytest.mark.parametrize(
    "script", [Script.LOSE_AFTER, Script.FAIL_AFTER, Script.GARBLE, Script.CONFLICT]
)
def test_a_lost_answer_is_looked_up_before_a_second_try(ledger: LedgerRig, script: Script):
    ledger.world.next(script)
    (run,) = ledger.click("add_coupon")

    ledger.work()
    assert ledger.run(run).state is RunState.UNKNOWN
    writes_before = _writes(ledger)
    ledger.clock.advance(5)
    (looked_up,) = ledger.step()

    assert looked_up.look_ups == 1
    assert _writes(ledger) == writes_before
    ledger.work_for(300)
    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1


@pytest.mark.parametrize("script", [Script.LOSE_BEFORE, Script.FAIL_BEFORE, Script.CRASH])
def test_a_doubt_that_proves_empty_is_tried_again_and_done_once(ledger: LedgerRig, script: Script):
    ledger.world.next(script)
    (run,) = ledger.click("add_coupon")

    ledger.work_for(300)

    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1


def test_a_resend_before_absence_is_final_uses_the_same_token(ledger: LedgerRig):
    ledger.world.next(Script.LOSE_BEFORE)
    (run,) = ledger.click("add_coupon")

    ledger.work_for(10)

    tokens = {str((call.json or {})["token"]) for call in ledger.world.calls if call.json}
    assert len(tokens) == 1
    assert ledger.effects(run) == 1


def test_a_lost_refusal_is_found_out_under_a_new_token_once_absence_is_final(ledger: LedgerRig):
    # The first answer (a refusal) is lost, its token is burned: the resend meets a conflict.
    (run,) = ledger.click("add_coupon")
    ledger.world.next(Script.LOSE_BEFORE, Script.CONFLICT, Script.REFUSE)

    ledger.work_for(120)
    assert ledger.run(run).state is RunState.UNKNOWN
    ledger.work_for(30)

    assert ledger.run(run).state is RunState.REFUSED
    assert ledger.run(run).token_group == 1


def test_a_biller_that_is_down_for_a_while_delays_the_change(ledger: LedgerRig):
    ledger.world.reads_fail = True
    (run,) = ledger.click("cancel_subscription")
    ledger.work_for(120)
    assert ledger.run(run).state is RunState.RETRYING

    ledger.world.reads_fail = False
    ledger.work_for(300)

    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1


def test_what_discounts_fails_after_an_hour_and_a_cancel_never_does(ledger: LedgerRig):
    ledger.world.reads_fail = True
    (coupon,) = ledger.click("add_coupon", customer="c1")
    (cancel,) = ledger.click("cancel_subscription", customer="c2")

    ledger.work_for(3700, every=20)

    assert ledger.run(coupon).state is RunState.FAILED
    assert "deadline" in ledger.run(coupon).result.message
    assert ledger.run(cancel).state is RunState.RETRYING


def test_a_throttled_write_waits_as_long_as_it_is_told(ledger: LedgerRig):
    ledger.world.next(Script.THROTTLE)
    (run,) = ledger.click("add_coupon")

    ledger.work()
    retrying = ledger.run(run)

    assert retrying.state is RunState.RETRYING
    assert retrying.due_at is not None
    assert (retrying.due_at - ledger.clock.now()).total_seconds() >= 7
    assert retrying.token_group == 1  # the answer proved that nothing happened


def test_three_refused_keys_break_the_connection_and_a_good_answer_mends_it(ledger: LedgerRig):
    ledger.world.next(*[Script.UNAUTHORIZED] * 3)
    (run,) = ledger.click("cancel_subscription")

    ledger.work_for(120)
    with ledger.database.reading() as reader:
        broken = get_connection(reader, run.connection_id)
    assert broken.health is Health.BROKEN
    assert "new key" in broken.health_detail
    tries = ledger.run(run).tries
    ledger.work_for(600, every=10)
    assert ledger.run(run).tries == tries  # it waits, uncounted

    with ledger.database.writing() as transaction:
        note_good_answer(transaction, run.connection_id, now=ledger.clock.now())
    ledger.work()
    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1


@pytest.mark.parametrize("earlier", [0, 1], ids=["well before", "refused before"])
def test_trouble_during_a_call_is_not_disproved_by_its_good_answer(ledger: LedgerRig, earlier: int):
    (run,) = ledger.click("cancel_subscription")
    _refuse_keys(ledger, earlier)

    def be_refused(_change: Change) -> None:
        ledger.world.on_effect = None
        _refuse_keys(ledger, 3)

    ledger.world.on_effect = be_refused
    ledger.work()

    assert ledger.run(run).state is RunState.SUCCEEDED
    with ledger.database.reading() as reader:
        assert get_connection(reader, run.connection_id).health is Health.BROKEN


def _refuse_keys(ledger: LedgerRig, times: int) -> None:
    for _ in range(times):
        with ledger.database.writing() as transaction:
            note_trouble(
                transaction,
                CONNECTION,
                RetryCause.CREDENTIALS_REFUSED,
                now=ledger.clock.now(),
                durations=ledger.durations,
            )


def test_one_refused_key_alone_breaks_nothing(ledger: LedgerRig):
    ledger.world.next(Script.UNAUTHORIZED)
    (run,) = ledger.click("cancel_subscription")

    ledger.work_for(60)

    assert ledger.run(run).state is RunState.SUCCEEDED
    with ledger.database.reading() as reader:
        assert get_connection(reader, run.connection_id).health is Health.OK


def test_a_blocked_account_breaks_the_connection_at_once(ledger: LedgerRig):
    ledger.world.next(Script.BLOCKED)
    (run,) = ledger.click("cancel_subscription")

    ledger.work()

    with ledger.database.reading() as reader:
        assert get_connection(reader, run.connection_id).health is Health.BROKEN
    assert ledger.run(run).state is RunState.RETRYING


def test_a_visitor_who_must_act_is_waited_for_a_day(ledger: LedgerRig):
    ledger.world.next(Script.NEED_VISITOR)
    (run,) = ledger.click("create_subscription")

    ledger.work()
    assert ledger.run(run).state is RunState.WAITING_FOR_VISITOR
    assert ledger.run(run).result.link == "https://biller.example/confirm"

    ledger.work_for(86_500, every=3600)
    ledger.work_for(3600, every=600)
    assert ledger.run(run).state is RunState.CANCELLED
    assert ledger.effects(run) == 0


def test_a_doubt_that_cannot_be_looked_up_needs_an_operator_after_a_day(ledger: LedgerRig):
    ledger.world.next(Script.LOSE_AFTER)
    (run,) = ledger.click("add_coupon")
    ledger.work()
    ledger.world.reads_fail = True

    ledger.work_for(90_000, every=600)

    assert ledger.run(run).state is RunState.NEEDS_OPERATOR
    assert ledger.effects(run) == 1


def test_one_customers_runs_go_one_at_a_time_in_the_order_of_their_clicks(ledger: LedgerRig):
    (first,) = ledger.click("add_coupon")
    (second,) = ledger.click("cancel_subscription")
    (other,) = ledger.click("cancel_subscription", customer="c2")

    claimed = ledger.claim()

    assert [run.id for run in claimed] == [first.id, other.id]
    assert ledger.claim(owner="w2") == ()
    for run in claimed:
        ledger.actions.advance(run)
    assert [run.id for run in ledger.claim()] == [second.id]


def test_a_step_that_ends_badly_stops_the_later_ones_of_its_click(ledger: LedgerRig):
    ledger.world.next(Script.DECLINE)
    first, second = ledger.click("add_coupon", "cancel_subscription")

    ledger.work()

    assert ledger.run(first).state is RunState.REFUSED
    assert ledger.run(second).state is RunState.CANCELLED
    assert ledger.world.changes == []


def test_a_step_told_to_go_on_lets_the_later_ones_be_tried(ledger: LedgerRig):
    ledger.world.next(Script.DECLINE)
    first, second = ledger.click("add_coupon", "cancel_subscription", stop_on_error=False)

    ledger.work()

    assert ledger.run(first).state is RunState.REFUSED
    assert ledger.run(second).state is RunState.SUCCEEDED


def test_a_waiting_visitor_does_not_hold_up_their_later_clicks(ledger: LedgerRig):
    ledger.world.next(Script.NEED_VISITOR)
    (create,) = ledger.click("create_subscription")
    ledger.work()
    (cancel,) = ledger.click("cancel_subscription")

    ledger.work()

    assert ledger.run(create).state is RunState.WAITING_FOR_VISITOR
    assert ledger.run(cancel).state is RunState.SUCCEEDED


def _writes(ledger: LedgerRig) -> int:
    return sum(1 for call in ledger.world.calls if call.json is not None)


def test_a_dry_run_checks_everything_and_sends_nothing(ledger: LedgerRig):
    _set_dry_run(ledger, is_dry_run=True)
    (run,) = ledger.click("add_coupon")

    ledger.work()

    done = ledger.run(run)
    assert done.state is RunState.CANCELLED
    assert "nothing was sent" in done.result.message
    assert _writes(ledger) == 0
    with ledger.database.reading() as reader:
        entries = list_entries(reader, run.id)
    assert entries[-1].said["would_send"]["method"] == "POST"
    assert first_broken(entries) is None


def test_a_dry_run_rehearses_every_step_of_a_click(ledger: LedgerRig):
    _set_dry_run(ledger, is_dry_run=True)
    runs = ledger.click("create_subscription", "add_coupon")

    ledger.work()

    with ledger.database.reading() as reader:
        last = [list_entries(reader, run.id)[-1] for run in runs]
    assert all("would_send" in entry.said for entry in last)
    assert [ledger.effects(run) for run in runs] == [0, 0]


def test_a_doubt_from_before_a_dry_run_is_still_resolved(ledger: LedgerRig):
    ledger.world.next(Script.LOSE_AFTER)
    (run,) = ledger.click("add_coupon")
    ledger.work()
    _set_dry_run(ledger, is_dry_run=True)

    ledger.work_for(10)

    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1


def _set_dry_run(ledger: LedgerRig, *, is_dry_run: bool) -> None:
    with ledger.database.writing() as transaction:
        connection = get_connection(transaction, CONNECTION)
        save_connection(transaction, replace(connection, is_dry_run=is_dry_run))
