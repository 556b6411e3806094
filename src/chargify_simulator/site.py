"""One Chargify site: everything it holds, and how its records are found and added."""

from collections.abc import Iterable, MutableMapping
from datetime import datetime
from typing import Protocol, TypeVar

from .clock import Clock
from .fields import Fields, whole_number
from .lazy_table import LazyTable
from .records import (
    Coupon,
    Customer,
    Endpoint,
    Event,
    Note,
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
    "notes": 7_001,
}


class Dated(Protocol):
    id: int
    created_at: datetime
    updated_at: datetime


Kept = TypeVar("Kept", bound=Dated)


def changed_rows(table: MutableMapping[int, Kept]) -> Iterable[Kept]:
    """All rows; of a generated table those that were changed or added."""
    kept = table.kept if isinstance(table, LazyTable) else table
    return kept.values()


class GeneratedRows(Protocol):
    """What a generated site knows without looking at every row."""

    recipe: tuple[int, int, datetime]
    """Seed, number of rows and day."""

    def customer_number(self, reference: str) -> int | None: ...
    def subscription_number(self, reference: str) -> int | None: ...
    def subscriptions_of(self, customer_id: int) -> list[int]: ...
    def profiles_of(self, customer_id: int) -> list[int]: ...
    def page(self, site: "Site", query: Fields) -> bytes: ...
    def read(self, number: int) -> bytes | None: ...
    def refresh(self, site: "Site") -> None: ...


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
        self.customers: MutableMapping[int, Customer] = {}
        self.payment_profiles: MutableMapping[int, PaymentProfile] = {}
        self.subscriptions: MutableMapping[int, Subscription] = {}
        self.reason_codes: dict[int, ReasonCode] = {}
        self.subscriptions_of: dict[int, list[int]] = {}
        """Subscription ids by customer id."""
        self.rows: GeneratedRows | None = None
        """Where most rows are computed."""
        self.referral_codes: dict[str, int] = {}
        """The subscription that owns each code."""
        self.events: list[Event] = []
        self.notes: dict[int, Note] = {}
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

    def add(self, table: MutableMapping[int, Kept], record: Kept) -> Kept:
        table[record.id] = record
        self.revision += 1
        if isinstance(record, Subscription):
            self.unplanned.add(record.id)
            self.subscriptions_of.setdefault(record.customer_id, []).append(record.id)
        return record

    def index(self) -> None:
        """After tables were filled from outside."""
        self.subscriptions_of.clear()
        for each in self.changed_subscriptions():
            self.unplanned.add(each.id)
            if self.rows is None or each.id not in self.rows.subscriptions_of(each.customer_id):
                self.subscriptions_of.setdefault(each.customer_id, []).append(each.id)
        self.agenda.clear()
        if self.rows is not None:
            self.rows.refresh(self)

    def touch(self, record: Dated) -> None:
        """The record has changed now."""
        record.updated_at = self.now
        self.keep(record)

    def keep(self, record: Dated) -> None:
        """A change that does not count as an update."""
        self.revision += 1
        if isinstance(record, Subscription):
            self.unplanned.add(record.id)
        if self.rows is not None:
            self._write_back(self.rows, record)

    def _write_back(self, rows: GeneratedRows, record: Dated) -> None:
        """A computed row that was changed is a row of its own from now on."""
        match record:
            case Subscription():
                self.subscriptions[record.id] = record
            case Customer():
                self.customers[record.id] = record
            case PaymentProfile():
                self.payment_profiles[record.id] = record
            case Product() | PricePoint() | ProductFamily() | Coupon():
                rows.refresh(self)
            case _:
                pass

    def remove(self, table: MutableMapping[int, Kept], record: Kept) -> None:
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
        number = self.rows.customer_number(reference) if self.rows else None
        computed = self.customers.get(number) if number else None
        if computed is not None and computed.reference == reference:
            return computed
        changed = changed_rows(self.customers)
        return next((each for each in changed if each.reference == reference), None)

    def find_subscription_by_reference(self, reference: str) -> Subscription | None:
        number = self.rows.subscription_number(reference) if self.rows else None
        computed = self.subscriptions.get(number) if number else None
        if computed is not None and computed.reference == reference:
            return computed
        changed = self.changed_subscriptions()
        return next((each for each in changed if each.reference == reference), None)

    def subscriptions_for(self, customer_id: int) -> list[Subscription]:
        computed = self.rows.subscriptions_of(customer_id) if self.rows else []
        ids = [*computed, *self.subscriptions_of.get(customer_id, ())]
        return [self.subscriptions[each] for each in ids if each in self.subscriptions]

    def changed_subscriptions(self) -> Iterable[Subscription]:
        """All of them; on a generated site those that differ from how they were generated."""
        return changed_rows(self.subscriptions)

    def profiles_of(self, customer_id: int) -> list[PaymentProfile]:
        computed = self.rows.profiles_of(customer_id) if self.rows else []
        profiles = {each: self.payment_profiles[each] for each in computed}
        profiles |= {each.id: each for each in changed_rows(self.payment_profiles)}
        return [each for each in profiles.values() if each.customer_id == customer_id]

    @staticmethod
    def _find(table: MutableMapping[int, Kept], ref: str | None) -> Kept | None:
        if ref is None:
            return None
        if ref.startswith("handle:"):
            handle = ref.removeprefix("handle:")
            return next((e for e in table.values() if getattr(e, "handle", None) == handle), None)
        return table.get(whole_number(ref) or 0)
