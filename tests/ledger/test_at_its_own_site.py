"""A run is tried and looked up at the very site it is about; only a success asks for more."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from ledger.rig import CONNECTION, LedgerRig
from ledger.test_what_is_written import coupons_known, journal
from standfast.connectors.slots import Lane
from standfast.contract.actions import Desk, Finding, Order, Outcome
from standfast.contract.errors import SettingsRefused
from standfast.contract.records import CustomerBilling
from standfast.contract.testing import Script, ScriptedConnector, World
from standfast.contract.transport import Call, Method, Transport
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.stopping import OTHER_SITE
from standfast.services.open_site import Site
from standfast.store.connections import ConnectionRow, get_connection, save_connection
from standfast.store.vault import VaultError

KEY = {"api_key": "sesame"}


class KeptConnector(ScriptedConnector):
    """Reads nothing without the connection's key."""

    def look_up(self, order: Order, transport: Transport, settings: Mapping[str, str]) -> Finding:
        assert settings == KEY
        return super().look_up(order, transport, settings)

    def read_customer(
        self, transport: Transport, settings: Mapping[str, str], billing_id: str
    ) -> CustomerBilling | None:
        assert settings == KEY
        return super().read_customer(transport, settings, billing_id)


class FaultyConnector(KeptConnector):
    """Its look-up comes to a case that nobody has thought of."""

    def look_up(self, order: Order, transport: Transport, settings: Mapping[str, str]) -> Finding:
        raise KeyError("subscription")


class ForgetfulConnector(KeptConnector):
    """Finds what happened, and then not the customer."""

    def read_customer(
        self, transport: Transport, settings: Mapping[str, str], billing_id: str
    ) -> CustomerBilling | None:
        raise KeyError("subscriptions")


class WritingConnector(KeptConnector):
    """Would change something in order to look it up."""

    def look_up(self, order: Order, transport: Transport, settings: Mapping[str, str]) -> Finding:
        transport.send(Call(Method.POST, "/changes", json={"reference": order.reference}))
        return super().look_up(order, transport, settings)


