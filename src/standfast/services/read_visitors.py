"""Visitors as support looks them up: found by id, with all that is known and was done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from standfast.connectors.registry import Registry
from standfast.contract.connector import Connector
from standfast.contract.records import CustomerBilling
from standfast.domain.interaction import visitor_key
from standfast.domain.roles import Permission
from standfast.domain.visitor import BillingId, Identity
from standfast.services.errors import NotFound
from standfast.services.permissions import Acting
from standfast.services.read_visitor import connected_billers, find_billing_id, holds_of
from standfast.store.billing import find_billing
from standfast.store.connections import ConnectionRow
from standfast.store.database import Database, Reader
from standfast.store.interactions import InteractionRow
from standfast.store.prompts import list_prompts
from standfast.store.run_lists import RunFilter, RunLine, list_run_lines
from standfast.store.visitor_batches import list_deeds
from standfast.store.visitors import VisitorRow, count_visitors, find_visitor, search_visitors

PAGE = 50
BATCH = 500
MOST_LOOKED_AT = 20_000


class Having(StrEnum):
    """A filter on one trait."""

    ANY = ""
    HAVE = "have"
    """The visitor has the trait."""
    WITHOUT = "without"
    """The visitor has it not."""
    MATCH = "match"
    """A system trait that leads to a customer."""
    DO_NOT = "do_not"
    """A system trait that leads nowhere."""


@dataclass(frozen=True)
class Search:
    """`after` is the last id of the page before."""

    text: str = ""
    trait: str = ""
    having: Having = Having.ANY
    after: str = ""


@dataclass(frozen=True)
class Found:
    """`next_after` is None on the last page. A page may be short where a filter finds little."""

    visitors: tuple[VisitorRow, ...]
    next_after: str | None
    total: int


@dataclass(frozen=True)
class BillerView:
    """Who the visitor is to one connection. `billing` is None where nobody was found."""

    connector: str
    title: str
    trait: str
    site_name: str
    is_test: bool
    billing_id: BillingId | None
    told_at: datetime | None
    malformed: str | None
    billing: CustomerBilling | None


@dataclass(frozen=True)
class Profile:
    """One visitor. `deeds` and `runs`: the newest hundred, the newest first."""

    visitor: VisitorRow
    billers: tuple[BillerView, ...]
    deeds: tuple[InteractionRow, ...]
    runs: tuple[RunLine, ...]
    prompts: dict[str, str]
    system_traits: frozenset[str]


@dataclass(frozen=True)
class ReadVisitors(Acting):
    database: Database
    registry: Registry

    def search(self, app_id: str, wanted: Search) -> Found:
        """Looks at no more than 20,000 visitors for one page. Raises `Forbidden`."""
        self._allow(Permission.SEE_VISITORS, app_id)
        with self.database.reading() as core, self.database.reading_mirror() as mirror:
            fits = self._filter(core, mirror, app_id, wanted)
            found: list[VisitorRow] = []
            looked_at, last = 0, wanted.after
            for row in _walk(core, app_id, wanted):
                looked_at, last = looked_at + 1, row.user_id
                if fits(row):
                    found.append(row)
                if len(found) == PAGE or looked_at == MOST_LOOKED_AT:
                    break
            is_over = len(found) < PAGE and looked_at < MOST_LOOKED_AT
            is_over = is_over or not search_visitors(core, app_id, wanted.text, after=last, limit=1)
            total = count_visitors(core, app_id)
        return Found(tuple(found), None if is_over else last, total)

    def profile(self, app_id: str, user_id: str) -> Profile:
        """Raises `Forbidden`, `NotFound`."""
        self._allow(Permission.SEE_VISITORS, app_id)
        with self.database.reading() as core, self.database.reading_mirror() as mirror:
            row = find_visitor(core, app_id, user_id)
            if row is None:
                raise NotFound("There is no such visitor.", field="user_id")
            connected = connected_billers(core, self.registry, app_id)
            return Profile(
                visitor=row,
                billers=tuple(_biller(core, mirror, row, *one) for one in connected),
                deeds=list_deeds(core, app_id, visitor_key(user_id=user_id, anonymous_id=None)),
                runs=list_run_lines(core, app_id, RunFilter(user_id=user_id), limit=100),
                prompts={one.id: one.name for one in list_prompts(core, app_id)},
                system_traits=frozenset(one.spec.trait for _, one in connected),
            )

    def _filter(
        self, core: Reader, mirror: Reader, app_id: str, wanted: Search
    ) -> Callable[[VisitorRow], bool]:
        trait = wanted.trait
        if not trait or wanted.having is Having.ANY:
            return lambda _row: True
        if wanted.having is Having.HAVE:
            return lambda row: row.traits.get(trait) is not None
        if wanted.having is Having.WITHOUT:
            return lambda row: row.traits.get(trait) is None
        connected = connected_billers(core, self.registry, app_id)
        owners = [connection for connection, one in connected if one.spec.trait == trait]

        def matches(row: VisitorRow) -> bool:
            value = str(row.traits[trait])
            return any(
                find_billing(core, mirror, one, value, holds=holds_of(one)) is not None
                for one in owners
            )

        is_wanted = wanted.having is Having.MATCH
        return lambda row: row.traits.get(trait) is not None and matches(row) is is_wanted


def _walk(reader: Reader, app_id: str, wanted: Search) -> Iterator[VisitorRow]:
    after = wanted.after
    while True:
        batch = search_visitors(reader, app_id, wanted.text, after=after, limit=BATCH)
        yield from batch
        if len(batch) < BATCH:
            return
        after = batch[-1].user_id


def _biller(
    core: Reader,
    mirror: Reader,
    row: VisitorRow,
    connection: ConnectionRow,
    connector: Connector,
) -> BillerView:
    identity = Identity(row.app_id, row.user_id, None)
    billing_id = find_billing_id(mirror, identity, row, connection, connector)
    malformed, billing = None, None
    if billing_id is not None:
        malformed = connector.malformed_billing_id(connection.settings, billing_id.value)
    if billing_id is not None and malformed is None:
        holds = holds_of(connection)
        billing = find_billing(core, mirror, connection, billing_id.value, holds=holds)
    source = row.sources.get(connector.spec.trait)
    return BillerView(
        connector=connection.connector,
        title=connector.spec.title,
        trait=connector.spec.trait,
        site_name=connection.site.name,
        is_test=connection.site.is_test,
        billing_id=billing_id,
        told_at=source.at if source else None,
        malformed=malformed,
        billing=billing,
    )
