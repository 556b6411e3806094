"""Undo and run again from the command line, with the same rules as in the console."""

import pytest

from ledger.rig import APP, LedgerRig
from standfast.cli.run_commands import RUN_COMMANDS
from standfast.connectors.registry import Registry
from standfast.contract.testing import Script
from standfast.domain.action_run import RunState
from standfast.services.errors import FieldInvalid, NotNow
from standfast.services.run_deeds import RunDeeds
from standfast.store.runs import get_run


class House:
    """As much of one as these commands use."""

    def __init__(self, ledger: LedgerRig) -> None:
        registry = Registry([ledger.sites.connector])
        self.run_deeds = RunDeeds.build(ledger.database, registry, ledger.clock, ledger.durations)


@pytest.fixture
def ledger(embedded_database, clock) -> LedgerRig:
    return LedgerRig(embedded_database, clock)


def asked(ledger: LedgerRig, name: str, run: str, reason: str = "They called.") -> list[str]:
    given = {"app": APP, "run": run, "reason": reason}
    return RUN_COMMANDS[name](House(ledger), given)  # type: ignore[arg-type]


def test_an_undo_says_what_it_does_and_what_it_does_not_give_back(ledger: LedgerRig) -> None:
    (run,) = ledger.click("create_subscription")
    ledger.work()

    lines = asked(ledger, "run undo", run.id)

    ledger.work()
    assert "Cancel subscription on s3 begins." in lines[1]
    assert lines[3] == "Does not give back: What was charged."
    assert ledger.world.subscriptions["s3"].state == "canceled"


def test_what_was_refused_is_run_again(ledger: LedgerRig) -> None:
    ledger.world.next(Script.DECLINE)
    (run,) = ledger.click("add_coupon")
    ledger.work()

    (begun, *_) = asked(ledger, "run again", run.id)

    ledger.work()
    with ledger.database.reading() as reader:
        assert get_run(reader, begun).state is RunState.SUCCEEDED


def test_without_a_reason_and_out_of_season_nothing_is_done(ledger: LedgerRig) -> None:
    (run,) = ledger.click("create_subscription")
    with pytest.raises(NotNow):
        asked(ledger, "run undo", run.id)
    ledger.work()

    with pytest.raises(FieldInvalid):
        asked(ledger, "run undo", run.id, reason=" ")
