import pytest

from standfast.connectors.chargify.connector import ChargifyConnector
from standfast.connectors.registry import ConnectorsClash, ConnectorUnknown, Registry
from standfast.contract.testing import ScriptedConnector


def test_a_connector_is_found_by_its_key():
    chargify, scripted = ChargifyConnector(), ScriptedConnector()
    registry = Registry([chargify, scripted])

    assert registry.get("chargify") is chargify
    assert list(registry) == [chargify, scripted]


def test_an_unknown_connector_is_told_with_those_that_are_there():
    with pytest.raises(ConnectorUnknown, match="chargify"):
        Registry([ChargifyConnector()]).get("stripe")


def test_two_connectors_cannot_share_a_key():
    with pytest.raises(ConnectorsClash):
        Registry([ChargifyConnector(), ChargifyConnector()])


def test_installed_connectors_come_from_the_entry_points(monkeypatch):
    class Point:
        def load(self):
            return ChargifyConnector

    asked = []

    def entry_points(**selection):
        asked.append(selection)
        return [Point()]

    monkeypatch.setattr("standfast.connectors.registry.entry_points", entry_points)

    assert [one.spec.key for one in Registry.from_entry_points()] == ["chargify"]
    assert asked == [{"group": "standfast.connectors"}]
