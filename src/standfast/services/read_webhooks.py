"""How a connection's webhooks stand, for the page that shows it."""

from dataclasses import dataclass

import msgspec

from standfast.connectors.registry import Registry
from standfast.contract.connector import WebhookSpec
from standfast.domain.roles import Permission
from standfast.services.open_site import secrets_context
from standfast.services.permissions import Acting
from standfast.store.connections import ConnectionRow, find_connection
from standfast.store.database import Database
from standfast.store.vault import Vault, VaultError
from standfast.store.webhooks import InboxCounts, count_inbox


@dataclass(frozen=True)
class WebhooksView:
    """`path` is where they are taken; `has_key`: whether a key to check them by is stored."""

    spec: WebhookSpec
    path: str
    has_key: bool
    counts: InboxCounts


@dataclass(frozen=True)
class ReadWebhooks(Acting):
    database: Database
    registry: Registry
    vault: Vault

    def find(self, app_id: str, connector: str) -> WebhooksView | None:
        """None before the connector is configured, or when it has none. Raises `Forbidden`."""
        self._allow(Permission.USE_CONNECTIONS, app_id)
        spec = self.registry.get(connector).spec.webhooks
        with self.database.reading() as reader:
            row = find_connection(reader, app_id, connector)
            if row is None or spec is None:
                return None
            counts = count_inbox(reader, row.id)
        path = f"/hooks/{row.connector}/{row.id}"
        return WebhooksView(spec, path, self._has_key(row, spec), counts)

    def _has_key(self, row: ConnectionRow, spec: WebhookSpec) -> bool:
        """Only whether; the key itself leaves the vault for nobody's eyes."""
        try:
            sealed = self.vault.unseal(row.sealed, context=secrets_context(row.id))
        except VaultError:
            return False
        return bool(msgspec.json.decode(sealed, type=dict[str, str]).get(spec.key, "").strip())
