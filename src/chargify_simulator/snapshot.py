"""A site's whole state as JSON, and back."""

from datetime import datetime

from msgspec import Struct

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
from .site import Site, changed_rows


class SiteState(Struct, kw_only=True, forbid_unknown_fields=True):
    """What `GET /_control/snapshot` answers and `PUT` takes back."""

    settings: Settings
    offset_seconds: float
    frozen_at: datetime | None
    next_ids: dict[str, int]
    tokens: dict[str, datetime]
    webhooks_enabled: bool
    referral_codes: dict[str, int]
    generated: tuple[int, int, datetime] | None
    """Seed, number of rows and day of a generated site; its tables hold what was changed."""
    removed: dict[str, list[int]]
    """Computed rows that are gone."""
    families: list[ProductFamily]
    products: list[Product]
    price_points: list[PricePoint]
    coupons: list[Coupon]
    customers: list[Customer]
    payment_profiles: list[PaymentProfile]
    subscriptions: list[Subscription]
    reason_codes: list[ReasonCode]
    notes: list[Note]
    endpoints: list[Endpoint]
    webhooks: list[Webhook]
    events: list[Event]


TABLES = (
    "families",
    "products",
    "price_points",
    "coupons",
    "customers",
    "payment_profiles",
    "subscriptions",
    "reason_codes",
    "notes",
    "endpoints",
    "webhooks",
)


LAZY = ("customers", "payment_profiles", "subscriptions")


def _removed(table: object) -> list[int]:
    return sorted(table.removed) if isinstance(table, LazyTable) else []


def take(site: Site) -> SiteState:
    clock = site.clock
    return SiteState(
        settings=site.settings,
        offset_seconds=clock.offset.total_seconds(),
        frozen_at=clock.frozen_at,
        next_ids=site.next_ids,
        tokens=site.tokens.first_seen_at,
        webhooks_enabled=site.webhooks_enabled,
        referral_codes=site.referral_codes,
        generated=site.rows.recipe if site.rows else None,
        removed={name: _removed(getattr(site, name)) for name in LAZY},
        events=site.events,
        **{name: list(changed_rows(getattr(site, name))) for name in TABLES},
    )


def restore(site: Site, state: SiteState) -> None:
    """Fills a fresh site; the clock is its owner's affair."""
    site.next_ids.update(state.next_ids)
    site.tokens.first_seen_at.update(state.tokens)
    site.webhooks_enabled = state.webhooks_enabled
    site.referral_codes.update(state.referral_codes)
    site.events.extend(state.events)
    for name in TABLES:
        table = getattr(site, name)
        for record in getattr(state, name):
            table[record.id] = record
        if isinstance(table, LazyTable):
            table.removed.update(state.removed.get(name, ()))
    site.index()
