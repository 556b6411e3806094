"""All we know of a visitor at the moment of a decision."""

from standfast.connectors.registry import Registry
from standfast.contract.connector import Connector
from standfast.domain.visitor import BillingId, BillingIdSource, Identity, TraitValue, VisitorState
from standfast.store.billing import CUSTOMER_ID, CUSTOMER_REFERENCE, find_customer_by_reference
from standfast.store.connections import ConnectionRow, list_connections
from standfast.store.database import Database, Reader
from standfast.store.visitors import VisitorRow, find_visitor, list_history

AUTO_MAP = "auto_map"
HOLDS = "billing_id_holds"

Connected = tuple[tuple[ConnectionRow, Connector], ...]


class ReadVisitor:
    """For services that need the visitor and nothing else."""

    def __init__(self, database: Database, registry: Registry) -> None:
        self._database = database
        self._registry = registry

    def read(self, identity: Identity) -> VisitorState:
        with self._database.reading() as core, self._database.reading_mirror() as mirror:
            connected = connected_billers(core, self._registry, identity.app_id)
            return find_visitor_state(core, mirror, identity, connected)


def connected_billers(core: Reader, registry: Registry, app_id: str) -> Connected:
    """The app's connections with their code; one whose code is not installed is left out."""
    found: list[tuple[ConnectionRow, Connector]] = []
    for row in list_connections(core, app_id):
        connector = registry.find(row.connector)
        if connector is not None:
            found.append((row, connector))
    return tuple(found)


def find_visitor_state(
    core: Reader,
    mirror: Reader,
    identity: Identity,
    connections: Connected,
) -> VisitorState:
    """The stored and the signed facts, merged; the billing ids after precedence.

    Precedence: signed token, then server API and CSV (whichever wrote last), then auto-map.
    """
    row = _find_row(core, identity)
    billing_ids = {
        connector.spec.trait: found
        for connection, connector in connections
        if (found := find_billing_id(mirror, identity, row, connection, connector)) is not None
    }
    traits: dict[str, TraitValue] = {**(row.traits if row else {}), **identity.claims}
    traits.update({trait: one.value for trait, one in billing_ids.items()})
    return VisitorState(
        visitor=identity.visitor,
        user_id=identity.user_id,
        traits=traits,
        billing_ids=billing_ids,
        history=list_history(core, identity.app_id, identity.visitor),
        is_suppressed=row.is_suppressed if row else False,
        is_test=row.is_test if row else False,
    )


def find_billing_id(
    mirror: Reader,
    identity: Identity,
    row: VisitorRow | None,
    connection: ConnectionRow,
    connector: Connector,
) -> BillingId | None:
    """Who this visitor is to the billing system; never for an unsigned visitor."""
    if identity.user_id is None:
        return None
    trait = connector.spec.trait
    signed = identity.billing_ids.get(trait)
    if signed is not None:
        return BillingId(signed, BillingIdSource.TOKEN)
    stored = row.traits.get(trait) if row else None
    if row is not None and stored is not None:
        source = row.sources.get(trait)
        return BillingId(str(stored), source.source if source else BillingIdSource.SERVER)
    return _mapped(mirror, identity.user_id, connection)


def holds_of(connection: ConnectionRow) -> str:
    """What the connection's trait holds: customer_id, subscription_id or customer_reference."""
    return connection.settings.get(HOLDS) or CUSTOMER_ID


def _find_row(core: Reader, identity: Identity) -> VisitorRow | None:
    if identity.user_id is None:
        return None
    return find_visitor(core, identity.app_id, identity.user_id)


def _mapped(mirror: Reader, user_id: str, connection: ConnectionRow) -> BillingId | None:
    """The customer whose reference is the user id. A subscription cannot be found that way."""
    if connection.settings.get(AUTO_MAP) != "yes":
        return None
    customer_id = find_customer_by_reference(mirror, connection.id, user_id)
    if customer_id is None:
        return None
    values = {CUSTOMER_ID: customer_id, CUSTOMER_REFERENCE: user_id}
    value = values.get(holds_of(connection))
    return None if value is None else BillingId(value, BillingIdSource.AUTO_MAP)
