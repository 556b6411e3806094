"""Saves a segment. What is live changes with it, so it tells which prompts it touches."""

from dataclasses import dataclass
from typing import Any

from standfast.clock import Clock
from standfast.domain.roles import Permission
from standfast.domain.rules.model import Rule, RuleInvalid, check_rule, read_rule
from standfast.services.errors import FieldInvalid, NotFound
from standfast.services.ids import new_id
from standfast.services.permissions import Acting
from standfast.services.write_audit import write_audit
from standfast.services.write_snapshot import SHOWN, write_snapshot
from standfast.store.apps import find_app
from standfast.store.bodies import packed
from standfast.store.database import Database, Reader
from standfast.store.prompts import list_published
from standfast.store.segments import SegmentRow, find_segment, save_segment


@dataclass(frozen=True)
class SavedSegment:
    """`touches`: the ids of the prompts now shown or in review that use it."""

    segment: SegmentRow
    touches: tuple[str, ...]


class SaveSegment(Acting):
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def save(
        self, app_id: str, *, name: str, rule: Rule | object, segment_id: str | None = None
    ) -> SavedSegment:
        """Live at once. `rule` may be JSON. Raises `FieldInvalid` naming the field, `NotFound`."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        if not name.strip():
            raise FieldInvalid("Give the segment a name.", field="name")
        checked = _read(rule)
        now = self._clock.now()
        row = SegmentRow(segment_id or new_id("seg"), app_id, name.strip(), checked, now)
        with self._database.writing() as transaction:
            if find_app(transaction, app_id) is None:
                raise NotFound(f"There is no app {app_id}.")
            before = find_segment(transaction, app_id, segment_id) if segment_id else None
            if segment_id is not None and before is None:
                raise NotFound(f"There is no segment {segment_id}.")
            save_segment(transaction, row)
            write_snapshot(transaction, app_id, now=now)
            write_audit(
                transaction, self.actor, "segment.saved", row.name,
                at=now, app_id=app_id, before=_told(before), after=_told(row),
            )  # fmt: skip
            touched = _touched(transaction, app_id, row.id)
        return SavedSegment(row, touched)

    def touches(self, app_id: str, segment_id: str) -> tuple[str, ...]:
        """The prompts a change of this segment would touch, to be named before it is saved."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        with self._database.reading() as reader:
            return _touched(reader, app_id, segment_id)


def _told(row: SegmentRow | None) -> dict[str, Any]:
    return {"name": row.name, "rule": packed(row.rule)} if row else {}


def _read(rule: Rule | object) -> Rule:
    try:
        if isinstance(rule, Rule):
            check_rule(rule)
            return rule
        return read_rule(rule)
    except RuleInvalid as error:
        field = f"rule.{error.path}" if error.path else "rule"
        raise FieldInvalid(error.problem, field=field) from error


def _touched(reader: Reader, app_id: str, segment_id: str) -> tuple[str, ...]:
    return tuple(
        row.id
        for row, version in list_published(reader, app_id)
        if row.status in SHOWN
        and segment_id in (*version.body.included_segments, *version.body.excluded_segments)
    )
