"""Which connectors there are."""

from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from typing import Self, cast

from standfast.contract.actions import ActionSpec
from standfast.contract.connector import Connector
from standfast.contract.errors import StandfastError

GROUP = "standfast.connectors"


class ConnectorUnknown(StandfastError):
    """No connector of this key is installed."""


class ConnectorsClash(StandfastError):
    """Two installed connectors have the same key."""


class Registry:
    """The installed connectors, by the key of their spec."""

    def __init__(self, connectors: Iterable[Connector]) -> None:
        self._connectors: dict[str, Connector] = {}
        for one in connectors:
            if one.spec.key in self._connectors:
                raise ConnectorsClash(f"Two connectors call themselves {one.spec.key!r}.")
            self._connectors[one.spec.key] = one

    @classmethod
    def from_entry_points(cls) -> Self:
        """Every connector an installed package names in the group `standfast.connectors`."""
        found = (point.load() for point in entry_points(group=GROUP))
        return cls(cast("Connector", make()) for make in found)

    def get(self, key: str) -> Connector:
        """Raises `ConnectorUnknown`."""
        found = self.find(key)
        if found is None:
            known = ", ".join(sorted(self._connectors)) or "none"
            raise ConnectorUnknown(f"There is no connector {key!r}; installed: {known}.")
        return found

    def find(self, key: str) -> Connector | None:
        """None also for one that was installed once: runs and connections outlive it."""
        return self._connectors.get(key)

    def find_action(self, key: str, action: str) -> ActionSpec | None:
        connector = self.find(key)
        return connector.spec.action(action) if connector else None

    def __iter__(self) -> Iterator[Connector]:
        return iter(self._connectors.values())

    def __len__(self) -> int:
        return len(self._connectors)