class NotingConnector(KeptConnector):
    """Notes with its write how things stood; `orders` is what it was asked for."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.orders: list[Order] = []

    def perform(self, order: Order, desk: Desk, settings: Mapping[str, str]) -> Outcome:
        self.orders.append(order)
        body = {"action": order.action, "reference": order.reference, "token": order.token}
        wish = {**body, "customer": order.billing_id, **order.parameters}
        desk.write(Call(Method.POST, "/changes", json=wish), target="s1", memo={"plan": "gold"})
        raise AssertionError("the answer was to be lost")

    def look_up(self, order: Order, transport: Transport, settings: Mapping[str, str]) -> Finding:
        self.orders.append(order)
        return super().look_up(order, transport, settings)


class KeptSites:
    """Opens the one connection with its key, unless `trouble` is in the way."""

    def __init__(self, world: World) -> None:
        self.connector: ScriptedConnector = KeptConnector(world)
        self.opened: list[tuple[str, Lane]] = []
        self.trouble: Exception | None = None

    def open(self, connection: ConnectionRow, lane: Lane) -> Site:
        self.opened.append((connection.id, lane))
        if self.trouble is not None:
            raise self.trouble
        return Site(self.connector, self.connector.world.transport, KEY)


@pytest.fixture
def sites(ledger: LedgerRig) -> KeptSites:
    sites = KeptSites(ledger.world)
    ledger.actions = replace(ledger.actions, sites=sites)
    return sites


def in_doubt(ledger: LedgerRig, script: Script = Script.LOSE_AFTER) -> ActionRun:
    """A run whose answer was lost, due to be looked up at this instant."""
    ledger.world.next(script)
    (run,) = ledger.click("add_coupon")
    ledger.work()
    ledger.clock.advance(ledger.durations.look_ups[0])
    return ledger.run(run)


def finding(ledger: LedgerRig, run: ActionRun) -> dict[str, Any]:
    return journal(ledger, run)[-1].said["finding"]


def asked_since(ledger: LedgerRig, step: Callable[[], object]) -> list[str]:
    """What the biller is asked during this step."""
    before = len(ledger.world.calls)
    step()
    return [call.path for call in ledger.world.calls[before:]]


def test_a_try_opens_the_runs_connection_with_its_key_and_goes_before_any_sync(
    ledger: LedgerRig, sites: KeptSites
) -> None:
    (run,) = ledger.click("add_coupon")

    ledger.step()

    assert sites.opened == [(CONNECTION, Lane.VISITOR)]
    assert ledger.run(run).state is RunState.SUCCEEDED


def test_a_connector_is_asked_for_what_was_clicked_and_what_was_noted_since(
    ledger: LedgerRig, sites: KeptSites
) -> None:
    sites.connector = connector = NotingConnector(ledger.world)
    clicked_at = ledger.clock.now()
    run = in_doubt(ledger)

    ledger.step()

    tried, looked_up = connector.orders
    assert tried == Order(
        action="add_coupon",
        parameters={"coupon": "TEN"},
        billing_id="c1",
        user_id="u1",
        reference=run.reference,
        token=run.token,
        clicked_at=clicked_at,
    )
    assert looked_up == replace(tried, target="s1", memo={"plan": "gold"})


def test_a_look_up_opens_the_runs_connection_and_goes_before_any_sync(
    ledger: LedgerRig, sites: KeptSites
) -> None:
    in_doubt(ledger)
    sites.opened.clear()

    ledger.step()

    assert sites.opened == [(CONNECTION, Lane.VISITOR)]


def test_what_is_found_and_read_back_is_asked_for_with_the_connections_key(
    ledger: LedgerRig, sites: KeptSites
) -> None:
    run = in_doubt(ledger)

    ledger.step()

    assert ledger.run(run).state is RunState.SUCCEEDED
    assert coupons_known(ledger) == [("TEN",)]


def test_the_customer_is_read_back_once_it_is_found_that_it_happened(
    ledger: LedgerRig, sites: KeptSites
) -> None:
    run = in_doubt(ledger)

    asked = asked_since(ledger, ledger.step)

    assert asked == [f"/changes/{run.reference}", "/customers/c1"]


def test_nobody_reads_the_customer_while_nothing_was_found(
    ledger: LedgerRig, sites: KeptSites
) -> None:
    run = in_doubt(ledger, Script.LOSE_BEFORE)

    asked = asked_since(ledger, ledger.step)

    assert asked == [f"/changes/{run.reference}"]
    assert finding(ledger, run)["is"] == "Absent"


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (SettingsRefused({"api_key": "Give one word."}), "api_key: Give one word."),
        (VaultError("The key file is not the one."), "The key file is not the one."),
    ],
)
def test_a_site_that_cannot_be_opened_leaves_the_doubt_and_says_why(
    ledger: LedgerRig, sites: KeptSites, trouble: Exception, told: str
) -> None:
    run = in_doubt(ledger)
    sites.trouble = trouble

    asked = asked_since(ledger, ledger.step)

    assert asked == []
    assert finding(ledger, run) == {"is": "Obscure", "detail": told}
    assert ledger.run(run).state is RunState.UNKNOWN
    assert ledger.run(run).result.message == told


def test_a_look_up_at_another_site_is_not_made_and_says_why(
    ledger: LedgerRig, sites: KeptSites
) -> None:
    run = in_doubt(ledger)
    with ledger.database.writing() as transaction:
        row = get_connection(transaction, CONNECTION)
        save_connection(transaction, replace(row, site=replace(row.site, site_id="2")))

    asked = asked_since(ledger, ledger.step)

    assert asked == []
    assert finding(ledger, run) == {"is": "Obscure", "detail": OTHER_SITE}


def test_a_look_up_that_fails_of_itself_leaves_the_doubt_and_is_logged(
    ledger: LedgerRig, sites: KeptSites, logged: list[dict]
) -> None:
    run = in_doubt(ledger)
    sites.connector = FaultyConnector(ledger.world)

    ledger.step()

    assert ledger.run(run).state is RunState.UNKNOWN
    assert finding(ledger, run)["detail"] == "The look-up failed with KeyError."
    (line,) = [one for one in logged if one["event"] == "action_run.look_up_failed"]
    assert (line["run"], line["log_level"], line["exc_info"]) == (run.id, "error", True)


def test_a_customer_who_cannot_be_read_back_does_not_undo_what_was_found(
    ledger: LedgerRig, sites: KeptSites, logged: list[dict]
) -> None:
    run = in_doubt(ledger)
    sites.connector = ForgetfulConnector(ledger.world)

    ledger.step()

    assert ledger.run(run).state is RunState.SUCCEEDED
    assert coupons_known(ledger) == []
    (line,) = [one for one in logged if one["event"] == "action_run.read_back_failed"]
    assert (line["run"], line["error"]) == (run.id, "KeyError")


def test_a_look_up_cannot_change_anything(ledger: LedgerRig, sites: KeptSites) -> None:
    run = in_doubt(ledger, Script.LOSE_BEFORE)
    sites.connector = WritingConnector(ledger.world)

    asked = asked_since(ledger, ledger.step)

    assert asked == []
    assert ledger.run(run).state is RunState.UNKNOWN
