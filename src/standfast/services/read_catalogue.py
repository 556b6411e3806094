"""What can be sold and given, as the catalogue page shows it: retired items and uses included."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from standfast.connectors.registry import Registry
from standfast.contract.catalogue import CatalogueItem, Coupon, ItemKind, ReasonCode
from standfast.contract.connector import ConnectorSpec
from standfast.domain.prompt import PromptBody, PromptStatus
from standfast.domain.roles import Permission
from standfast.services.permissions import Acting
from standfast.services.read_situation import item_keys
from standfast.store.catalogue import list_items
from standfast.store.connections import list_connections
from standfast.store.database import Database, Reader
from standfast.store.prompts import list_prompts, list_published
from standfast.store.syncs import What, list_syncs


@dataclass(frozen=True)
class Use:
    """A prompt that names an item in its draft or in its newest version."""

    prompt_id: str
    prompt_name: str
    status: PromptStatus


Named = tuple[ItemKind, str]


@dataclass(frozen=True)
class Catalogue:
    """Everything synced of one connection; plans and coupons that are gone too.

    `is_synced`: a pass has once come to its end.
    """

    spec: ConnectorSpec
    site_name: str
    is_test: bool
    currency: str
    is_synced: bool
    items: Mapping[ItemKind, tuple[CatalogueItem, ...]]
    uses: Mapping[Named, tuple[Use, ...]] = field(default_factory=dict[Named, tuple[Use, ...]])

    def uses_of(self, kind: ItemKind, item: CatalogueItem) -> tuple[Use, ...]:
        """A prompt names a coupon or a reason by its code, in any case, or by its id."""
        found = [*self.uses.get((kind, item.external_id.upper()), ())]
        if isinstance(item, Coupon | ReasonCode):
            found += self.uses.get((kind, item.code.upper()), ())
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class ReadCatalogue(Acting):
    database: Database
    registry: Registry

    def list(self, app_id: str) -> tuple[Catalogue, ...]:
        """One for each connection of the app. Raises `Forbidden`, `ConnectorUnknown`."""
        self._allow(Permission.SEE_CATALOGUE, app_id)
        with self.database.reading() as core, self.database.reading_mirror() as mirror:
            bodies = tuple(_bodies(core, app_id))
            return tuple(
                Catalogue(
                    spec=self.registry.get(row.connector).spec,
                    site_name=row.site.name,
                    is_test=row.site.is_test,
                    currency=row.site.currency,
                    is_synced=_is_synced(core, row.id),
                    items={
                        kind: list_items(
                            mirror, row.id, kind, with_retired=kind is not ItemKind.REASON_CODE
                        )
                        for kind in ItemKind
                    },
                    uses=_uses(bodies, self.registry.get(row.connector).spec),
                )
                for row in list_connections(core, app_id)
            )


def _is_synced(core: Reader, connection_id: str) -> bool:
    synced = list_syncs(core, connection_id).get(What.CATALOGUE)
    return synced is not None and synced.succeeded_at is not None


def _bodies(core: Reader, app_id: str) -> Iterator[tuple[Use, PromptBody]]:
    """The drafts and the newest versions of all prompts that are not over."""
    published = {prompt.id: version.body for prompt, version in list_published(core, app_id)}
    for row in list_prompts(core, app_id):
        if row.status is PromptStatus.ENDED:
            continue
        use = Use(row.id, row.name, row.status)
        yield use, row.draft
        if row.id in published:
            yield use, published[row.id]


def _uses(
    bodies: Iterable[tuple[Use, PromptBody]], spec: ConnectorSpec
) -> dict[Named, tuple[Use, ...]]:
    found: dict[Named, dict[Use, None]] = {}
    for use, body in bodies:
        for kind, value in item_keys(body.actions(), spec):
            found.setdefault((kind, value.upper()), {})[use] = None
    return {named: tuple(uses) for named, uses in found.items()}
