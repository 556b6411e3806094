"""The named rules of an app."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from standfast.domain.rules.model import Rule, read_rule
from standfast.store.bodies import packed
from standfast.store.database import Reader, Transaction, upserting
from standfast.store.schema import segments


@dataclass(frozen=True)
class SegmentRow:
    id: str
    app_id: str
    name: str
    rule: Rule
    updated_at: datetime


def save_segment(transaction: Transaction, row: SegmentRow) -> None:
    values = {"name": row.name, "rule": packed(row.rule), "updated_at": row.updated_at}
    statement = upserting(transaction, segments).values(id=row.id, app_id=row.app_id, **values)
    transaction.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_=values, where=segments.c.app_id == row.app_id
        )
    )


def find_segment(reader: Reader, app_id: str, segment_id: str) -> SegmentRow | None:
    query = select(segments).where(segments.c.id == segment_id, segments.c.app_id == app_id)
    found = reader.connection.execute(query).one_or_none()
    return _row(found) if found else None


def list_segments(reader: Reader, app_id: str) -> tuple[SegmentRow, ...]:
    query = select(segments).where(segments.c.app_id == app_id).order_by(segments.c.id)
    return tuple(_row(found) for found in reader.connection.execute(query))


def _row(found: Row[Any]) -> SegmentRow:
    return SegmentRow(
        id=found.id,
        app_id=found.app_id,
        name=found.name,
        rule=read_rule(found.rule),
        updated_at=found.updated_at,
    )
