"""Gathers everything a decision is made from, in two short reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from standfast.connectors.registry import Registry
from standfast.contract.actions import Refused
from standfast.contract.catalogue import CatalogueItem, ItemKind, Money
from standfast.contract.connector import Connector, ConnectorSpec
from standfast.contract.records import CustomerBilling
from standfast.domain.gates import Situation
from standfast.domain.offer import Biller, settled_parameters
from standfast.domain.prompt import AttachedAction
from standfast.domain.request import DecideRequest, read_page
from standfast.domain.rules.facts import Facts, FactValue, prompt_facts, record_facts
from standfast.domain.snapshot import CompiledPrompt, CompiledSnapshot
from standfast.domain.visitor import Identity, VisitorState
from standfast.services.limits_in_use import LimitsInUse
from standfast.services.read_visitor import (
    Connected,
    connected_billers,
    find_visitor_state,
    holds_of,
)
from standfast.store.billing import find_billing
from standfast.store.catalogue import find_items, list_items
from standfast.store.connections import ConnectionRow
from standfast.store.database import Database, Reader

Items = Mapping[tuple[ItemKind, str], CatalogueItem]

ITEMS_KEPT = timedelta(seconds=1)


@dataclass(frozen=True)
class _Judge:
    """A connector's judgement with its catalogue and the moment bound."""

    connector: Connector
    items: Items
    now: datetime

    def __call__(
        self, action: str, parameters: Mapping[str, str], *, billing: CustomerBilling
    ) -> Refused | None:
        return self.connector.obstacle(
            action, parameters, billing=billing, items=self.items, now=self.now
        )


@dataclass(frozen=True)
class _Cost:
    """A connector's word on a discount with its catalogue bound."""

    connector: Connector
    items: Items

    def __call__(
        self, action: str, parameters: Mapping[str, str], *, billing: CustomerBilling | None
    ) -> Money | Refused | None:
        return self.connector.discount(action, parameters, billing=billing, items=self.items)


class Situations:
    """Reads what is known at a moment. Catalogue items and counters may be a second old."""

    def __init__(self, database: Database, registry: Registry) -> None:
        self._database = database
        self._registry = registry
        self._items: dict[tuple[str, str], tuple[datetime, Items]] = {}
        self._limits = LimitsInUse()

    def read(
        self,
        identity: Identity,
        request: DecideRequest,
        snapshot: CompiledSnapshot,
        now: datetime,
        *,
        actions: Iterable[AttachedAction] | None = None,
        others: tuple[CompiledPrompt, ...] = (),
    ) -> Situation:
        """`actions`: judge these only, with the catalogue read afresh; else the snapshot's.

        `others`: prompts outside the snapshot whose limits are judged too.
        """
        has_budget = any(one.body.limits.budget for one in (*snapshot.limited, *others))
        with self._database.reading() as core, self._database.reading_mirror() as mirror:
            connected = connected_billers(core, self._registry, identity.app_id)
            visitor = find_visitor_state(core, mirror, identity, connected)
            billers = {
                row.connector: self._biller(
                    core,
                    mirror,
                    visitor,
                    (row, connector),
                    items=self._items_of(mirror, row, connector, snapshot, now, actions),
                    now=now,
                    has_budget=has_budget,
                )
                for row, connector in connected
            }
            limits = self._limits.read(
                core,
                snapshot,
                now,
                customers=(visitor.visitor, *_lanes(connected, billers)),
                is_fresh=actions is not None,
                others=others,
            )
        return Situation(
            snapshot=snapshot,
            visitor=visitor,
            facts=_facts(visitor, request, billers),
            request=request,
            page=read_page(request.page),
            billers=billers,
            now=now,
            limits=limits,
        )

    def _items_of(
        self,
        mirror: Reader,
        row: ConnectionRow,
        connector: Connector,
        snapshot: CompiledSnapshot,
        now: datetime,
        actions: Iterable[AttachedAction] | None,
    ) -> Items:
        if actions is not None:
            return items_named(mirror, row, connector.spec, actions)
        key = (row.id, snapshot.hash)
        known = self._items.get(key)
        if known is not None and timedelta() <= now - known[0] < ITEMS_KEPT:
            return known[1]
        wanted = (action for prompt in snapshot.prompts for action in prompt.body.actions())
        items = items_named(mirror, row, connector.spec, wanted)
        # One entry per connection: an older snapshot's items are of no more use.
        self._items = {k: v for k, v in self._items.items() if k[0] != row.id} | {key: (now, items)}
        return items

    def _biller(
        self,
        core: Reader,
        mirror: Reader,
        visitor: VisitorState,
        connected: tuple[ConnectionRow, Connector],
        *,
        items: Items,
        now: datetime,
        has_budget: bool,
    ) -> Biller:
        row, connector = connected
        billing_id = visitor.billing_ids.get(connector.spec.trait)
        malformed, billing = None, None
        if billing_id is not None:
            malformed = connector.malformed_billing_id(row.settings, billing_id.value)
        if billing_id is not None and malformed is None:
            billing = find_billing(core, mirror, row, billing_id.value, holds=holds_of(row))
        if has_budget and billing is not None:
            items = {**items, **_paid_prices(mirror, row, billing)}
        return Biller(
            connector=row.connector,
            title=connector.spec.title,
            trait=connector.spec.trait,
            trouble=trouble_of(row),
            billing_id=billing_id,
            malformed=malformed,
            billing=billing,
            obstacle=_Judge(connector, items, now),
            currency=row.site.currency,
            discount=_Cost(connector, items),
        )


