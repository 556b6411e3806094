"""A connection as its page shows it: settings without secrets, health, syncs, counts."""

from dataclasses import dataclass

from standfast.connectors.registry import Registry
from standfast.contract.catalogue import CatalogueItem, ItemKind
from standfast.contract.connector import ConnectorSpec
from standfast.domain.roles import Permission
from standfast.domain.stopping import NOTHING_UNDER_WAY, UnderWay, count_under_way
from standfast.services.permissions import Acting
from standfast.store.billing import count_billing
from standfast.store.catalogue import count_items, list_items
from standfast.store.connections import ConnectionRow, find_connection, list_connections
from standfast.store.database import Database
from standfast.store.open_runs import list_open_runs_of_connection
from standfast.store.syncs import SyncRow, What, list_syncs


@dataclass(frozen=True)
class ConnectionView:
    """`row` is None before the connector is configured for the app.

    `under_way`: the changes that switching it off would refuse, or leave to be looked up.
    """

    spec: ConnectorSpec
    row: ConnectionRow | None
    syncs: dict[What, SyncRow]
    counts: dict[str, int]
    under_way: UnderWay = NOTHING_UNDER_WAY


@dataclass(frozen=True)
class Chooseable:
    """What the prompt editor may know of a connection: its name, health and items."""

    spec: ConnectorSpec
    site_name: str
    currency: str
    is_test: bool
    is_usable: bool
    items: dict[ItemKind, tuple[CatalogueItem, ...]]


@dataclass(frozen=True)
class ReadConnection(Acting):
    database: Database
    registry: Registry

    def list(self, app_id: str) -> tuple[ConnectionView, ...]:
        """Every connector that is installed, configured or not. Raises `Forbidden`."""
        return tuple(self.get(app_id, connector.spec.key) for connector in self.registry)

    def get(self, app_id: str, connector: str) -> ConnectionView:
        """Raises `Forbidden`, `ConnectorUnknown`."""
        self._allow(Permission.USE_CONNECTIONS, app_id)
        spec = self.registry.get(connector).spec
        with self.database.reading() as core, self.database.reading_mirror() as mirror:
            row = find_connection(core, app_id, connector)
            if row is None:
                return ConnectionView(spec, None, {}, {})
            counts = {**count_items(mirror, row.id), **count_billing(mirror, row.id)}
            under_way = count_under_way(list_open_runs_of_connection(core, row.id))
            return ConnectionView(spec, row, list_syncs(core, row.id), counts, under_way)

    def items(
        self, app_id: str, connector: str, kind: ItemKind, *, with_retired: bool = False
    ) -> tuple[CatalogueItem, ...]:
        """The catalogue browser and the drop-downs. Raises `Forbidden`."""
        self._allow(Permission.SEE_CATALOGUE, app_id)
        with self.database.reading() as core, self.database.reading_mirror() as mirror:
            row = find_connection(core, app_id, connector)
            return list_items(mirror, row.id, kind, with_retired=with_retired) if row else ()

    def chooseable(self, app_id: str) -> tuple[Chooseable, ...]:
        """The app's connections with all that can be chosen. Raises `Forbidden`."""
        self._allow(Permission.SEE_CATALOGUE, app_id)
        with self.database.reading() as core, self.database.reading_mirror() as mirror:
            return tuple(
                Chooseable(
                    spec=self.registry.get(row.connector).spec,
                    site_name=row.site.name,
                    currency=row.site.currency,
                    is_test=row.site.is_test,
                    is_usable=row.is_usable,
                    items={kind: list_items(mirror, row.id, kind) for kind in ItemKind},
                )
                for row in list_connections(core, app_id)
            )
