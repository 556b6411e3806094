"""Nothing is saved that was not checked; a secret never leaves the vault."""

from collections.abc import Mapping

import pytest

from clocks import FrozenClock
from ledger.rig import APP
from standfast.config import Durations
from standfast.connectors.registry import Registry
from standfast.connectors.slots import Lane
from standfast.connectors.transport import Transports
from standfast.contract.connector import SiteFacts
from standfast.contract.errors import NotSent, SettingsRefused
from standfast.contract.testing import ScriptedConnector
from standfast.services.configure_connection import ConfigureConnection
from standfast.services.errors import FieldInvalid, NotFound
from standfast.services.open_site import OpenSite, Site
from standfast.store.apps import AppRow, add_app
from standfast.store.connections import ConnectionRow, find_connection
from standfast.store.database import Database
from standfast.store.syncs import list_syncs
from standfast.store.vault import Vault, new_key

GOOD = {"api_key": "secret-word", "domain": "scripted.example"}


class CheckedConnector(ScriptedConnector):
    """Its site can be down, or be another one."""

    site_id = "1"
    is_test = True
    failure: Exception | None = None

    def check(self, transport) -> SiteFacts:
        if self.failure is not None:
            raise self.failure
        return SiteFacts(self.site_id, "World", "world", "USD", is_test=self.is_test)


class _Sites:
    """Reads the sealed settings as the product does, and sends nothing over the network."""

    def __init__(self, registry: Registry, vault: Vault, connector: CheckedConnector) -> None:
        self._real = OpenSite(registry, vault, Transports(), ("127.0.0.1:9",))
        self._connector = connector

    def open(self, connection: ConnectionRow, lane: Lane) -> Site:
        settings = {**connection.settings, **self._real.secrets(connection)}
        self._connector.address(settings, simulators=("127.0.0.1:9",))
        return Site(self._connector, self._connector.world.transport, settings)


class Rig:
    def __init__(self, database: Database, clock: FrozenClock) -> None:
        self.database = database
        self.connector = CheckedConnector()
        self.vault = Vault([new_key()])
        registry = Registry([self.connector])
        self.sites = _Sites(registry, self.vault, self.connector)
        self.service = ConfigureConnection(
            database, registry, self.sites, self.vault, clock, Durations(), ("127.0.0.1:9",)
        )
        with database.writing() as transaction:
            add_app(transaction, AppRow(APP, "Test", (), "UTC", 0, b"", None, clock.now()))

    def save(self, settings: Mapping[str, str] = GOOD, **more) -> ConnectionRow:
        return self.service.save(APP, "scripted", settings, **more)

    def saved(self) -> ConnectionRow | None:
        with self.database.reading() as reader:
            return find_connection(reader, APP, "scripted")


@pytest.fixture
def rig(database: Database, clock: FrozenClock) -> Rig:
    return Rig(database, clock)


def test_a_saved_connection_knows_its_site_and_is_synced_at_once(rig: Rig, clock: FrozenClock):
    row = rig.save()

    assert row.site.name == "World"
    assert row.is_usable
    with rig.database.reading() as reader:
        assert {one.next_at for one in list_syncs(reader, row.id).values()} == {clock.now()}


def test_a_secret_is_sealed_and_stands_in_no_setting_and_no_repr(rig: Rig):
    row = rig.save()

    assert "api_key" not in row.settings
    assert b"secret-word" not in row.sealed
    assert "secret-word" not in repr(row)
    assert rig.sites.open(row, Lane.VISITOR).settings["api_key"] == "secret-word"


@pytest.mark.parametrize("left_out", [{}, {"api_key": ""}])
def test_a_secret_left_out_keeps_its_stored_value(rig: Rig, left_out: dict[str, str]):
    rig.save()

    row = rig.save({"domain": "other.example", **left_out})

    assert row.settings["domain"] == "other.example"
    assert rig.sites.open(row, Lane.VISITOR).settings["api_key"] == "secret-word"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"domain": "scripted.example"}, "api_key"),
        ({"api_key": "two words", "domain": "scripted.example"}, "api_key"),
        ({"api_key": "word", "domain": "evil.test"}, "domain"),
        ({**GOOD, "colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_an_error_on_its_field_and_nothing_is_saved(rig, settings, field):
    with pytest.raises(SettingsRefused) as refused:
        rig.save(settings)

    assert list(refused.value.fields) == [field]
    assert rig.saved() is None


def test_a_site_that_cannot_be_reached_is_not_saved(rig: Rig):
    rig.connector.failure = NotSent("down")

    with pytest.raises(NotSent):
        rig.save()

    assert rig.saved() is None


def test_a_failed_change_leaves_the_saved_connection_as_it_was(rig: Rig):
    before = rig.save()
    rig.connector.failure = SettingsRefused({"api_key": "Not accepted."})

    with pytest.raises(SettingsRefused):
        rig.save({"api_key": "other-word"})

    assert rig.saved() == before


@pytest.mark.parametrize("in_flight", [0, 5])
def test_the_vendors_limit_bounds_the_requests_in_flight(rig: Rig, in_flight: int):
    with pytest.raises(FieldInvalid) as refused:
        rig.save(in_flight=in_flight)

    assert refused.value.field == "in_flight"


def test_a_simulator_that_claims_to_be_live_is_refused(rig: Rig):
    rig.connector.is_test = False

    with pytest.raises(SettingsRefused) as refused:
        rig.save({"api_key": "word", "domain": "127.0.0.1:9"})

    assert "test mode" in refused.value.fields["domain"]


def test_a_switched_off_connection_is_not_usable_until_it_is_on_again(rig: Rig):
    rig.save()

    assert not rig.service.switch(APP, "scripted", is_active=False).row.is_usable
    assert rig.service.switch(APP, "scripted", is_active=True).row.is_usable


def test_a_connection_that_is_not_there_cannot_be_switched(rig: Rig):
    with pytest.raises(NotFound):
        rig.service.switch(APP, "scripted", is_active=False)


def test_a_dry_run_is_switched_alone_and_outlives_a_change_of_settings(rig: Rig):
    rig.save()

    rig.service.switch(APP, "scripted", is_dry_run=True)
    row = rig.save({"domain": "other.example"})

    assert row.is_dry_run
    assert row.is_active
    assert not rig.service.switch(APP, "scripted", is_dry_run=False).row.is_dry_run
