"""From which pages an app's tag was last heard."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from standfast.store.database import Reader, Transaction, upserting
from standfast.store.schema_operators import tag_sightings

MOST_ORIGINS = 20


@dataclass(frozen=True)
class SightingRow:
    """`is_admitted`: whether the origin was one of the app's domains."""

    app_id: str
    origin: str
    is_admitted: bool
    seen_at: datetime


def save_sighting(transaction: Transaction, row: SightingRow) -> None:
    """Keeps the newest few of each app."""
    values = {"is_admitted": row.is_admitted, "seen_at": row.seen_at}
    statement = upserting(transaction, tag_sightings).values(
        app_id=row.app_id, origin=row.origin, **values
    )
    transaction.connection.execute(
        statement.on_conflict_do_update(index_elements=["app_id", "origin"], set_=values)
    )
    for older in list_sightings(transaction, row.app_id)[MOST_ORIGINS:]:
        transaction.connection.execute(
            delete(tag_sightings).where(
                tag_sightings.c.app_id == older.app_id, tag_sightings.c.origin == older.origin
            )
        )


def list_sightings(reader: Reader, app_id: str) -> tuple[SightingRow, ...]:
    """Those from the app's domains first, then the newest."""
    query = (
        select(tag_sightings)
        .where(tag_sightings.c.app_id == app_id)
        .order_by(tag_sightings.c.is_admitted.desc(), tag_sightings.c.seen_at.desc())
    )
    rows = reader.connection.execute(query).mappings()
    return tuple(SightingRow(**row) for row in rows)
