"""The catalogue browser: plans, coupons and reason codes as the last sync brought them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from litestar import Controller, get
from litestar.di import NamedDependency

from standfast.contract.catalogue import CatalogueItem, Coupon, ItemKind, Plan, PricePoint
from standfast.domain.roles import Permission
from standfast.services.read_catalogue import Catalogue, Use
from standfast.web.console import catalogue_words as words
from standfast.web.console.door import needs
from standfast.web.console.visit import Answer, Visit

KINDS = {
    ItemKind.PLAN: "Plans",
    ItemKind.COUPON: "Coupons",
    ItemKind.REASON_CODE: "Reason codes",
}


@dataclass(frozen=True)
class Shown:
    """One item with its uses. `points` are a plan's prices; `terms` a coupon's."""

    item: CatalogueItem
    uses: tuple[Use, ...]
    points: tuple[PricePoint, ...] = ()
    terms: str = ""
    is_over: bool = False

    @property
    def retired_at(self) -> datetime | None:
        return self.item.archived_at if isinstance(self.item, Plan | PricePoint | Coupon) else None

    @property
    def is_choosable(self) -> bool:
        return self.retired_at is None


class CataloguePages(Controller):
    path = "/apps/{app:str}/catalogue"

    @get("/", opt=needs(Permission.SEE_CATALOGUE), sync_to_thread=True)
    def show(self, visit: NamedDependency[Visit]) -> Answer:
        found = visit.console.catalogue.by(visit.actor).list(visit.app_id)
        chosen = visit.asked("connector")
        catalogue = next((one for one in found if one.spec.key == chosen), next(iter(found), None))
        if catalogue is None:
            return visit.page("catalogue/nothing.html")
        kind, sought = _kind(visit.asked("kind")), visit.asked("q")
        rows = tuple(_rows(catalogue, kind, visit))
        fitting = tuple(one for one in rows if fits(one.item, sought))
        return visit.page(
            "catalogue/catalogue.html",
            catalogue=catalogue,
            others=[one.spec for one in found],
            kind=kind,
            sought=sought,
            tabs=[
                (label, f"{visit.here}?kind={one}", one is kind, _count(catalogue, one))
                for one, label in KINDS.items()
            ],
            present=[one for one in fitting if one.is_choosable],
            retired=[one for one in fitting if not one.is_choosable],
            words=words,
        )


def _kind(text: str) -> ItemKind:
    known = {one.value for one in KINDS}
    return ItemKind(text) if text in known else ItemKind.PLAN


def _count(catalogue: Catalogue, kind: ItemKind) -> int:
    return sum(1 for one in catalogue.items[kind] if getattr(one, "archived_at", None) is None)


def fits(item: CatalogueItem, sought: str) -> bool:
    """Whether every word sought stands in one of the item's texts."""
    texts = (getattr(item, name, None) for name in ("name", "code", "handle", "family_name",
             "description", "external_id"))  # fmt: skip
    said = " ".join(text for text in texts if text).casefold()
    return all(word in said for word in sought.casefold().split())


def _rows(catalogue: Catalogue, kind: ItemKind, visit: Visit) -> Iterator[Shown]:
    items = sorted(catalogue.items[kind], key=_order)
    plans = {one.external_id: one.name for one in _plans(catalogue)}
    points = tuple(
        one for one in catalogue.items[ItemKind.PRICE_POINT] if isinstance(one, PricePoint)
    )
    now = visit.console.clock.now()
    for item in items:
        uses = catalogue.uses_of(kind, item)
        if isinstance(item, Plan):
            yield Shown(item, uses, points=tuple(_points_of(item, points)))
        elif isinstance(item, Coupon):
            is_over = item.ends_at is not None and item.ends_at < now
            terms = words.terms(item, plans, visit.zone)
            yield Shown(item, uses, terms=terms, is_over=is_over)
        else:
            yield Shown(item, uses)


def _plans(catalogue: Catalogue) -> Iterator[Plan]:
    return (one for one in catalogue.items[ItemKind.PLAN] if isinstance(one, Plan))


def _points_of(plan: Plan, points: Iterable[PricePoint]) -> Iterator[PricePoint]:
    """The default first; archived ones only while the plan itself is sold no more."""
    own = [
        one
        for one in points
        if one.plan_external_id == plan.external_id
        and (one.archived_at is None or plan.archived_at is not None)
    ]
    yield from sorted(own, key=lambda one: (not one.is_default, one.price.amount_in_cents))


def _order(item: CatalogueItem) -> tuple[str, int, str]:
    match item:
        case Plan():
            return item.family_name.casefold(), item.price.amount_in_cents, item.name
        case Coupon():
            return item.code, 0, item.name
        case PricePoint():
            return item.name, item.price.amount_in_cents, ""
        case _:
            return "", item.position, item.code
