"""Works off what came by webhook: reads the customer again and believes only that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from standfast.clock import Clock
from standfast.config import Durations
from standfast.connectors.redaction import scrub
from standfast.connectors.slots import Lane
from standfast.connectors.transport import ReadOnlyTransport
from standfast.contract.actions import RetryCause
from standfast.contract.connector import ConnectorSpec
from standfast.contract.errors import CallFailed, CredentialsRefused, SettingsRefused
from standfast.contract.records import CustomerBilling
from standfast.services.connection_health import note_good_answer, note_trouble
from standfast.services.go_on import go_on
from standfast.services.open_site import Sites
from standfast.services.read_visitor import holds_of
from standfast.store.billing import (
    forget_customer,
    forget_fresh_billing,
    introduce_customer,
    save_reread_billing,
)
from standfast.store.connections import ConnectionRow, Health, get_connection
from standfast.store.database import Database, Transaction
from standfast.store.runs import lock_waiting_runs
from standfast.store.vault import VaultError
from standfast.store.webhooks import (
    WebhookRow,
    claim_due_webhooks,
    finish_webhooks,
    forget_webhooks,
    give_up_webhooks,
    is_webhook_due,
    postpone_webhooks,
)

LEASES = 2
"""So many of a run's leases one reading may take; a customer who is read twice is no harm."""
LONGEST_PAUSE_SECONDS = 600.0
MOST_TRIES = 20
"""A run whose own tries made the news would go round and round."""
KEPT = timedelta(days=30)
"""So long a repeated delivery is known as one."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class WorkOffWebhooks:
    """One call of `work_off_due` reads one customer, for all webhooks that name them."""

    database: Database
    sites: Sites
    clock: Clock
    durations: Durations

    def work_off_due(self) -> bool:
        """False when nothing was due."""
        now = self.clock.now()
        with self.database.reading_one() as reader:
            if not is_webhook_due(reader, now=now):
                return False
        with self.database.writing() as transaction:
            until = now + timedelta(seconds=LEASES * self.durations.lease)
            rows = claim_due_webhooks(transaction, now=now, until=until)
        if not rows:
            return False
        with self.database.reading() as reader:
            connection = get_connection(reader, rows[0].connection_id)
        if connection.health is Health.BROKEN:
            self._postpone(rows, connection.health_detail, self.durations.broken_pause)
            return True
        try:
            self._read_again(connection, rows)
        except (CallFailed, SettingsRefused, VaultError) as error:
            self._fail(rows, scrub(str(error)), error)
        except Exception as error:  # noqa: BLE001 - one bad answer must not stop the others
            _log.exception("webhook.connector_failed", connection=connection.id)
            self._fail(rows, f"Reading the customer failed with {type(error).__name__}.", error)
        return True

    def _read_again(self, connection: ConnectionRow, rows: Sequence[WebhookRow]) -> None:
        site = self.sites.open(connection, Lane.SYNC)
        read_at = self.clock.now()
        notice = rows[-1].notice
        billing = site.connector.read_noticed(ReadOnlyTransport(site.transport), notice)
        with self.database.writing_mirror() as mirror:
            if billing is not None:
                introduce_customer(mirror, connection.id, billing, at=read_at)
            elif notice.customer is not None:
                forget_customer(mirror, connection.id, notice.customer)
        now = self.clock.now()
        with self.database.writing() as transaction:
            if billing is not None:
                save_reread_billing(transaction, connection.id, billing, read_at=read_at)
                self._go_on(transaction, connection, site.connector.spec, billing, rows)
            elif notice.customer is not None:
                forget_fresh_billing(transaction, connection.id, notice.customer)
            note_good_answer(transaction, connection.id, now=now)
            finish_webhooks(transaction, rows, now=now)
            forget_webhooks(transaction, connection.id, before=now - KEPT)
        _tell(connection, rows, is_gone=billing is None)

    def _go_on(
        self,
        transaction: Transaction,
        connection: ConnectionRow,
        spec: ConnectorSpec,
        billing: CustomerBilling,
        rows: Sequence[WebhookRow],
    ) -> None:
        """The visitor may have done what a run waits for; its next try finds out."""
        events = spec.webhooks.going_on if spec.webhooks else frozenset[str]()
        told = next((row.notice.event for row in rows if row.notice.event in events), None)
        if told is None:
            return
        lanes = [connection.lane(each) for each in _billing_ids(connection, billing)]
        for run in lock_waiting_runs(transaction, connection.id, lanes):
            if run.tries < MOST_TRIES:
                because = f"{spec.title} told of {told}"
                go_on(transaction, run, because=because, now=self.clock.now(), has_news=True)

    def _fail(self, rows: Sequence[WebhookRow], detail: str, error: Exception) -> None:
        """Try again ever more slowly, and give up in the end: a sync brings the same."""
        doubled = self.durations.retry_first * 2 ** min(rows[0].failures, 20)
        self._postpone(rows, detail, min(doubled, LONGEST_PAUSE_SECONDS), error)

    def _postpone(
        self,
        rows: Sequence[WebhookRow],
        detail: str,
        pause: float,
        error: Exception | None = None,
    ) -> None:
        now = self.clock.now()
        limit = timedelta(seconds=self.durations.webhook_deadline)
        over = [row for row in rows if now - row.received_at >= limit]
        rest = [row for row in rows if now - row.received_at < limit]
        with self.database.writing() as transaction:
            give_up_webhooks(transaction, over, now=now, error=detail)
            due_at = now + timedelta(seconds=pause)
            postpone_webhooks(transaction, rest, due_at=due_at, error=detail)
            if isinstance(error, CredentialsRefused):
                self._note_trouble(transaction, rows[0].connection_id, now)
        _log.warning(
            "webhook.postponed", connection=rows[0].connection_id, count=len(rest), lost=len(over)
        )

    def _note_trouble(self, transaction: Transaction, connection_id: str, now: datetime) -> None:
        cause = RetryCause.CREDENTIALS_REFUSED
        note_trouble(transaction, connection_id, cause, now=now, durations=self.durations)


def _billing_ids(connection: ConnectionRow, billing: CustomerBilling) -> tuple[str, ...]:
    """What the trait of this customer's visitor may hold."""
    match holds_of(connection):
        case "subscription_id":
            return tuple(record.external_id for record in billing.records)
        case "customer_reference":
            return (billing.customer.reference,) if billing.customer.reference else ()
        case _:
            return (billing.customer.external_id,)


def _tell(connection: ConnectionRow, rows: Sequence[WebhookRow], *, is_gone: bool) -> None:
    what = "customer_gone" if is_gone else "worked_off"
    _log.info(f"webhook.{what}", connection=connection.id, count=len(rows))
