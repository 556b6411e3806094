"""A succeeded run is held against the price that was shown for it."""

from dataclasses import replace
from typing import Any

from ledger.rig import APP, LedgerRig
from standfast.contract.actions import Order, Outcome, Preview, Succeeded
from standfast.contract.catalogue import Money
from standfast.contract.testing import ScriptedConnector
from standfast.contract.testing.world import Script
from standfast.domain.action_run import ActionRun, RunState
from standfast.services.record_finding import RecordFinding
from standfast.store.runs import list_entries

SHOWN = Preview(Money(2_900, "USD"))


class ChargingConnector(ScriptedConnector):
    """Knows what it charged, after a write and after a look-up."""

    charged: Money | None = None

    def perform(self, order: Order, desk, settings) -> Outcome:
        return self._charging(super().perform(order, desk, settings))

    def look_up(self, order: Order, transport, settings):
        return self._charging(super().look_up(order, transport, settings))

    def _charging(self, outcome):
        is_new = isinstance(outcome, Succeeded) and not outcome.already
        return replace(outcome, charged=self.charged) if is_new else outcome


def charging(ledger: LedgerRig, charged: Money | None) -> None:
    connector = ChargingConnector(ledger.world)
    connector.charged = charged
    ledger.sites.connector = connector


def clicked(ledger: LedgerRig, action: str = "create_subscription", **changes) -> ActionRun:
    given: dict[str, Any] = {"quoted": SHOWN, **changes}
    (run,) = ledger.click(action, **given)
    return run


def promises(ledger: LedgerRig, run: ActionRun) -> list[str]:
    with ledger.database.reading() as reader:
        bodies = [entry.body for entry in list_entries(reader, run.id)]
    return [body["price"]["promise"] for body in bodies if body and "price" in body]


def test_a_kept_price_is_noted_and_nobody_is_bothered(ledger) -> None:
    charging(ledger, SHOWN.due_now)
    run = clicked(ledger)

    ledger.work()

    assert ledger.run(run).incident == ""
    assert promises(ledger, run) == ["kept"]


def test_another_charge_is_an_incident(ledger) -> None:
    charging(ledger, Money(3_100, "USD"))
    run = clicked(ledger)

    ledger.work()

    after = ledger.run(run)
    assert (after.state, after.incident) == ("succeeded", "Charged $31.00, shown $29.00.")
    assert promises(ledger, run) == ["broken"]


def test_a_charge_found_by_looking_it_up_is_held_against_the_price_too(ledger) -> None:
    charging(ledger, Money(3_100, "USD"))
    ledger.world.next(Script.LOSE_AFTER)
    run = clicked(ledger)

    ledger.work_for(10)

    assert ledger.run(run).incident == "Charged $31.00, shown $29.00."
    assert promises(ledger, run) == ["broken"]


def test_a_charge_that_nobody_knows_is_not_compared(ledger) -> None:
    charging(ledger, None)
    run = clicked(ledger)

    ledger.work()

    assert ledger.run(run).incident == ""
    assert promises(ledger, run) == ["not_compared"]


def test_what_was_done_before_is_not_compared(ledger) -> None:
    charging(ledger, Money(3_100, "USD"))
    first = clicked(ledger, "add_coupon", quoted=None)
    ledger.work()
    second = clicked(ledger, "add_coupon")

    ledger.work()

    assert promises(ledger, first) == []
    assert promises(ledger, second) == ["not_compared"]


def test_a_run_that_ends_badly_is_held_against_nothing(ledger) -> None:
    charging(ledger, Money(3_100, "USD"))
    ledger.world.next(Script.REFUSE)
    run = clicked(ledger)

    ledger.work()

    assert ledger.run(run).state == "refused"
    assert promises(ledger, run) == []


def test_a_charge_that_an_operator_records_is_held_against_the_price(ledger) -> None:
    run = clicked(ledger, state=RunState.NEEDS_OPERATOR, due_at=None)
    finding = RecordFinding(ledger.database, ledger.clock)

    finding.it_happened(
        APP, run.id, note="Seen in Chargify.", reference="s1", charged_in_cents=3_100
    )

    assert ledger.run(run).incident == "Charged $31.00, shown $29.00."
    assert promises(ledger, run) == ["broken"]
