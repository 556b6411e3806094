"""Looks at a prompt with the eyes of the billing system before anybody sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from standfast.connectors.registry import Registry
from standfast.contract.actions import Refused
from standfast.contract.catalogue import CatalogueItem, ItemKind, Money, PricePoint
from standfast.contract.connector import Connector
from standfast.domain.pinning import pin_prices
from standfast.domain.preflight import Finding, PreflightBiller, preflight
from standfast.domain.prompt import PromptBody
from standfast.services.read_situation import item_keys, trouble_of
from standfast.services.read_visitor import Connected, connected_billers
from standfast.store.catalogue import find_items, list_items
from standfast.store.database import Reader
from standfast.store.segments import list_segments


@dataclass(frozen=True)
class Checked:
    """The body with its prices pinned, and what is wrong with it."""

    body: PromptBody
    findings: tuple[Finding, ...]

    @property
    def is_blocked(self) -> bool:
        return any(one.blocks for one in self.findings)


@dataclass(frozen=True)
class _Judge:
    connector: Connector
    items: Mapping[tuple[ItemKind, str], CatalogueItem]
    now: datetime

    def __call__(self, action: str, parameters: Mapping[str, str]) -> Refused | None:
        return self.connector.obstacle(
            action, parameters, billing=None, items=self.items, now=self.now
        )


@dataclass(frozen=True)
class _Cost:
    connector: Connector
    items: Mapping[tuple[ItemKind, str], CatalogueItem]

    def __call__(self, action: str, parameters: Mapping[str, str]) -> Money | Refused | None:
        return self.connector.discount(action, parameters, billing=None, items=self.items)


def check_prompt(
    core: Reader, mirror: Reader, registry: Registry, app_id: str, body: PromptBody, now: datetime
) -> Checked:
    """Pins the prices, then looks at everything a visitor would get."""
    connected = connected_billers(core, registry, app_id)
    pinned = _pinned(mirror, connected, body)
    billers: dict[str, PreflightBiller] = {}
    for row, connector in connected:
        items = find_items(mirror, row.id, item_keys(pinned.actions(), connector.spec))
        billers[row.connector] = PreflightBiller(
            spec=connector.spec,
            trouble=trouble_of(row),
            items=items,
            obstacle=_Judge(connector, items, now),
            currency=row.site.currency,
            discount=_Cost(connector, items),
        )
    segments = {row.id for row in list_segments(core, app_id)}
    return Checked(pinned, preflight(pinned, segments=segments, billers=billers, now=now))


def _pinned(mirror: Reader, connected: Connected, body: PromptBody) -> PromptBody:
    if not body.actions():
        return body
    prices = {
        (row.connector, item.plan_external_id): item.external_id
        for row, _ in connected
        for item in list_items(mirror, row.id, ItemKind.PRICE_POINT)
        if isinstance(item, PricePoint) and item.is_default
    }
    specs = {row.connector: connector.spec for row, connector in connected}
    return pin_prices(body, specs, lambda connector, plan: prices.get((connector, plan)))
