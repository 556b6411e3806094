"""Every change made in the console: who, when, where, what, before and after."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, or_, select

from standfast.domain.attempt_chain import body_digest
from standfast.store.database import Reader, Transaction
from standfast.store.schema_operators import audit_entries


@dataclass(frozen=True)
class AuditRow:
    """`deed` is "noun.what_happened"; `before` and `after` hold what changed, without secrets.

    `reason` is why, where one was asked for; `visitor` whose data these three hold, if anybody's.
    Once erased, `before` and `after` are None and `digest` alone stands for them.
    """

    id: str
    at: datetime
    actor_id: str
    actor_name: str
    app_id: str | None
    deed: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str = ""
    visitor: str | None = None
    salt: str = field(default="", compare=False)
    digest: str = field(default="", compare=False)


@dataclass(frozen=True)
class AuditFilter:
    """Empty texts filter nothing. With an `app_id` only that app's entries are seen."""

    app_id: str | None = None
    actor_id: str = ""
    noun: str = ""
    """The first word of a deed: "app", "api_key"."""
    since: datetime | None = None
    until: datetime | None = None


_COLUMNS = tuple(audit_entries.c[one.name] for one in fields(AuditRow))


def add_entry(transaction: Transaction, row: AuditRow) -> None:
    salt = secrets.token_hex(16)
    transaction.connection.execute(
        insert(audit_entries).values(
            id=row.id,
            at=row.at,
            actor_id=row.actor_id,
            actor_name=row.actor_name,
            app_id=row.app_id,
            deed=row.deed,
            subject=row.subject,
            before=row.before,
            after=row.after,
            reason=row.reason,
            visitor=row.visitor,
            salt=salt,
            digest=digest_of(row, salt),
            is_sealed=False,
        )
    )


def digest_of(row: AuditRow, salt: str) -> str:
    """What stands for the entry in the sealed chain, also when what changed is erased."""
    content = {"before": row.before, "after": row.after, "reason": row.reason}
    who = [row.id, row.actor_id, row.actor_name, row.app_id, row.deed, row.subject]
    return body_digest({"who": who, "digest": body_digest(content, salt)}, "")


def digest_of_row(row: Mapping[str, Any]) -> str | None:
    """As `digest_of`, of an entry in its columns' own form; None when it cannot be read."""
    try:
        content = {name: msgspec.json.decode(row[name]) for name in ("before", "after")}
    except msgspec.DecodeError:
        return None
    told = {name: value for name, value in row.items() if name != "is_sealed"}
    return digest_of(AuditRow(**{**told, **content}), row["salt"])


def list_entries(
    reader: Reader, chosen: AuditFilter, *, offset: int, limit: int
) -> tuple[AuditRow, ...]:
    """Newest first."""
    query = select(*_COLUMNS).order_by(audit_entries.c.at.desc(), audit_entries.c.id.desc())
    if chosen.app_id is not None:
        query = query.where(audit_entries.c.app_id == chosen.app_id)
    if chosen.actor_id:
        query = query.where(audit_entries.c.actor_id == chosen.actor_id)
    if chosen.noun:
        query = query.where(audit_entries.c.deed.startswith(f"{chosen.noun}.", autoescape=True))
    if chosen.since is not None:
        query = query.where(audit_entries.c.at >= chosen.since)
    if chosen.until is not None:
        query = query.where(audit_entries.c.at < chosen.until)
    rows = reader.connection.execute(query.offset(offset).limit(limit)).mappings()
    return tuple(AuditRow(**row) for row in rows)


def list_entries_about(
    reader: Reader, app_id: str, visitor: str, subjects: Collection[str]
) -> tuple[AuditRow, ...]:
    """The entries that hold this visitor's data or are about one of these, the oldest first."""
    about = or_(audit_entries.c.visitor == visitor, audit_entries.c.subject.in_(sorted(subjects)))
    rows = reader.connection.execute(
        select(*_COLUMNS)
        .where(audit_entries.c.app_id == app_id, about)
        .order_by(audit_entries.c.at, audit_entries.c.id)
    )
    return tuple(AuditRow(**row) for row in rows.mappings())


def list_actors(reader: Reader, app_id: str | None) -> tuple[tuple[str, str], ...]:
    """(id, name) of everybody who changed something, for a filter."""
    query = select(audit_entries.c.actor_id, audit_entries.c.actor_name).distinct()
    if app_id is not None:
        query = query.where(audit_entries.c.app_id == app_id)
    found = {row.actor_id: row.actor_name for row in reader.connection.execute(query)}
    return tuple(sorted(found.items(), key=lambda pair: (pair[1].lower(), pair[0])))
