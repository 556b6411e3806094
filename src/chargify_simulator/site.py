"""One Chargify site: everything it holds, and how its records are found and added."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from .clock import Clock
from .fields import whole_number
from .records import (
    Coupon,
    Customer,
    Endpoint,
    Event,
    PaymentProfile,
    PricePoint,
    Product,
    ProductFamily,
    ReasonCode,
    Subscription,
    Webhook,
)
from .settings import Settings
from .texts import Texts
from .tokens import UniquenessTokens

FIRST_IDS = {
    "families": 1_518_001,
    "products": 5_216_001,
    "price_points": 906_001,
    "coupons": 422_001,
    "customers": 33_100_001,
    "payment_profiles": 22_922_001,
    "subscriptions": 62_118_001,
    "reason_codes": 8_001,
    "payments": 373_242_001,
    "signup_pages": 411_001,
    "events": 347_299_001,
    "transactions": 7_590_001,
    "webhooks": 141_765_001,
    "endpoints": 11,
}


class Dated(Protocol):
    id: int
    updated_at: datetime


Kept = TypeVar("Kept", bound=Dated)


class Site:
    def __init__(self, settings: Settings, clock: Clock, texts: Texts) -> None:
        self.id = 31_615
        self.settings = settings
        self.clock = clock
        self.texts = texts
        self.tokens = UniquenessTokens()
        self.families: dict[int, ProductFamily] = {}
        self.products: dict[int, Product] = {}
        self.price_points: dict[int, PricePoint] = {}
        self.coupons: dict[int, Coupon] = {}
        self.customers: dict[int, Customer] = {}
        self.payment_profiles: dict[int, PaymentProfile] = {}
        self.subscriptions: dict[int, Subscription] = {}
        self.reason_codes: dict[int, ReasonCode] = {}
        self.subscriptions_of: dict[int, list[int]] = {}
        """Subscription ids by customer id."""
        self.generated: tuple[int, int, datetime] | None = None
        """Seed, number of rows and day, where most rows are computed."""
        self.referral_codes: dict[str, int] = {}
        """The subscription that owns each code."""
        self.events: list[Event] = []
        self.endpoints: dict[int, Endpoint] = {}
        self.webhooks: dict[int, Webhook] = {}
        self.webhooks_enabled = True
        self.moment: datetime | None = None
        """The instant at which something that was due happens; None outside of that."""
        self.revision = 0
        """Counts changes, so that the log can say whether a request had an effect."""
        self.agenda: list[tuple[datetime, int]] = []
        """A heap of instants at which a subscription may have something to do."""
        self.unplanned: set[int] = set()
        """Subscriptions that changed since the agenda was written."""
        self.next_ids = dict(FIRST_IDS)

    @property
    def now(self) -> datetime:
        return self.moment or self.clock.now()

    def say(self, key: str, **parts: object) -> str:
        return self.texts.say(key, **parts)

    def new_id(self, kind: str) -> int:
        number = self.next_ids[kind]
        self.next_ids[kind] = number + 1
        return number

    def add(self, table: dict[int, Kept], record: Kept) -> Kept:
        table[record.id] = record
        self.revision += 1
        if isinstance(record, Subscription):
            self.unplanned.add(record.id)
            self.subscriptions_of.setdefault(record.customer_id, []).append(record.id)
        return record

    def index(self) -> None:
        """After tables were filled from outside."""
        self.subscriptions_of.clear()
        for each in self.subscriptions.values():
            self.subscriptions_of.setdefault(each.customer_id, []).append(each.id)
            self.unplanned.add(each.id)
        self.agenda.clear()

    def touch(self, record: Dated) -> None:
        """The record has changed now."""
        record.updated_at = self.now
        self.revision += 1
        if isinstance(record, Subscription):
            self.unplanned.add(record.id)

    def remove(self, table: dict[int, Kept], record: Kept) -> None:
        del table[record.id]
        self.revision += 1

    def find_family(self, ref: str | None) -> ProductFamily | None:
        """By id or by "handle:x"."""
        return self._find(self.families, ref)

    def find_product(self, ref: str | None) -> Product | None:
        return self._find(self.products, ref)

    def find_product_by_handle(self, handle: str) -> Product | None:
        return next((each for each in self.products.values() if each.handle == handle), None)

    def find_price_point(self, product: Product, ref: str | None) -> PricePoint | None:
        mine = {each.id: each for each in self.price_points_of(product)}
        return self._find(mine, ref)

    def price_points_of(self, product: Product) -> list[PricePoint]:
        return [each for each in self.price_points.values() if each.product_id == product.id]

    def find_coupon(self, code: str, *, family_id: int | None = None) -> Coupon | None:
        """By code or subcode, in any case; archived and expired ones too."""
        wanted = code.upper()
        for coupon in self.coupons.values():
            if family_id not in {None, coupon.family_id}:
                continue
            if coupon.code == wanted or wanted in coupon.subcodes:
                return coupon
        return None

    def default_family(self) -> ProductFamily | None:
        """The first family that is not archived; coupon look-ups use it when none is named."""
        return next((each for each in self.families.values() if not each.archived_at), None)

    def find_customer_by_reference(self, reference: str) -> Customer | None:
        return next((c for c in self.customers.values() if c.reference == reference), None)

    def find_subscription_by_reference(self, reference: str) -> Subscription | None:
        return next((s for s in self.subscriptions.values() if s.reference == reference), None)

    def subscriptions_for(self, customer_id: int) -> list[Subscription]:
        ids = self.subscriptions_of.get(customer_id, ())
        return [self.subscriptions[each] for each in ids if each in self.subscriptions]

    def changed_subscriptions(self) -> Iterable[Subscription]:
        """All of them; on a generated site those that differ from how they were generated."""
        return self.subscriptions.values()

    def profiles_of(self, customer_id: int) -> list[PaymentProfile]:
        profiles: Iterable[PaymentProfile] = self.payment_profiles.values()
        return [each for each in profiles if each.customer_id == customer_id]

    @staticmethod
    def _find(table: dict[int, Kept], ref: str | None) -> Kept | None:
        if ref is None:
            return None
        if ref.startswith("handle:"):
            handle = ref.removeprefix("handle:")
            return next((e for e in table.values() if getattr(e, "handle", None) == handle), None)
        return table.get(whole_number(ref) or 0)