def _paid_prices(mirror: Reader, row: ConnectionRow, billing: CustomerBilling) -> Items:
    """The price points of what the customer has: how often its price is charged."""
    ids = {one.price_point_external_id for one in billing.records} - {None}
    return find_items(mirror, row.id, {(ItemKind.PRICE_POINT, one) for one in ids if one})


def _lanes(connected: Connected, billers: Mapping[str, Biller]) -> Iterable[str]:
    """Who the visitor is at each site."""
    for row, _ in connected:
        billing_id = billers[row.connector].billing_id
        if billing_id is not None:
            yield row.lane(billing_id.value)


def trouble_of(row: ConnectionRow) -> str | None:
    """Why a connection cannot be used now, or None."""
    if not row.is_active:
        return f"The connection to {row.connector} is switched off."
    if not row.is_usable:
        return f"The connection to {row.connector} is broken: {row.health_detail}"
    return None


def item_keys(actions: Iterable[AttachedAction], spec: ConnectorSpec) -> set[tuple[ItemKind, str]]:
    """The catalogue items these actions name, as (kind, parameter value)."""
    kinds = {str(kind) for kind in ItemKind}
    keys: set[tuple[ItemKind, str]] = set()
    for action in actions:
        known = spec.action(action.action) if action.connector == spec.key else None
        for parameter in known.parameters if known else ():
            value = settled_parameters(action.parameters).get(parameter.key)
            if value and parameter.kind in kinds:
                keys.add((ItemKind(parameter.kind), value))
    return keys


def items_named(
    mirror: Reader, row: ConnectionRow, spec: ConnectorSpec, actions: Iterable[AttachedAction]
) -> Items:
    """What the actions name; with a coupon every plan too, as it may not fit the one they have."""
    keys = item_keys(actions, spec)
    items = find_items(mirror, row.id, keys)
    if any(kind is ItemKind.COUPON for kind, _ in keys):
        plans = list_items(mirror, row.id, ItemKind.PLAN, with_retired=True)
        items |= {(ItemKind.PLAN, plan.external_id): plan for plan in plans}
    return items


def _facts(visitor: VisitorState, request: DecideRequest, billers: Mapping[str, Biller]) -> Facts:
    page: dict[str, FactValue] = {
        **request.traits,
        "path": read_page(request.page).path,
        "device": request.device or None,
        "language": request.language or None,
        "time_zone": request.time_zone or None,
    }
    records = [
        record_facts(record)
        for biller in billers.values()
        if biller.billing is not None
        for record in biller.billing.records
    ]
    return Facts(
        traits=visitor.traits,
        page=page,
        prompts=prompt_facts(visitor.history),
        subscriptions=records,
    )
