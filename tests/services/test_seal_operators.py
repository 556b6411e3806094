"""What operators do about sealed runs is sealed in its turn, and the chain holds at every step."""

from pathlib import Path

import pytest

from clocks import FrozenClock
from ledger.operators import Desk
from ledger.rig import APP
from sealing import SealedLedger
from standfast.contract.testing import Script
from standfast.domain.action_run import ActionRun, RunState
from standfast.store.database import Database


@pytest.fixture
def chain(database: Database, clock: FrozenClock, tmp_path: Path) -> SealedLedger:
    return SealedLedger(database, clock, tmp_path)


@pytest.fixture
def desk(chain: SealedLedger) -> Desk:
    return Desk.over(chain.ledger)


def sealed(chain: SealedLedger) -> None:
    """Seal what is there; the whole chain must hold, now and when a minute has passed."""
    chain.seal()
    assert chain.audit.whole().flaw is None
    chain.clock.advance(61)
    assert chain.audit.whole().flaw is None


def doubtful(desk: Desk) -> ActionRun:
    run = desk.doubtful("add_coupon")
    assert run.state is RunState.NEEDS_OPERATOR
    return run


def test_an_undo_and_a_run_again_are_sealed_as_any_run(chain: SealedLedger, desk: Desk) -> None:
    (made,) = desk.done("create_subscription")
    refused = desk.refused()
    sealed(chain)

    begun = [desk.undo(made), desk.run_again(refused)]
    sealed(chain)

    assert all(desk.worked(one).state is RunState.SUCCEEDED for one in begun)
    sealed(chain)


@pytest.mark.parametrize("happened", [True, False])
def test_a_finding_about_a_sealed_run_is_sealed_after_it(
    chain: SealedLedger, desk: Desk, happened: bool
) -> None:
    run = doubtful(desk)
    sealed(chain)

    if happened:
        desk.finding.it_happened(APP, run.id, note="Seen.", reference="s1")
    else:
        desk.finding.it_did_not_happen(APP, run.id, note="Not there.")

    sealed(chain)


@pytest.mark.parametrize("answers", [True, False])
def test_a_sealed_run_that_is_looked_up_again_is_opened_and_sealed_anew(
    chain: SealedLedger, desk: Desk, answers: bool
) -> None:
    run = doubtful(desk)
    sealed(chain)

    desk.finding.look_up_again(APP, run.id)
    sealed(chain)
    chain.ledger.world.reads_fail = not answers
    ended = desk.worked(run)

    assert ended.state is (RunState.SUCCEEDED if answers else RunState.NEEDS_OPERATOR)
    sealed(chain)


def test_a_closed_incident_is_sealed(chain: SealedLedger, desk: Desk) -> None:
    chain.ledger.world.next(Script.SUCCEED)
    (made,) = desk.done("create_subscription")
    odd = desk.odd(made)
    sealed(chain)

    desk.closing.close(APP, odd.id, note="Paid back.")

    sealed(chain)
