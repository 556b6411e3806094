"""The mirror of what can be sold and given."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, or_, select, update

from standfast.contract.catalogue import (
    KIND_OF,
    CatalogueItem,
    Coupon,
    ItemKind,
    Plan,
    PricePoint,
    ReasonCode,
)
from standfast.store.bodies import packed, unpacked
from standfast.store.database import Reader, Transaction
from standfast.store.schema import catalogue_items

TYPE_OF: dict[ItemKind, type[CatalogueItem]] = {kind: type_ for type_, kind in KIND_OF.items()}


def replace_items(
    transaction: Transaction,
    connection_id: str,
    items: Sequence[CatalogueItem],
    *,
    pass_id: str,
) -> None:
    """Write these items as seen by this pass, whatever was there before."""
    keys = [(KIND_OF[type(item)], item.external_id) for item in items]
    for kind in ItemKind:
        ids = [external_id for item_kind, external_id in keys if item_kind is kind]
        transaction.connection.execute(
            delete(catalogue_items).where(
                catalogue_items.c.connection_id == connection_id,
                catalogue_items.c.kind == kind,
                catalogue_items.c.external_id.in_(ids),
            )
        )
    if items:
        transaction.connection.execute(
            insert(catalogue_items),
            [_values(item, connection_id, pass_id) for item in items],
        )


def retire_unseen_items(
    transaction: Transaction, connection_id: str, *, pass_id: str, at: datetime
) -> int:
    """Mark what a finished pass did not see as gone; nothing is deleted."""
    return transaction.connection.execute(
        update(catalogue_items)
        .where(
            catalogue_items.c.connection_id == connection_id,
            catalogue_items.c.pass_id != pass_id,
            catalogue_items.c.retired_at.is_(None),
        )
        .values(retired_at=at)
    ).rowcount


def find_items(
    mirror: Reader, connection_id: str, keys: Iterable[tuple[ItemKind, str]]
) -> dict[tuple[ItemKind, str], CatalogueItem]:
    """Items by (kind, value); the value of a coupon or reason code may be its code or its id.

    An item that disappeared from the billing system has `archived_at` set.
    """
    found: dict[tuple[ItemKind, str], CatalogueItem] = {}
    for kind, value in set(keys):
        item = _find_item(mirror, connection_id, kind, value)
        if item is not None:
            found[kind, value] = item
    return found


def list_items(
    mirror: Reader, connection_id: str, kind: ItemKind, *, with_retired: bool = False
) -> tuple[CatalogueItem, ...]:
    query = select(catalogue_items).where(
        catalogue_items.c.connection_id == connection_id, catalogue_items.c.kind == kind
    )
    if not with_retired:
        query = query.where(catalogue_items.c.retired_at.is_(None))
    rows = mirror.connection.execute(query.order_by(catalogue_items.c.external_id))
    return tuple(_item(row) for row in rows)


def count_items(mirror: Reader, connection_id: str) -> dict[str, int]:
    """How many items of each kind can be chosen now."""
    rows = mirror.connection.execute(
        select(catalogue_items.c.kind, func.count())
        .where(
            catalogue_items.c.connection_id == connection_id,
            catalogue_items.c.retired_at.is_(None),
        )
        .group_by(catalogue_items.c.kind)
    )
    return {row[0]: row[1] for row in rows}


def _find_item(
    mirror: Reader, connection_id: str, kind: ItemKind, value: str
) -> CatalogueItem | None:
    row = mirror.connection.execute(
        select(catalogue_items)
        .where(
            catalogue_items.c.connection_id == connection_id,
            catalogue_items.c.kind == kind,
            or_(
                catalogue_items.c.external_id == value,
                catalogue_items.c.code == value.upper(),
            ),
        )
        # A code can be given again after its coupon was archived: the living one counts.
        .order_by(catalogue_items.c.retired_at.is_not(None), catalogue_items.c.external_id)
        .limit(1)
    ).one_or_none()
    return _item(row) if row else None


def _values(item: CatalogueItem, connection_id: str, pass_id: str) -> dict[str, Any]:
    return {
        "connection_id": connection_id,
        "kind": KIND_OF[type(item)],
        "external_id": item.external_id,
        "code": item.code.upper() if isinstance(item, Coupon | ReasonCode) else None,
        "body": packed(item),
        "pass_id": pass_id,
        "retired_at": None if isinstance(item, ReasonCode) else item.archived_at,
    }


def _item(row: Row[Any]) -> CatalogueItem:
    item = unpacked(row.body, TYPE_OF[ItemKind(row.kind)])
    if isinstance(item, Plan | PricePoint | Coupon) and item.archived_at is None:
        return replace(item, archived_at=row.retired_at)
    return item
