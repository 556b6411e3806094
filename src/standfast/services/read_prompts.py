"""Prompts as their pages show them: the list with numbers, one with its versions and findings."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from standfast.clock import Clock
from standfast.connectors.registry import Registry
from standfast.domain.preflight import ITEM_RETIRED, Finding
from standfast.domain.prompt import PromptBody, PromptStatus
from standfast.domain.roles import Permission
from standfast.services.errors import NotFound
from standfast.services.permissions import Acting
from standfast.services.preflight_prompt import Checked, check_prompt
from standfast.services.read_overview import Tally
from standfast.store.database import Database, Reader
from standfast.store.interaction_counts import count_by_hour
from standfast.store.prompts import (
    PromptRow,
    VersionRow,
    find_prompt,
    list_prompts,
    list_published,
    list_versions,
)
from standfast.store.segments import list_segments

DAYS = timedelta(days=30)
OPEN = frozenset({PromptStatus.REVIEW, PromptStatus.LIVE, PromptStatus.PAUSED})


@dataclass(frozen=True)
class PromptLine:
    """One prompt in the list. `body` is what visitors get, or the draft before that.

    `problems` stand against what is published; `tally` counts the last 30 days.
    """

    row: PromptRow
    body: PromptBody
    segments: tuple[str, ...]
    excluded: tuple[str, ...]
    tally: Tally
    problems: tuple[Finding, ...]

    @property
    def has_retired(self) -> bool:
        return any(one.code == ITEM_RETIRED for one in self.problems)


@dataclass(frozen=True)
class PromptList:
    lines: tuple[PromptLine, ...]

    @property
    def counts(self) -> Mapping[PromptStatus, int]:
        return Counter(one.row.status for one in self.lines)


@dataclass(frozen=True)
class PromptView:
    """One prompt to be edited. `versions`: newest first."""

    row: PromptRow
    versions: tuple[VersionRow, ...]
    findings: tuple[Finding, ...]
    has_changes: bool


class ReadPrompts(Acting):
    def __init__(self, database: Database, registry: Registry, clock: Clock) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock

    def names(self, app_id: str) -> dict[str, str]:
        """By id, ended ones too. Raises `Forbidden`."""
        self._allow(Permission.SEE_REPORTS, app_id)
        with self._database.reading() as reader:
            return {row.id: row.name for row in list_prompts(reader, app_id)}

    def list(self, app_id: str) -> PromptList:
        """Every prompt of the app, the last changed first. Raises `Forbidden`."""
        self._allow(Permission.SEE_REPORTS, app_id)
        with self._database.reading() as reader:
            names = {row.id: row.name for row in list_segments(reader, app_id)}
            bodies = {row.id: version.body for row, version in list_published(reader, app_id)}
            tallies = self._tallies(reader, app_id)
            rows = sorted(
                list_prompts(reader, app_id), key=lambda row: row.updated_at, reverse=True
            )
            return PromptList(
                tuple(
                    self._line(
                        reader,
                        row,
                        bodies.get(row.id, row.draft),
                        names,
                        tallies.get(row.id) or Tally(),
                    )
                    for row in rows
                )
            )

    def get(self, app_id: str, prompt_id: str) -> PromptView:
        """Raises `Forbidden`, `NotFound`."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        with self._database.reading() as reader:
            row = find_prompt(reader, app_id, prompt_id)
            if row is None:
                raise NotFound("There is no such prompt.", field="prompt")
            versions = list_versions(reader, prompt_id)
            checked = self._check(reader, app_id, row.draft)
        changed = not versions or versions[0].body != checked.body
        return PromptView(row, versions, checked.findings, changed)

    def check(self, app_id: str, body: PromptBody) -> tuple[Finding, ...]:
        """What would stand against starting this, saved or not. Raises `Forbidden`."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        with self._database.reading() as reader:
            return self._check(reader, app_id, body).findings

    def _line(
        self,
        reader: Reader,
        row: PromptRow,
        body: PromptBody,
        names: Mapping[str, str],
        tally: Tally,
    ) -> PromptLine:
        is_open = row.status in OPEN
        return PromptLine(
            row=row,
            body=body,
            segments=tuple(names.get(one, one) for one in body.included_segments),
            excluded=tuple(names.get(one, one) for one in body.excluded_segments),
            tally=tally,
            problems=self._check(reader, row.app_id, body).findings if is_open else (),
        )

    def _tallies(self, reader: Reader, app_id: str) -> dict[str, Tally]:
        now = self._clock.now()
        until = now + timedelta(seconds=1)
        tallies: dict[str, Tally] = {}
        for one in count_by_hour(reader, app_id, since=now - DAYS, until=until):
            tallies.setdefault(one.prompt_id, Tally()).add(one)
        return tallies

    def _check(self, core: Reader, app_id: str, body: PromptBody) -> Checked:
        with self._database.reading_mirror() as mirror:
            return check_prompt(core, mirror, self._registry, app_id, body, self._clock.now())
