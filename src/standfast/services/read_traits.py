"""Which traits visitors have, and how well the system traits match the billing system."""

from collections import Counter
from dataclasses import dataclass

from standfast.connectors.registry import Registry
from standfast.domain.roles import Permission
from standfast.domain.visitor import TraitValue
from standfast.services.permissions import Acting
from standfast.services.read_situation import connected_billers
from standfast.services.read_visitor import holds_of
from standfast.store.billing import find_billing
from standfast.store.database import Database
from standfast.store.visitors import VisitorRow, count_visitors, walk_visitors


@dataclass(frozen=True)
class TraitView:
    """`types` are the kinds of values seen, the most frequent first."""

    key: str
    types: tuple[str, ...]
    visitors: int
    example: str


@dataclass(frozen=True)
class SystemTraitView:
    """How many visitors have it, match a customer, and have it without a match."""

    key: str
    title: str
    have: int
    match: int
    do_not: int
    without: int


@dataclass(frozen=True)
class Traits:
    visitors: int
    system: tuple[SystemTraitView, ...]
    others: tuple[TraitView, ...]


@dataclass(frozen=True)
class ReadTraits(Acting):
    """Walks all visitors of the app: for the traits page, not for a hot path."""

    database: Database
    registry: Registry

    def read(self, app_id: str) -> Traits:
        """Raises `Forbidden`."""
        self._allow(Permission.CHANGE_VISITORS, app_id)
        with self.database.reading() as core, self.database.reading_mirror() as mirror:
            connected = connected_billers(core, self.registry, app_id)
            total = count_visitors(core, app_id)
            have: Counter[str] = Counter()
            match: Counter[str] = Counter()
            seen: dict[str, Counter[str]] = {}
            examples: dict[str, str] = {}
            for visitor in walk_visitors(core, app_id):
                _count(visitor, seen, examples)
                for row, connector in connected:
                    value = visitor.traits.get(connector.spec.trait)
                    if value is None:
                        continue
                    have[connector.spec.trait] += 1
                    found = find_billing(core, mirror, row, str(value), holds=holds_of(row))
                    match[connector.spec.trait] += found is not None
        system = tuple(
            SystemTraitView(
                key=(trait := connector.spec.trait),
                title=connector.spec.title,
                have=have[trait],
                match=match[trait],
                do_not=have[trait] - match[trait],
                without=total - have[trait],
            )
            for _, connector in connected
        )
        hidden = {one.key for one in system}
        others = tuple(
            TraitView(
                key, tuple(kind for kind, _ in kinds.most_common()), kinds.total(), examples[key]
            )
            for key, kinds in sorted(seen.items())
            if key not in hidden
        )
        return Traits(total, system, others)


def _count(visitor: VisitorRow, seen: dict[str, Counter[str]], examples: dict[str, str]) -> None:
    for key, value in visitor.traits.items():
        if value is not None:
            seen.setdefault(key, Counter())[_kind(value)] += 1
            examples.setdefault(key, _told(value)[:60])


def _told(value: TraitValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _kind(value: TraitValue) -> str:
    match value:
        case bool():
            return "yes or no"
        case int() | float():
            return "number"
        case list():
            return "list"
        case _:
            return "text"
