"""Segments as their pages show them: who is in them, which prompts use them, what can be asked."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from standfast.clock import Clock
from standfast.connectors.registry import Registry
from standfast.domain.interaction import visitor_key
from standfast.domain.prompt import PromptStatus
from standfast.domain.roles import Permission
from standfast.domain.rules.compile import compile_rule
from standfast.domain.rules.facts import PROMPT, Facts, FactValue, prompt_facts, record_facts
from standfast.domain.rules.model import Rule, asks_for_records, traits_of
from standfast.services.errors import NotFound
from standfast.services.permissions import Acting
from standfast.services.read_visitor import Connected, connected_billers, holds_of
from standfast.store.billing import find_billing
from standfast.store.database import Database, Reader
from standfast.store.prompts import list_prompts, list_published
from standfast.store.segments import SegmentRow, find_segment, list_segments
from standfast.store.visitors import VisitorRow, count_visitors, list_history, walk_visitors

PATIENCE_SECONDS = 1.5
SAMPLE = 2_000


@dataclass(frozen=True)
class SegmentCount:
    """`matching` of the `looked_at` visitors; fewer than `visitors` where time ran out."""

    matching: int
    looked_at: int
    visitors: int

    @property
    def is_whole(self) -> bool:
        return self.looked_at >= self.visitors


@dataclass(frozen=True)
class Use:
    """A prompt that names the segment."""

    prompt_id: str
    name: str
    status: PromptStatus


@dataclass(frozen=True)
class SegmentLine:
    row: SegmentRow
    count: SegmentCount
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class KnownTrait:
    """A trait some visitors have; `kind`: text, number, yes_or_no, list."""

    key: str
    kind: str
    example: str


class ReadSegments(Acting):
    """Rules are counted over stored visitors, for at most a second and a half."""

    def __init__(self, database: Database, registry: Registry, clock: Clock) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock

    def names(self, app_id: str) -> dict[str, str]:
        """By id. Raises `Forbidden`."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        with self._database.reading() as reader:
            return {row.id: row.name for row in list_segments(reader, app_id)}

    def list(self, app_id: str) -> tuple[SegmentLine, ...]:
        """By name. Raises `Forbidden`."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        with self._database.reading() as core, self._database.reading_mirror() as mirror:
            rows = sorted(list_segments(core, app_id), key=lambda row: row.name.lower())
            counts = self._count(core, mirror, app_id, {row.id: row.rule for row in rows})
            uses = _uses(core, app_id)
        return tuple(SegmentLine(row, counts[row.id], uses.get(row.id, ())) for row in rows)

    def get(self, app_id: str, segment_id: str) -> tuple[SegmentRow, tuple[Use, ...]]:
        """Raises `Forbidden`, `NotFound`."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        with self._database.reading() as reader:
            row = find_segment(reader, app_id, segment_id)
            if row is None:
                raise NotFound("There is no such segment.", field="segment")
            return row, _uses(reader, app_id).get(segment_id, ())

    def count(self, app_id: str, rule: Rule) -> SegmentCount:
        """How many stored visitors fulfil it; what only a page can say counts as not set."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        with self._database.reading() as core, self._database.reading_mirror() as mirror:
            return self._count(core, mirror, app_id, {"": rule})[""]

    def known_traits(self, app_id: str) -> tuple[KnownTrait, ...]:
        """What the first 2,000 visitors have, the system traits first. Raises `Forbidden`."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        with self._database.reading() as reader:
            connected = connected_billers(reader, self._registry, app_id)
            system = [connector.spec.trait for _, connector in connected]
            kinds: dict[str, Counter[str]] = {}
            examples: dict[str, str] = {}
            for visitor in islice(walk_visitors(reader, app_id), SAMPLE):
                for key, value in visitor.traits.items():
                    kinds.setdefault(key, Counter())[kind_of(value)] += 1
                    examples.setdefault(key, "" if isinstance(value, list) else str(value)[:40])
        found = {key: kind.most_common(1)[0][0] for key, kind in sorted(kinds.items())}
        ordered = dict.fromkeys((*system, *found))
        return tuple(
            KnownTrait(key, found.get(key, "text"), "" if key in system else examples.get(key, ""))
            for key in ordered
        )

    def _count(
        self, core: Reader, mirror: Reader, app_id: str, rules: Mapping[str, Rule]
    ) -> dict[str, SegmentCount]:
        tests = {key: compile_rule(rule) for key, rule in rules.items()}
        matching = dict.fromkeys(rules, 0)
        total, looked_at = count_visitors(core, app_id), 0
        now, deadline = self._clock.now(), time.monotonic() + PATIENCE_SECONDS
        for facts in self._facts(core, mirror, app_id, rules):
            looked_at += 1
            for key, test in tests.items():
                matching[key] += test(facts, now)
            if time.monotonic() > deadline:
                break
        return {key: SegmentCount(found, looked_at, total) for key, found in matching.items()}

    def _facts(
        self, core: Reader, mirror: Reader, app_id: str, rules: Mapping[str, Rule]
    ) -> Iterator[Facts]:
        """What is known of each visitor, read only as far as one of the rules asks."""
        asks = any(asks_for_records(rule) for rule in rules.values())
        remembers = any(
            trait.startswith(PROMPT) for rule in rules.values() for trait in traits_of(rule)
        )
        connected = connected_billers(core, self._registry, app_id) if asks else ()
        for row in walk_visitors(core, app_id) if rules else ():
            prompts: dict[str, FactValue] = {}
            if remembers:
                visitor = visitor_key(user_id=row.user_id, anonymous_id=None)
                prompts = prompt_facts(list_history(core, app_id, visitor))
            records = _records(core, mirror, row, connected)
            yield Facts(traits=row.traits, prompts=prompts, subscriptions=records)


def kind_of(value: object) -> str:
    match value:
        case bool():
            return "yes_or_no"
        case int() | float():
            return "number"
        case list():
            return "list"
        case _:
            return "text"


def _records(
    core: Reader, mirror: Reader, row: VisitorRow, connected: Connected
) -> list[dict[str, FactValue]]:
    found: list[dict[str, FactValue]] = []
    for connection, connector in connected:
        value = row.traits.get(connector.spec.trait)
        if value is None:
            continue
        billing = find_billing(core, mirror, connection, str(value), holds=holds_of(connection))
        found += [record_facts(one) for one in billing.records] if billing else []
    return found


def _uses(reader: Reader, app_id: str) -> dict[str, tuple[Use, ...]]:
    """By segment: the prompts whose published version or draft names it, ended ones left out."""
    bodies = {row.id: version.body for row, version in list_published(reader, app_id)}
    found: dict[str, dict[str, Use]] = {}
    for row in list_prompts(reader, app_id):
        if row.status is PromptStatus.ENDED:
            continue
        for body in (row.draft, bodies.get(row.id, row.draft)):
            for segment in (*body.included_segments, *body.excluded_segments):
                found.setdefault(segment, {})[row.id] = Use(row.id, row.name, row.status)
    return {segment: tuple(uses.values()) for segment, uses in found.items()}
