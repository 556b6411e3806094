"""A ledger whose connection hears webhooks of the scripted biller, signed with the word "key"."""

import json
from dataclasses import replace

from sqlalchemy import select

from clocks import FrozenClock
from ledger.rig import CONNECTION, LedgerRig
from standfast.connectors.registry import Registry
from standfast.contract.records import CustomerBilling
from standfast.contract.testing import Script
from standfast.domain.action_run import ActionRun, RunState
from standfast.services.open_site import sealed_secrets
from standfast.services.receive_webhook import ReceiveWebhook
from standfast.services.work_off_webhooks import WorkOffWebhooks
from standfast.store.billing import find_customer_billing
from standfast.store.connections import get_connection, save_connection
from standfast.store.database import Database
from standfast.store.schema_ledger import webhook_inbox
from standfast.store.vault import Vault, new_key
from standfast.store.webhooks import InboxCounts, count_inbox

KEY = "key"


class WebhookRig(LedgerRig):
    def __init__(self, database: Database, clock: FrozenClock) -> None:
        super().__init__(database, clock)
        vault = Vault([new_key()])
        self.receiving = ReceiveWebhook(database, Registry([self.sites.connector]), vault, clock)
        self.webhooks = WorkOffWebhooks(database, self.sites, clock, self.durations)
        with database.writing() as transaction:
            row = get_connection(transaction, CONNECTION)
            sealed = sealed_secrets(vault, CONNECTION, {"api_key": KEY})
            save_connection(transaction, replace(row, sealed=sealed))

    def deliver(
        self,
        number: str = "1",
        *,
        customer: str | None = "c1",
        event: str = "changed",
        key: str = KEY,
        connection: str = CONNECTION,
    ) -> None:
        told = {"id": number, "event": event, "customer": customer}
        body = json.dumps(told).encode()
        self.receiving.receive("scripted", connection, {"x-scripted-key": key}, body)

    def work_off(self) -> int:
        """Until nothing is due; how many times a customer was read."""
        count = 0
        while self.webhooks.work_off_due():
            count += 1
        return count

    def counts(self) -> InboxCounts:
        with self.database.reading() as reader:
            return count_inbox(reader, CONNECTION)

    def rows(self) -> list:
        with self.database.reading() as reader:
            return list(reader.connection.execute(select(webhook_inbox)))

    def known(self, customer: str = "c1") -> CustomerBilling | None:
        with self.database.reading() as core, self.database.reading_mirror() as mirror:
            return find_customer_billing(core, mirror, CONNECTION, customer)

    def plans(self, customer: str = "c1") -> list[str | None]:
        known = self.known(customer)
        return [record.plan_external_id for record in known.records] if known else []

    def waiting_click(self, customer: str = "c1") -> ActionRun:
        """A run that waits for its visitor."""
        (run,) = self.click("create_subscription", customer=customer)
        self.world.script(run.reference, Script.NEED_VISITOR)
        self.work()
        assert self.run(run).state is RunState.WAITING_FOR_VISITOR
        self.clock.advance(60)
        return run
