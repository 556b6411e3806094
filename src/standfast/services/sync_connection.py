"""Brings the mirror up to date with a billing system, in full passes on a schedule."""

import itertools
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from standfast.clock import Clock
from standfast.config import Durations
from standfast.connectors.redaction import scrub
from standfast.connectors.slots import Lane
from standfast.connectors.transport import ReadOnlyTransport
from standfast.contract.actions import RetryCause
from standfast.contract.connector import Connector
from standfast.contract.errors import CallFailed, CredentialsRefused, SettingsRefused
from standfast.contract.transport import Transport
from standfast.domain.roles import Permission
from standfast.services.connection_health import note_good_answer, note_trouble
from standfast.services.open_site import Sites
from standfast.services.permissions import Acting
from standfast.services.write_audit import write_audit
from standfast.store.billing import (
    clear_fresh_billing,
    count_billing,
    delete_unseen,
    replace_customers,
    replace_records,
)
from standfast.store.catalogue import count_items, replace_items, retire_unseen_items
from standfast.store.connections import get_connection
from standfast.store.database import Database
from standfast.store.syncs import (
    SyncRow,
    What,
    claim_due_sync,
    extend_sync_lease,
    fail_sync,
    finish_sync,
    is_sync_due,
    request_sync,
)
from standfast.store.vault import VaultError

BATCH = 200
LEASE_SECONDS = 300.0
FIRST_PAUSE_SECONDS = 60.0

T = TypeVar("T")

_log = structlog.get_logger()


class PassLost(Exception):
    """Another process has taken over this pass."""


@dataclass(frozen=True)
class SyncConnections(Acting):
    """One call of `sync_due` does at most one pass."""

    database: Database
    sites: Sites
    clock: Clock
    durations: Durations

    def request(self, connection_id: str) -> None:
        """Sync now: the worker begins at once."""
        now = self.clock.now()
        with self.database.writing() as transaction:
            connection = get_connection(transaction, connection_id)
            self._allow(Permission.USE_CONNECTIONS, connection.app_id)
            request_sync(transaction, connection_id, now=now)
            write_audit(
                transaction, self.actor, "connection.sync_requested", connection.site.name,
                at=now, app_id=connection.app_id,
            )  # fmt: skip

    def sync_due(self) -> bool:
        """Do the most overdue pass. False when none was due."""
        now = self.clock.now()
        with self.database.reading_one() as reader:
            if not is_sync_due(reader, now=now):
                return False
        with self.database.writing() as transaction:
            row = claim_due_sync(transaction, now=now, until=now + timedelta(seconds=LEASE_SECONDS))
        if row is None:
            return False
        try:
            counts = self._sync(row, started_at=now)
        except PassLost:
            _log.warning("sync.lost", connection=row.connection_id, what=row.what)
        except (CallFailed, SettingsRefused, VaultError) as error:
            self._fail(row, error)
        else:
            self._finish(row, counts)
        return True

    def _sync(self, row: SyncRow, *, started_at: datetime) -> dict[str, int]:
        with self.database.reading() as reader:
            connection = get_connection(reader, row.connection_id)
        opened = self.sites.open(connection, Lane.SYNC)
        connector, reading = opened.connector, ReadOnlyTransport(opened.transport)
        pass_id = secrets.token_hex(8)
        match row.what:
            case What.CATALOGUE:
                return self._sync_catalogue(row, connector, reading, pass_id)
            case What.RECORDS:
                return self._sync_records(row, connector, reading, pass_id, started_at)

    def _sync_catalogue(
        self, row: SyncRow, connector: Connector, reading: Transport, pass_id: str
    ) -> dict[str, int]:
        for items in _batches(connector.catalogue(reading)):
            with self.database.writing_mirror() as mirror:
                replace_items(mirror, row.connection_id, items, pass_id=pass_id)
            self._still_ours(row)
        with self.database.writing_mirror() as mirror:
            gone = retire_unseen_items(
                mirror, row.connection_id, pass_id=pass_id, at=self.clock.now()
            )
        with self.database.reading_mirror() as mirror:
            return {**count_items(mirror, row.connection_id), "retired_now": gone}

    def _sync_records(
        self,
        row: SyncRow,
        connector: Connector,
        reading: Transport,
        pass_id: str,
        started_at: datetime,
    ) -> dict[str, int]:
        for customers in _batches(connector.customers(reading)):
            with self.database.writing_mirror() as mirror:
                replace_customers(mirror, row.connection_id, customers, pass_id=pass_id)
            self._still_ours(row)
        for records in _batches(connector.records(reading)):
            with self.database.writing_mirror() as mirror:
                replace_records(
                    mirror, row.connection_id, records, pass_id=pass_id, observed_at=started_at
                )
            self._still_ours(row)
        with self.database.writing_mirror() as mirror:
            gone = delete_unseen(mirror, row.connection_id, pass_id=pass_id)
        with self.database.writing() as transaction:
            clear_fresh_billing(transaction, row.connection_id, before=started_at)
        with self.database.reading_mirror() as mirror:
            return {**count_billing(mirror, row.connection_id), "gone_now": gone}

    def _still_ours(self, row: SyncRow) -> None:
        until = self.clock.now() + timedelta(seconds=LEASE_SECONDS)
        with self.database.writing() as transaction:
            if not extend_sync_lease(transaction, row, until=until):
                raise PassLost

    def _finish(self, row: SyncRow, counts: dict[str, int]) -> None:
        now = self.clock.now()
        with self.database.writing() as transaction:
            if finish_sync(transaction, row, counts=counts, now=now):
                note_good_answer(transaction, row.connection_id, now=now)
        _log.info("sync.finished", connection=row.connection_id, what=row.what, **counts)

    def _fail(self, row: SyncRow, error: Exception) -> None:
        """Try again soon, but ever more slowly, never later than the schedule says."""
        now = self.clock.now()
        pause = min(FIRST_PAUSE_SECONDS * 2**row.failures, row.interval_seconds)
        with self.database.writing() as transaction:
            fail_sync(
                transaction,
                row,
                error=scrub(str(error)),
                next_at=now + timedelta(seconds=pause),
                now=now,
            )
            if isinstance(error, CredentialsRefused):
                note_trouble(
                    transaction,
                    row.connection_id,
                    RetryCause.CREDENTIALS_REFUSED,
                    now=now,
                    durations=self.durations,
                )
        _log.warning(
            "sync.failed",
            connection=row.connection_id,
            what=row.what,
            error=type(error).__name__,
        )


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, BATCH)):
        yield batch
