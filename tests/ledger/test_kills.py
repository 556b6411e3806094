"""A worker dies at every point a worker can die at; another takes over; nothing is done twice."""

from dataclasses import replace

import pytest

from ledger.dying import Killed, dying_database
from ledger.rig import LedgerRig
from standfast.contract.testing import Change
from standfast.contract.transport import Call
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.attempt_chain import EntryKind, first_broken
from standfast.store.runs import LeaseLost, list_entries, save_run


@pytest.mark.parametrize("before", [True, False], ids=["before the commit", "after the commit"])
@pytest.mark.parametrize("at_commit", [1, 2])  # the intent and the outcome
@pytest.mark.parametrize("action", ["create_subscription", "cancel_subscription", "add_coupon"])
def test_a_worker_killed_at_a_commit_leaves_a_run_that_ends_once(
    ledger: LedgerRig, action: str, at_commit: int, before: bool
):
    (run,) = ledger.click(action)

    _die_at_commit(ledger, at_commit, before=before)
    ledger.work_for(200)

    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1
    assert _chain_holds(ledger, run)


def test_a_worker_killed_before_its_intent_has_sent_nothing(ledger: LedgerRig):
    (run,) = ledger.click("add_coupon")

    _die_at_commit(ledger, 1, before=True)

    assert ledger.effects(run) == 0
    assert not ledger.run(run).has_open_intent


def test_a_worker_killed_between_intent_and_call_is_looked_up_first(ledger: LedgerRig):
    (run,) = ledger.click("add_coupon")

    _die_at_commit(ledger, 1, before=False)
    assert ledger.run(run).has_open_intent
    ledger.clock.advance(31)
    ledger.step()

    kinds = _kinds(ledger, run)
    assert kinds[2:4] == [EntryKind.RESCUED, EntryKind.LOOK_UP]
    assert ledger.effects(run) == 0
    ledger.work_for(10)
    assert ledger.effects(run) == 1


def test_a_worker_killed_between_effect_and_outcome_is_not_repeated(ledger: LedgerRig):
    def die(_change: Change) -> None:
        ledger.world.on_effect = None
        raise Killed

    ledger.world.on_effect = die
    (run,) = ledger.click("add_coupon")

    with pytest.raises(Killed):
        ledger.step()
    ledger.work_for(60)

    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1


def test_a_stalled_worker_that_comes_back_changes_nothing_and_is_journalled(ledger: LedgerRig):
    (run,) = ledger.click("add_coupon")
    (stalled,) = ledger.claim(owner="w1")
    ledger.clock.advance(31)
    (taken_over,) = ledger.claim(owner="w2")
    ledger.actions.advance(taken_over)

    ledger.actions.advance(stalled)

    assert taken_over.fence == stalled.fence + 1
    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1
    assert _kinds(ledger, run)[-1] is EntryKind.STALE
    assert _chain_holds(ledger, run)


def test_a_worker_that_stalls_between_effect_and_outcome_loses_its_word(ledger: LedgerRig):
    (run,) = ledger.click("add_coupon")
    (stalled,) = ledger.claim(owner="w1")

    def be_overtaken(_change: Change) -> None:
        ledger.world.on_effect = None
        ledger.clock.advance(31)
        (taken_over,) = ledger.claim(owner="w2")
        ledger.actions.advance(taken_over)

    ledger.world.on_effect = be_overtaken
    ledger.actions.advance(stalled)

    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1
    assert EntryKind.STALE in _kinds(ledger, run)


def test_what_a_stale_worker_writes_is_refused(ledger: LedgerRig):
    ledger.click("add_coupon")
    (stalled,) = ledger.claim(owner="w1")
    ledger.clock.advance(31)
    ledger.claim(owner="w2")

    with pytest.raises(LeaseLost), ledger.database.writing() as transaction:
        save_run(transaction, stalled, EntryKind.OUTCOME, {}, at=ledger.clock.now())


def _die_at_commit(ledger: LedgerRig, at_commit: int, *, before: bool) -> None:
    claimed = ledger.claim(owner="w1")
    dying = dying_database(ledger.database, at_commit=at_commit, before=before)
    actions = replace(ledger.actions, database=dying)
    with pytest.raises(Killed):
        actions.advance(claimed[0])


def _kinds(ledger: LedgerRig, run: ActionRun) -> list[EntryKind]:
    with ledger.database.reading() as reader:
        return [entry.kind for entry in list_entries(reader, run.id)]


def _chain_holds(ledger: LedgerRig, run: ActionRun) -> bool:
    with ledger.database.reading() as reader:
        return first_broken(list_entries(reader, run.id)) is None


def test_a_worker_that_stalls_before_its_call_is_believed_however_long_nobody_looks(
    ledger: LedgerRig,
):
    """It was taken for dead and its send for absent; then it sent, and all workers stood still."""
    (run,) = ledger.click("add_coupon")
    (stalled,) = ledger.claim(owner="w1")

    def be_overtaken(_call: Call) -> None:
        ledger.world.on_write = None
        ledger.clock.advance(31)
        (taken_over,) = ledger.claim(owner="w2")
        ledger.actions.advance(taken_over)

    ledger.world.on_write = be_overtaken
    ledger.actions.advance(stalled)
    assert ledger.run(run).state is RunState.RETRYING

    ledger.clock.advance(ledger.durations.money_deadline)
    ledger.work()

    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1
