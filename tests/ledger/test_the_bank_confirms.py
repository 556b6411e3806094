"""A bank's check that is passed while nobody looks: the customer is charged, and the run knows."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.rig import APP, CONNECTION, LedgerRig
from standfast.contract.testing import Script
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.stopping import SWITCHED_OFF, UnderWay, stop
from standfast.services.go_on import RETURN_SECONDS, go_on
from standfast.services.stop_runs import end_runs
from standfast.store.connections import get_connection, save_connection
from standfast.store.runs import list_entries, lock_run, lock_runs


def _sent_to_the_bank(ledger: LedgerRig, **changes: Any) -> ActionRun:
    (run,) = ledger.click("create_subscription", **changes)
    ledger.world.script(run.reference, Script.NEED_VISITOR)
    ledger.work()
    assert ledger.run(run).state is RunState.WAITING_FOR_VISITOR
    return run


def _passes_the_check(ledger: LedgerRig, run: ActionRun) -> None:
    """At the bank's page; no webhook comes, and they close the window."""
    wish = {
        "action": run.action,
        "customer": run.billing_id,
        "reference": run.reference,
        "token": "the bank's",
        **run.parameters,
    }
    assert ledger.world._make(wish) is not None


def test_who_passes_the_check_and_never_comes_back_has_what_they_are_charged_for(
    ledger: LedgerRig,
) -> None:
    run = _sent_to_the_bank(ledger)
    _passes_the_check(ledger, run)

    ledger.clock.advance(ledger.durations.visitor_deadline)
    ledger.work()

    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1


def test_who_never_passes_it_is_given_up_after_one_look(ledger: LedgerRig) -> None:
    run = _sent_to_the_bank(ledger)

    ledger.clock.advance(ledger.durations.visitor_deadline)
    ledger.work()

    after = ledger.run(run)
    assert after.state is RunState.CANCELLED
    assert after.result.message == "The visitor did not come back in time."
    with ledger.database.reading() as reader:
        assert list_entries(reader, run.id)[-1].kind is EntryKind.LOOK_UP
    assert ledger.effects(run) == 0


@pytest.mark.parametrize("passed", [True, False])
def test_while_the_biller_cannot_be_asked_nobody_says_that_nothing_happened(
    ledger: LedgerRig, passed: bool
) -> None:
    run = _sent_to_the_bank(ledger)
    if passed:
        _passes_the_check(ledger, run)
    ledger.world.reads_fail = True
    ledger.clock.advance(ledger.durations.visitor_deadline)
    ledger.work()
    assert ledger.run(run).state is RunState.UNKNOWN

    ledger.world.reads_fail = False
    ledger.work_out([run])

    assert ledger.run(run).state is (RunState.SUCCEEDED if passed else RunState.FAILED)
    assert ledger.effects(run) == int(passed)


def _comes_back(
    ledger: LedgerRig, run: ActionRun, *, after_seconds: float = RETURN_SECONDS
) -> None:
    ledger.clock.advance(after_seconds)
    with ledger.database.writing() as transaction:
        held = lock_run(transaction, APP, run.id)
        assert held is not None
        go_on(transaction, held, because="the visitor is back", now=ledger.clock.now())
    ledger.work()


def test_who_comes_back_with_the_check_passed_is_not_sent_for_a_second_time(
    ledger: LedgerRig,
) -> None:
    run = _sent_to_the_bank(ledger)
    _passes_the_check(ledger, run)

    _comes_back(ledger, run)

    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1


def test_who_glances_at_our_page_while_the_banks_is_open_is_not_led_to_a_second_one(
    ledger: LedgerRig,
) -> None:
    run = _sent_to_the_bank(ledger)
    led = ledger.run(run)

    _comes_back(ledger, run)

    after = ledger.run(run)
    assert (after.state, after.tries, after.sends) == (led.state, led.tries, led.sends)
    assert (after.result, after.due_at) == (led.result, led.due_at)
    _passes_the_check(ledger, run)
    _comes_back(ledger, run)
    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1


def test_who_comes_back_without_it_later_is_asked_again(ledger: LedgerRig) -> None:
    run = _sent_to_the_bank(ledger)
    ledger.world.script(run.reference, Script.NEED_VISITOR)

    _comes_back(ledger, run, after_seconds=ledger.durations.absence_proof)

    after = ledger.run(run)
    assert (after.state, after.tries) == (RunState.WAITING_FOR_VISITOR, 2)
    assert after.result.link is not None


@pytest.mark.parametrize("passed", [True, False])
@pytest.mark.parametrize("waits", [True, False])
def test_who_comes_back_while_the_biller_cannot_be_asked_is_not_told_that_nothing_happened(
    ledger: LedgerRig, waits: bool, passed: bool
) -> None:
    run = _sent_to_the_bank(ledger, waits_when_down=waits)
    if passed:
        _passes_the_check(ledger, run)
    ledger.world.reads_fail = True

    _comes_back(ledger, run)

    assert ledger.run(run).state is RunState.UNKNOWN
    ledger.world.reads_fail = False
    ledger.work_out([run])
    expected = RunState.SUCCEEDED if passed else RunState.WAITING_FOR_VISITOR
    assert ledger.run(run).state is expected
    assert ledger.effects(run) == int(passed)


@pytest.mark.parametrize("passed", [True, False])
def test_who_is_at_their_bank_while_the_plug_is_pulled_is_watched_to_the_end(
    ledger: LedgerRig, passed: bool
) -> None:
    run = _sent_to_the_bank(ledger)
    with ledger.database.writing() as transaction:
        now = ledger.clock.now()

        def stopped(one: ActionRun) -> ActionRun:
            return stop(one, "enough", now=now, durations=ledger.durations)

        runs = lock_runs(transaction, run.interaction_id)
        told = end_runs(transaction, runs, stopped, by="Olga", why="enough", now=now)
    assert told == UnderWay(in_doubt=1)
    assert ledger.run(run).state is RunState.UNKNOWN
    (later,) = ledger.click("cancel_subscription")
    ledger.work()
    assert ledger.run(later).state is RunState.SUCCEEDED
    if passed:
        _passes_the_check(ledger, run)

    ledger.clock.advance(ledger.durations.visitor_deadline)
    ledger.work()

    assert ledger.run(run).state is (RunState.SUCCEEDED if passed else RunState.FAILED)
    assert ledger.effects(run) == int(passed)


@pytest.mark.parametrize("passed", [True, False])
@pytest.mark.parametrize("comes_back", [True, False])
def test_who_is_at_their_bank_while_the_connection_is_switched_off_is_waited_for(
    ledger: LedgerRig, comes_back: bool, passed: bool
) -> None:
    run = _sent_to_the_bank(ledger)
    with ledger.database.writing() as transaction:
        row = get_connection(transaction, CONNECTION)
        save_connection(transaction, replace(row, is_active=False))
    if comes_back:
        _comes_back(ledger, run, after_seconds=ledger.durations.absence_proof)
        assert ledger.run(run).state is RunState.WAITING_FOR_VISITOR
        assert ledger.run(run).result.message == SWITCHED_OFF
    if passed:
        _passes_the_check(ledger, run)

    ledger.clock.advance(ledger.durations.visitor_deadline)
    ledger.work()

    assert ledger.run(run).state is (RunState.SUCCEEDED if passed else RunState.CANCELLED)
    assert ledger.effects(run) == int(passed)
