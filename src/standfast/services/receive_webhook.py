"""Takes a billing system's webhook: believed for its signature, stored before it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

import msgspec
import structlog

from standfast.clock import Clock
from standfast.connectors.registry import Registry
from standfast.contract.connector import Notice
from standfast.services.errors import NotFound, SignatureRefused, WebhookUnreadable
from standfast.services.open_site import secrets_context
from standfast.store.connections import ConnectionRow, find_connection_by_id
from standfast.store.database import Database
from standfast.store.vault import Vault
from standfast.store.webhooks import add_webhook

LOG_PAUSE = timedelta(minutes=1)

_log = structlog.get_logger()


@dataclass
class _Refusals:
    """One line a minute for each connection, however many are turned away."""

    logged_at: dict[str, datetime] = field(default_factory=dict[str, datetime])
    unlogged: dict[str, int] = field(default_factory=dict[str, int])
    lock: Lock = field(default_factory=Lock)

    def count(self, connection_id: str, now: datetime) -> int | None:
        """How many to tell of now, or None when it is too soon."""
        with self.lock:
            count = self.unlogged.get(connection_id, 0) + 1
            last = self.logged_at.get(connection_id)
            if last is not None and timedelta() <= now - last < LOG_PAUSE:
                self.unlogged[connection_id] = count
                return None
            self.logged_at[connection_id] = now
            self.unlogged[connection_id] = 0
            return count


@dataclass(frozen=True)
class ReceiveWebhook:
    """What was received is safe once `receive` returns; a second delivery only counts."""

    database: Database
    registry: Registry
    vault: Vault
    clock: Clock
    refusals: _Refusals = field(default_factory=_Refusals, repr=False)

    def receive(
        self, connector: str, connection_id: str, headers: Mapping[str, str], body: bytes
    ) -> None:
        """Raises `NotFound` where none are taken, `SignatureRefused`, `WebhookUnreadable`."""
        with self.database.reading() as reader:
            connection = find_connection_by_id(reader, connection_id)
        if connection is None or connection.connector != connector:
            raise NotFound("There is nothing here.")
        notice = self._believed(connection, headers, body)
        if not notice.id:
            raise WebhookUnreadable
        with self.database.writing() as transaction:
            is_first = add_webhook(transaction, connection.id, notice, body, now=self.clock.now())
        _log.info(
            "webhook.received", connection=connection.id, about=notice.event, is_first=is_first
        )

    def _believed(
        self, connection: ConnectionRow, headers: Mapping[str, str], body: bytes
    ) -> Notice:
        known = self.registry.get(connection.connector)
        settings = {**connection.settings, **self._secrets(connection)}
        if known.spec.webhooks is None or not settings.get(known.spec.webhooks.key, "").strip():
            raise NotFound("There is nothing here.")
        notice = known.notice(headers, body, settings)
        if notice is None:
            self._log_refusal(connection.id)
            raise SignatureRefused
        return notice

    def _secrets(self, connection: ConnectionRow) -> dict[str, str]:
        sealed = self.vault.unseal(connection.sealed, context=secrets_context(connection.id))
        return msgspec.json.decode(sealed, type=dict[str, str])

    def _log_refusal(self, connection_id: str) -> None:
        count = self.refusals.count(connection_id, self.clock.now())
        if count is not None:
            _log.warning("webhook.refused", connection=connection_id, count=count)
