"""What ended badly is asked for once more, and never twice at the same time."""

from dataclasses import replace

import pytest

from ledger.operators import OTTO, Desk, both
from ledger.rig import APP, CONNECTION
from standfast.connectors.registry import Registry
from standfast.contract.testing import Script
from standfast.domain.action_run import ActionRun, Origin, RunState
from standfast.services.errors import NotNow
from standfast.store.connections import get_connection, save_connection


class TestRunAgain:
    def test_it_asks_the_same_under_a_new_key(self, desk: Desk):
        run = desk.refused()

        again = desk.run_again(run, "The card is mended.")

        assert (again.origin, again.parent_id, again.started_by) == (
            Origin.AGAIN,
            run.id,
            "op_olga",
        )
        assert (again.action, again.parameters) == (run.action, run.parameters)
        assert again.reference != run.reference
        assert again.token != run.token
        assert desk.worked(again).state is RunState.SUCCEEDED
        assert desk.deeds()[0].reason == "The card is mended."

    def test_two_operators_at_once_begin_one(self, desk: Desk):
        run = desk.refused()
        otto = desk.again.by(OTTO)

        results = both(
            lambda: desk.run_again(run), lambda: otto.run_again(APP, run.id, reason="Me too.")
        )

        assert {type(one) for one in results} == {ActionRun, NotNow}
        desk.ledger.work()
        assert len(desk.ledger.world.changes) == 1

    def test_each_later_step_that_was_stopped_is_run_for_itself(self, desk: Desk):
        desk.ledger.world.next(Script.DECLINE)
        first, second = desk.done("create_subscription", "add_coupon")
        assert second.state is RunState.CANCELLED

        again = [desk.worked(desk.run_again(one)) for one in (first, second)]

        assert [one.state for one in again] == [RunState.SUCCEEDED, RunState.SUCCEEDED]

    def test_a_failed_repetition_may_be_repeated_but_never_twice_at_once(self, desk: Desk):
        run = desk.refused()
        desk.ledger.world.next(Script.DECLINE)
        second = desk.worked(desk.run_again(run))
        third = desk.run_again(second)

        for one in (run, second):
            with pytest.raises(NotNow, match="under way"):
                desk.run_again(one)
        assert desk.worked(third).state is RunState.SUCCEEDED
        for one in (run, second):
            with pytest.raises(NotNow, match="that succeeded"):
                desk.run_again(one)

    def test_an_undo_is_repeated_on_the_same_subscription(self, desk: Desk):
        (made,) = desk.done("create_subscription")
        desk.ledger.world.next(Script.REFUSE)
        undo = desk.worked(desk.undo(made))

        again = desk.run_again(undo)

        assert again.target == made.result.reference
        with pytest.raises(NotNow, match="under way"):
            desk.undo(made)
        assert desk.worked(again).state is RunState.SUCCEEDED
        with pytest.raises(NotNow, match="taken back already"):
            desk.undo(made)

    @pytest.mark.parametrize(
        ("script", "told"),
        [
            (Script.SUCCEED, "nothing to run again"),
            (Script.THROTTLE, "still under way"),
            (Script.LOSE_AFTER, "still under way"),
            (Script.NEED_VISITOR, "still under way"),
        ],
    )
    def test_what_may_have_happened_is_never_run_again(self, desk: Desk, script: Script, told: str):
        desk.ledger.world.next(script)
        (run,) = desk.ledger.click("add_coupon")
        desk.ledger.step()

        with pytest.raises(NotNow, match=told):
            desk.run_again(run)

    def test_a_connector_that_is_gone_can_be_asked_for_nothing(self, desk: Desk):
        run = desk.refused()
        without = replace(desk.again, registry=Registry([]))

        with pytest.raises(NotNow, match="not installed"):
            without.run_again(APP, run.id, reason="Try.")

    def test_what_stands_in_its_way_is_foretold(self, desk: Desk):
        run = desk.refused()

        told = desk.foresight.again(run)

        assert told.warnings == ("Scripted biller is not known to have this customer (c1).",)


def test_a_dry_run_is_done_for_real_when_it_is_run_again(desk: Desk):
    _hold_back(desk, is_dry_run=True)
    (held,) = desk.done("add_coupon")
    assert held.state is RunState.CANCELLED
    _hold_back(desk, is_dry_run=False)

    again = desk.worked(desk.run_again(held))

    assert again.state is RunState.SUCCEEDED
    assert len(desk.ledger.world.changes) == 1


def _hold_back(desk: Desk, *, is_dry_run: bool) -> None:
    with desk.ledger.database.writing() as transaction:
        row = get_connection(transaction, CONNECTION)
        save_connection(transaction, replace(row, is_dry_run=is_dry_run))
