"""Everything that ever was live, by its hash."""

from datetime import datetime

import msgspec
from sqlalchemy import Text, select, type_coerce

from standfast.domain.snapshot import Snapshot, hash_of_canonical, read_snapshot
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


def find_broken_snapshot(reader: Reader) -> str | None:
    """The hash of one whose body is not what the hash was made of."""
    columns = (snapshots.c.hash, type_coerce(snapshots.c.body, Text).label("body"))
    after = ""
    while True:
        query = select(*columns).where(snapshots.c.hash > after).order_by(snapshots.c.hash)
        row = reader.connection.execute(query.limit(1)).one_or_none()
        if row is None:
            return None
        if row.hash != _hash_of(row.body):
            return row.hash
        after = row.hash


def _hash_of(body: str) -> str | None:
    try:
        plain = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return hash_of_canonical(msgspec.json.encode(plain, order="sorted"))
