"""The way from a connection to its site: connector, settings with secrets, transport."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from standfast.connectors.registry import Registry
from standfast.connectors.slots import Lane
from standfast.connectors.transport import HostNotAllowed, Transports
from standfast.contract.connector import Connector
from standfast.contract.errors import SettingsRefused
from standfast.contract.transport import WritingTransport
from standfast.store.connections import ConnectionRow
from standfast.store.schema import connections
from standfast.store.vault import Vault, context_of


@dataclass(frozen=True)
class Site:
    """A billing system's site, ready to be called."""

    connector: Connector
    transport: WritingTransport
    settings: Mapping[str, str] = field(repr=False)


class Sites(Protocol):
    def open(self, connection: ConnectionRow, lane: Lane) -> Site: ...


def secrets_context(connection_id: str) -> str:
    """What binds a connection's sealed secrets to their place."""
    return context_of(connections.c.secrets, connection_id)


def sealed_secrets(vault: Vault, connection_id: str, secrets: Mapping[str, str]) -> bytes:
    return vault.seal(msgspec.json.encode(dict(secrets)), context=secrets_context(connection_id))


@dataclass(frozen=True)
class OpenSite:
    """Opens sites over HTTP with the connection's unsealed secrets."""

    registry: Registry
    vault: Vault
    transports: Transports
    simulators: tuple[str, ...]

    def open(self, connection: ConnectionRow, lane: Lane) -> Site:
        """Raises `SettingsRefused` when the settings lead nowhere that may be called."""
        connector = self.registry.get(connection.connector)
        settings = {**connection.settings, **self.secrets(connection)}
        address = connector.address(settings, simulators=self.simulators)
        try:
            transport = self.transports.open(
                connector.spec, address, lane=lane, in_flight=connection.in_flight
            )
        except HostNotAllowed as error:
            raise SettingsRefused({"domain": str(error)}) from error
        return Site(connector, transport, settings)

    def secrets(self, connection: ConnectionRow) -> dict[str, str]:
        """The unsealed secret settings. Raises `VaultError`."""
        sealed = self.vault.unseal(connection.sealed, context=secrets_context(connection.id))
        return msgspec.json.decode(sealed, type=dict[str, str])
