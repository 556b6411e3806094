"""Everything that ever was live, by its hash."""

from datetime import datetime

from sqlalchemy import select

from standfast.domain.snapshot import Snapshot, read_snapshot
from standfast.store.bodies import packed
from standfast.store.database import Reader, Transaction, upserting
from standfast.store.schema import snapshots


def add_snapshot(
    transaction: Transaction, snapshot: Snapshot, *, snapshot_hash: str, at: datetime
) -> None:
    """Adding the same contents again changes nothing."""
    transaction.connection.execute(
        upserting(transaction, snapshots)
        .values(hash=snapshot_hash, app_id=snapshot.app_id, body=packed(snapshot), created_at=at)
        .on_conflict_do_nothing(index_elements=["hash"])
    )


def find_snapshot(reader: Reader, app_id: str, snapshot_hash: str) -> Snapshot | None:
    body = reader.connection.execute(
        select(snapshots.c.body).where(
            snapshots.c.hash == snapshot_hash, snapshots.c.app_id == app_id
        )
    ).scalar()
    return None if body is None else read_snapshot(body)
