"""An app with a choosy connection over a real database: everything but biller and clock is real."""

from dataclasses import replace
from typing import Any

from choosy import ChoosyConnector, a_connection, an_item
from clocks import FrozenClock
from standfast.config import Durations
from standfast.connectors.registry import Registry
from standfast.contract.catalogue import CatalogueItem, ItemKind
from standfast.contract.records import BillingRecord, CustomerRecord
from standfast.domain.prompt import PromptBody
from standfast.domain.request import DecideRequest
from standfast.domain.snapshot import CompiledSnapshot
from standfast.domain.visitor import Identity
from standfast.services.change_holdout import ChangeHoldout
from standfast.services.check_offer import CheckOffer
from standfast.services.decide import DecidePrompts, Decisions
from standfast.services.explain import ExplainPrompts
from standfast.services.manage_app import ManageApp
from standfast.services.publish_prompt import PublishPrompt
from standfast.services.read_situation import Situations
from standfast.services.read_visitor import ReadVisitor
from standfast.services.save_segment import SaveSegment
from standfast.services.save_visitor import SaveVisitor
from standfast.services.snapshots import Snapshots
from standfast.services.tokens import Tokens
from standfast.store.billing import replace_customers, replace_records
from standfast.store.catalogue import replace_items
from standfast.store.connections import add_connection, get_connection, save_connection
from standfast.store.database import Database
from standfast.store.vault import Vault, new_key

PAGE = DecideRequest(page="https://acme.io/pricing", device="desktop")
CONNECTION = "con_choosy"


class DecidingRig:
    """One app; plans gold (with its price gold-1) and tin; one connection, no customers."""

    def __init__(self, database: Database, clock: FrozenClock) -> None:
        self.database = database
        self.clock = clock
        self.key = new_key()
        self.vault = Vault([self.key])
        self.registry = Registry([ChoosyConnector()])
        self.app_id = ManageApp(database, self.vault, clock).create("Acme", domains=()).id
        self.tokens = Tokens(database, self.vault)
        self.snapshots = Snapshots(database, clock)
        self.situations = Situations(database, self.registry)
        self.prompts = PublishPrompt(database, self.registry, clock)
        self.segments = SaveSegment(database, clock)
        self.visitors = SaveVisitor(database, self.registry, clock)
        self.holdout = ChangeHoldout(database, clock)
        self.reading = ReadVisitor(database, self.registry)
        self.offers = CheckOffer(self.situations, self.snapshots)
        self.explaining = ExplainPrompts(database, self.situations, self.snapshots, clock)
        self.deciding = DecidePrompts(
            database, self.situations, self.snapshots, self.tokens, clock, Durations()
        )
        with database.writing() as transaction:
            add_connection(transaction, a_connection(self.app_id))
        self.stock(
            an_item(ItemKind.PLAN, "gold"),
            an_item(ItemKind.PLAN, "tin"),
            an_item(ItemKind.PRICE_POINT, "gold-1"),
        )

    def stock(self, *items: CatalogueItem) -> None:
        with self.database.writing_mirror() as mirror:
            replace_items(mirror, CONNECTION, items, pass_id="1")

    def bill(self, *records: BillingRecord, reference: str | None = None) -> None:
        """Customer c1 and these subscriptions are synced."""
        now = self.clock.now()
        with self.database.writing_mirror() as mirror:
            customer = CustomerRecord("c1", reference, now, now)
            replace_customers(mirror, CONNECTION, [customer], pass_id="1")
            replace_records(mirror, CONNECTION, records, pass_id="1", observed_at=now)

    def connection(self, **changes: Any) -> None:
        with self.database.writing() as transaction:
            row = get_connection(transaction, CONNECTION)
            save_connection(transaction, replace(row, **changes))

    def draft(self, body: PromptBody, *, name: str = "Offer") -> str:
        return self.prompts.save_draft(self.app_id, name=name, body=body).id

    def start(self, body: PromptBody) -> str:
        prompt_id = self.draft(body)
        self.prompts.start(self.app_id, prompt_id, by="olga")
        return prompt_id

    def identity(self, user_id: str | None = "ann", **changes: Any) -> Identity:
        anonymous = "browser" if user_id is None else None
        return Identity(self.app_id, user_id, anonymous, **changes)

    def live(self) -> CompiledSnapshot:
        """What is live now. Between processes the news may take until the next poll."""
        if not self.database.is_embedded:
            self.clock.advance(1)
        return self.snapshots.current(self.app_id)

    def decide(self, identity: Identity | None = None, request: DecideRequest = PAGE) -> Decisions:
        self.live()
        return self.deciding.decide(identity or self.identity(), request)

    def shown(self, identity: Identity | None = None, request: DecideRequest = PAGE) -> list[str]:
        return [one.prompt for one in self.decide(identity, request).prompts]
