"""A step that ended badly stops the later ones of its click that have not ended, and nobody else.

The steps here are of two customers, so that none waits for another.
"""

from ledger.operators import Desk
from ledger.rig import LedgerRig, a_run, an_interaction
from ledger.test_what_is_written import journal
from standfast.contract.testing import Script
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.attempt_chain import EntryKind
from standfast.store.interactions import add_interaction
from standfast.store.runs import add_run


def click(ledger: LedgerRig, *steps: tuple[str, str]) -> list[ActionRun]:
    """One click whose steps are each an action for a customer."""
    now = ledger.clock.now()
    runs = [
        a_run("i_two", position, action, customer, 1, now, ledger.durations)
        for position, (action, customer) in enumerate(steps)
    ]
    with ledger.database.writing() as transaction:
        add_interaction(transaction, an_interaction("i_two", now))
        return [add_run(transaction, run) for run in runs]


def states(ledger: LedgerRig, *runs: ActionRun) -> list[RunState]:
    return [ledger.run(run).state for run in runs]


def test_an_earlier_step_that_still_waits_goes_on(ledger: LedgerRig) -> None:
    first, second, third = click(
        ledger, ("add_coupon", "c1"), ("add_coupon", "c2"), ("create_subscription", "c2")
    )
    ledger.world.script(first.reference, Script.THROTTLE)
    ledger.world.script(second.reference, Script.DECLINE)

    ledger.work()

    assert states(ledger, first, second, third) == [
        RunState.RETRYING,
        RunState.REFUSED,
        RunState.CANCELLED,
    ]
    ledger.work_for(20)
    assert ledger.run(first).state is RunState.SUCCEEDED


def test_what_is_cancelled_ends_at_that_instant(ledger: LedgerRig) -> None:
    first, later = click(ledger, ("add_coupon", "c1"), ("create_subscription", "c1"))
    ledger.world.script(first.reference, Script.DECLINE)
    ledger.clock.advance(60)

    ledger.work()

    cancelled = ledger.run(later)
    assert (cancelled.finished_at, cancelled.due_at) == (ledger.clock.now(), None)
    assert cancelled.result.message == "Not tried, because step 1 ended refused."


def test_a_later_step_that_has_ended_stays_as_it_is(ledger: LedgerRig) -> None:
    first, second = click(ledger, ("add_coupon", "c1"), ("add_coupon", "c2"))
    ledger.world.script(first.reference, Script.THROTTLE, Script.DECLINE)
    ledger.work()
    done = ledger.run(second)

    ledger.work_for(20)

    assert states(ledger, first, second) == [RunState.REFUSED, RunState.SUCCEEDED]
    assert ledger.run(second) == done
    assert journal(ledger, second)[-1].kind is EntryKind.OUTCOME


def test_what_an_operator_began_about_the_click_goes_on(ledger: LedgerRig, desk: Desk) -> None:
    first, second = click(ledger, ("add_coupon", "c1"), ("create_subscription", "c2"))
    ledger.world.script(first.reference, Script.THROTTLE, Script.DECLINE)
    ledger.work()
    undoing = desk.undo(ledger.run(second))
    ledger.world.script(undoing.reference, Script.THROTTLE, Script.THROTTLE)

    ledger.work_for(20)

    assert states(ledger, first, undoing) == [RunState.REFUSED, RunState.RETRYING]
    ledger.work_for(120)
    assert ledger.run(undoing).state is RunState.SUCCEEDED


def test_a_step_that_succeeds_stops_nobody(ledger: LedgerRig) -> None:
    first, second = click(ledger, ("add_coupon", "c1"), ("add_coupon", "c2"))
    ledger.world.script(second.reference, Script.THROTTLE)

    ledger.work()

    assert states(ledger, first, second) == [RunState.SUCCEEDED, RunState.RETRYING]
