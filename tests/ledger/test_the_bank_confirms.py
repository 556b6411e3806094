"""A bank's check that is passed while nobody looks: the customer is charged, and the run knows."""

import pytest

from ledger.rig import LedgerRig
from standfast.contract.testing import Script
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.attempt_chain import EntryKind
from standfast.store.runs import list_entries


def _sent_to_the_bank(ledger: LedgerRig) -> ActionRun:
    (run,) = ledger.click("create_subscription")
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
