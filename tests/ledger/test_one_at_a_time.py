"""Runs of one customer are carried out one at a time, also when one had waited for them."""

from datetime import timedelta

from ledger.rig import APP, LedgerRig
from standfast.contract.testing import Script
from standfast.domain.action_run import RunState
from standfast.services.go_on import go_on
from standfast.store.runs import lock_run


def test_a_visitor_who_comes_back_does_not_overtake_their_later_click_under_way(
    ledger: LedgerRig,
) -> None:
    (first,) = ledger.click("create_subscription")
    ledger.world.script(first.reference, Script.NEED_VISITOR)
    ledger.work()
    (second,) = ledger.click("create_subscription")
    (held,) = ledger.claim("w1")
    assert held.id == second.id

    ledger.clock.advance(10)
    with ledger.database.writing() as transaction:
        waiting = lock_run(transaction, APP, first.id)
        assert waiting is not None
        go_on(transaction, waiting, because="a card was given", now=ledger.clock.now())

    assert ledger.claim("w2") == ()
    ledger.actions.advance(held)
    ledger.clock.advance(ledger.durations.absence_proof)
    ledger.work()
    assert ledger.run(first).state is RunState.SUCCEEDED


def test_a_lost_worker_holds_up_its_customer_for_one_lease_only(ledger: LedgerRig) -> None:
    (first,) = ledger.click("create_subscription")
    ledger.world.script(first.reference, Script.NEED_VISITOR)
    ledger.work()
    ledger.click("create_subscription")
    ledger.claim("lost")

    ledger.clock.advance(ledger.durations.lease)
    with ledger.database.writing() as transaction:
        waiting = lock_run(transaction, APP, first.id)
        assert waiting is not None
        go_on(transaction, waiting, because="a card was given", now=ledger.clock.now())

    (claimed,) = ledger.claim("w2")
    assert claimed.id == first.id
    assert claimed.lease_until == ledger.clock.now() + timedelta(seconds=ledger.durations.lease)
