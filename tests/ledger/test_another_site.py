"""A connection that was pointed at another site after the click: ids mean others there."""

from dataclasses import replace

from ledger.operators import Desk
from ledger.rig import CONNECTION, LedgerRig
from standfast.contract.testing import Script
from standfast.domain.action_run import RunState
from standfast.store.connections import get_connection, save_connection


def _pointed_at(ledger: LedgerRig, site_id: str) -> None:
    with ledger.database.writing() as transaction:
        row = get_connection(transaction, CONNECTION)
        save_connection(transaction, replace(row, site=replace(row.site, site_id=site_id)))


def test_a_click_of_the_former_site_changes_nobody_at_the_new_one(ledger: LedgerRig) -> None:
    (run,) = ledger.click("add_coupon")
    _pointed_at(ledger, "2")

    ledger.work()

    after = ledger.run(run)
    assert (after.state, after.result.reason) == (RunState.REFUSED, "connection_inactive")
    assert "another site" in after.result.message
    assert ledger.world.calls == []


def test_a_doubt_about_the_former_site_is_not_looked_up_at_the_new_one(ledger: LedgerRig) -> None:
    (run,) = ledger.click("add_coupon")
    ledger.world.script(run.reference, Script.LOSE_BEFORE)
    ledger.work()
    asked = len(ledger.world.calls)
    _pointed_at(ledger, "2")

    ledger.work_for(300, every=60)

    assert ledger.run(run).state is RunState.UNKNOWN
    assert len(ledger.world.calls) == asked
    _pointed_at(ledger, "1")
    ledger.work_for(700, every=60)
    assert ledger.run(run).state is RunState.SUCCEEDED
    assert ledger.effects(run) == 1


def test_what_was_done_at_the_former_site_is_not_undone_at_the_new_one(
    ledger: LedgerRig, desk: Desk
) -> None:
    (run,) = desk.done("create_subscription")
    changes = len(ledger.world.changes)
    _pointed_at(ledger, "2")

    back = desk.worked(desk.undo(run))

    assert back.state is RunState.REFUSED
    assert len(ledger.world.changes) == changes
