"""How a connection stands, in words: health, syncs, and what somebody should do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from standfast.contract.catalogue import Coupon, ItemKind, Plan
from standfast.services.read_catalogue import Catalogue
from standfast.services.read_connection import ConnectionView
from standfast.store.connections import Health
from standfast.store.syncs import SyncRow, What


@dataclass(frozen=True)
class Standing:
    """`tone` and `sign` are of the badge."""

    label: str
    tone: str
    sign: str


@dataclass(frozen=True)
class Problem:
    """`path` leads to where it is mended; empty where the page itself is the place."""

    title: str
    text: str
    path: str = ""
    link: str = ""
    tone: str = "warn"


@dataclass(frozen=True)
class SyncShown:
    """One kind of pass: `counts` are (label, number) of what is there now."""

    label: str
    row: SyncRow
    is_running: bool
    is_due: bool
    counts: tuple[tuple[str, int], ...]

    @property
    def took(self) -> str:
        seconds = self.row.duration_seconds
        if seconds is None:
            return ""
        if seconds < 1:
            return f"{seconds * 1000:.0f} ms"
        return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


NOT_CONNECTED = Standing("Not connected", "neutral", "plug")
OFF = Standing("Switched off", "neutral", "pause")
BROKEN = Standing("Needs attention", "bad", "alert")
WORKING = Standing("Working", "good", "check")

_SYNCS = {
    What.CATALOGUE: (
        "Catalogue",
        (
            ("plan", "plans"),
            ("price_point", "price points"),
            ("coupon", "coupons"),
            ("reason_code", "reason codes"),
        ),
    ),
    What.RECORDS: (
        "Customers",
        (("customers", "customers"), ("subscriptions", "subscriptions")),
    ),
}


def standing_of(view: ConnectionView) -> Standing:
    if view.row is None:
        return NOT_CONNECTED
    if not view.row.is_active:
        return OFF
    return WORKING if view.row.health is Health.OK else BROKEN


def syncs_of(view: ConnectionView, *, now: datetime) -> tuple[SyncShown, ...]:
    return tuple(
        SyncShown(
            label=label,
            row=view.syncs[what],
            is_running=_is_running(view.syncs[what], now),
            is_due=view.syncs[what].next_at <= now,
            counts=tuple((name, view.counts.get(key, 0)) for key, name in counted),
        )
        for what, (label, counted) in _SYNCS.items()
        if what in view.syncs
    )


def is_under_way(view: ConnectionView, *, now: datetime) -> bool:
    """Whether the page should look again soon. Nothing begins while a connection is off."""
    return any(_is_running(one, now) or one.next_at <= now for one in view.syncs.values())


def _is_running(row: SyncRow, now: datetime) -> bool:
    return row.lease_until is not None and row.lease_until > now


def problems_of(
    view: ConnectionView, catalogue: Catalogue | None, app_path: str
) -> Iterator[Problem]:
    """What is open, the gravest first; each says what to do."""
    row = view.row
    if row is None:
        return
    title = view.spec.title
    if row.health is Health.BROKEN:
        yield Problem(f"{title} does not accept us", row.health_detail, tone="bad")
    if not row.is_active:
        text = "Prompts that change a bill are not shown. Switch the connection on to offer them."
        yield Problem(f"{title} is switched off", text, tone="info")
    for what, sync in view.syncs.items():
        if sync.failures:
            label = _SYNCS[what][0].lower()
            text = f"{sync.error or 'It could not be read.'} It is tried again by itself."
            yield Problem(f"The last sync of the {label} failed", text)
    if catalogue is not None:
        yield from retired_in_use(catalogue, app_path)


def retired_in_use(catalogue: Catalogue, app_path: str) -> Iterator[Problem]:
    """Prompts that name what is sold no more."""
    for kind in (ItemKind.PLAN, ItemKind.COUPON):
        for item in catalogue.items[kind]:
            uses = catalogue.uses_of(kind, item)
            if not isinstance(item, Plan | Coupon) or item.archived_at is None or not uses:
                continue
            name = item.code if isinstance(item, Coupon) else item.name
            prompts = ", ".join(f"“{use.prompt_name}”" for use in uses)
            yield Problem(
                f"{name} is retired, but used by {prompts}",
                f"Choose another {'coupon' if kind is ItemKind.COUPON else 'plan'} there, or end "
                "the prompt.",
                f"{app_path}/prompts/{uses[0].prompt_id}",
                "Open the prompt",
            )
