"""For tests of connectors and of what drives them: a scripted biller, a desk, the suite."""

from standfast.contract.testing.desk import RecordingDesk, Written
from standfast.contract.testing.scripted import ScriptedConnector
from standfast.contract.testing.suite import ConnectorRig, ConnectorSuite, Trouble
from standfast.contract.testing.world import Change, Script, World, WorldTransport

__all__ = [
    "Change",
    "ConnectorRig",
    "ConnectorSuite",
    "RecordingDesk",
    "Script",
    "ScriptedConnector",
    "Trouble",
    "World",
    "WorldTransport",
    "Written",
]
