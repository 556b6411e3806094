"""One-time links: a welcome, an invitation, a new password. They stand here as hashes only."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select, update

from standfast.domain.roles import Role
from standfast.store.database import Reader, Transaction
from standfast.store.schema_operators import operator_links


class LinkPurpose(StrEnum):
    WELCOME = "welcome"
    """Makes a company administrator; printed by the server or the command line."""
    INVITATION = "invitation"
    """Gives a role, to a new operator or to one who is signed in."""
    RESET = "reset"
    """Sets an operator's password anew."""


@dataclass(frozen=True)
class LinkRow:
    """`note` says for whom it was made; `app_id` is None where the role is the company's."""

    id: str
    hash: str
    purpose: LinkPurpose
    role: Role | None
    app_id: str | None
    operator_id: str | None
    note: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


def add_link(transaction: Transaction, row: LinkRow) -> None:
    transaction.connection.execute(
        insert(operator_links).values(
            id=row.id,
            hash=row.hash,
            purpose=row.purpose.value,
            role=row.role.value if row.role else None,
            app_id=row.app_id,
            operator_id=row.operator_id,
            note=row.note,
            created_by=row.created_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
            ended_at=row.ended_at,
        )
    )


def find_link_by_hash(reader: Reader, link_hash: str) -> LinkRow | None:
    query = select(operator_links).where(operator_links.c.hash == link_hash)
    found = reader.connection.execute(query).one_or_none()
    return _row(found) if found else None


def find_link(reader: Reader, link_id: str) -> LinkRow | None:
    query = select(operator_links).where(operator_links.c.id == link_id)
    found = reader.connection.execute(query).one_or_none()
    return _row(found) if found else None


def list_open_invitations(
    reader: Reader, app_id: str | None, *, now: datetime
) -> tuple[LinkRow, ...]:
    """Those of this app, or with None those of the company, newest first."""
    is_here = (
        operator_links.c.app_id.is_(None) if app_id is None else operator_links.c.app_id == app_id
    )
    query = (
        select(operator_links)
        .where(
            operator_links.c.purpose == LinkPurpose.INVITATION.value,
            is_here,
            operator_links.c.ended_at.is_(None),
            operator_links.c.expires_at > now,
        )
        .order_by(operator_links.c.created_at.desc())
    )
    return tuple(_row(found) for found in reader.connection.execute(query))


def end_link(transaction: Transaction, link_id: str, *, at: datetime) -> bool:
    """False when it was over already: of two who use a link at once, one gets in."""
    changed = transaction.connection.execute(
        update(operator_links)
        .where(operator_links.c.id == link_id, operator_links.c.ended_at.is_(None))
        .values(ended_at=at)
    )
    return changed.rowcount == 1


def end_links_for(
    transaction: Transaction, purpose: LinkPurpose, operator_id: str | None, *, at: datetime
) -> None:
    """Every open one of this purpose and operator."""
    is_theirs = (
        operator_links.c.operator_id.is_(None)
        if operator_id is None
        else operator_links.c.operator_id == operator_id
    )
    transaction.connection.execute(
        update(operator_links)
        .where(
            operator_links.c.purpose == purpose.value,
            is_theirs,
            operator_links.c.ended_at.is_(None),
        )
        .values(ended_at=at)
    )


def _row(found: Row[Any]) -> LinkRow:
    return LinkRow(
        id=found.id,
        hash=found.hash,
        purpose=LinkPurpose(found.purpose),
        role=Role(found.role) if found.role else None,
        app_id=found.app_id,
        operator_id=found.operator_id,
        note=found.note,
        created_by=found.created_by,
        created_at=found.created_at,
        expires_at=found.expires_at,
        ended_at=found.ended_at,
    )
