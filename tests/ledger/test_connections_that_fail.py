"""What a connection that is down, off, elsewhere or cannot be opened makes of a click."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.rig import CONNECTION, LedgerRig
from ledger.test_what_is_written import journal
from standfast.connectors.slots import Lane
from standfast.contract.actions import RetryCause
from standfast.contract.errors import SettingsRefused
from standfast.contract.testing import Script
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.stopping import OTHER_SITE, SWITCHED_OFF
from standfast.services.connection_health import note_trouble
from standfast.services.open_site import Site
from standfast.store.connections import ConnectionRow, Health, get_connection, save_connection
from standfast.store.vault import VaultError


class ClosedSites:
    """No connection can be opened."""

    def __init__(self, trouble: Exception) -> None:
        self._trouble = trouble

    def open(self, connection: ConnectionRow, lane: Lane) -> Site:
        raise self._trouble


def connection(ledger: LedgerRig) -> ConnectionRow:
    with ledger.database.reading() as reader:
        return get_connection(reader, CONNECTION)


def changed(ledger: LedgerRig, **changes: Any) -> None:
    with ledger.database.writing() as transaction:
        save_connection(transaction, replace(get_connection(transaction, CONNECTION), **changes))


def refused(ledger: LedgerRig, run: ActionRun) -> tuple[str | None, str]:
    """Why the run was refused, told in the run and in its journal alike, and nothing was asked."""
    after = ledger.run(run)
    assert after.state is RunState.REFUSED
    assert journal(ledger, run)[-1].said["outcome"] == {
        "is": "Refused",
        "reason": after.result.reason,
        "message": after.result.message,
    }
    assert ledger.world.calls == []
    return after.result.reason, after.result.message


def test_a_click_that_does_not_wait_is_refused_by_a_connection_that_is_down(
    ledger: LedgerRig,
) -> None:
    changed(ledger, health=Health.BROKEN, health_detail="The key is refused.")
    (run,) = ledger.click("add_coupon", waits_when_down=False)

    ledger.work()

    assert refused(ledger, run) == ("site_down", "The key is refused.")


def test_a_click_is_refused_by_a_connection_that_was_switched_off(ledger: LedgerRig) -> None:
    (run,) = ledger.click("cancel_subscription")
    changed(ledger, is_active=False)

    ledger.work()

    assert refused(ledger, run) == ("connection_inactive", SWITCHED_OFF)


def test_a_click_is_refused_by_a_connection_that_points_elsewhere_now(ledger: LedgerRig) -> None:
    (run,) = ledger.click("cancel_subscription")
    changed(ledger, site=replace(connection(ledger).site, site_id="2"))

    ledger.work()

    assert refused(ledger, run) == ("connection_inactive", OTHER_SITE)


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (SettingsRefused({"domain": "Not a host of theirs."}), "domain: Not a host of theirs."),
        (VaultError("The key file is not the one."), "The key file is not the one."),
    ],
)
def test_a_connection_that_cannot_be_opened_counts_as_a_refused_key_and_the_run_waits(
    ledger: LedgerRig, trouble: Exception, told: str
) -> None:
    ledger.actions = replace(ledger.actions, sites=ClosedSites(trouble))
    (run,) = ledger.click("cancel_subscription")

    ledger.step()

    after = ledger.run(run)
    assert (after.state, after.result.message, after.tries) == (RunState.RETRYING, told, 1)
    assert journal(ledger, run)[-1].said["outcome"]["cause"] == "credentials_refused"
    assert connection(ledger).refused_at == (ledger.clock.now(),)


def test_a_good_answer_forgets_the_refusals_before_it(ledger: LedgerRig) -> None:
    _refuse_the_key(ledger)
    (run,) = ledger.click("add_coupon")

    ledger.work()

    assert ledger.run(run).state is RunState.SUCCEEDED
    assert connection(ledger).refused_at == ()


def test_an_answer_that_says_no_tells_nothing_about_the_key(ledger: LedgerRig) -> None:
    _refuse_the_key(ledger)
    ledger.world.next(Script.DECLINE)
    (run,) = ledger.click("add_coupon")

    ledger.work()

    assert ledger.run(run).state is RunState.REFUSED
    assert len(connection(ledger).refused_at) == 1


def test_a_connection_that_was_never_in_trouble_is_left_as_it_was(ledger: LedgerRig) -> None:
    before = connection(ledger)
    ledger.clock.advance(60)
    ledger.click("add_coupon")

    ledger.work()

    assert connection(ledger) == before


def _refuse_the_key(ledger: LedgerRig) -> None:
    with ledger.database.writing() as transaction:
        note_trouble(
            transaction,
            CONNECTION,
            RetryCause.CREDENTIALS_REFUSED,
            now=ledger.clock.now(),
            durations=ledger.durations,
        )
