"""Who is signed in, and how often somebody tried in vain. Tokens stand here as hashes only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from standfast.store.database import Reader, Transaction, upserting
from standfast.store.schema_operators import sessions, sign_in_tries


@dataclass(frozen=True)
class SessionRow:
    hash: str
    operator_id: str
    browser: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class TriesRow:
    """`key` is a hash: what somebody typed as a name may be their password."""

    key: str
    failures: int
    last_at: datetime
    blocked_until: datetime


def add_session(transaction: Transaction, row: SessionRow) -> None:
    transaction.connection.execute(
        insert(sessions).values(
            hash=row.hash,
            operator_id=row.operator_id,
            browser=row.browser,
            created_at=row.created_at,
            seen_at=row.seen_at,
        )
    )


def find_session(reader: Reader, session_hash: str) -> SessionRow | None:
    query = select(sessions).where(sessions.c.hash == session_hash)
    found = reader.connection.execute(query).one_or_none()
    return _session(found) if found else None


def list_sessions(reader: Reader, operator_id: str) -> tuple[SessionRow, ...]:
    query = (
        select(sessions)
        .where(sessions.c.operator_id == operator_id)
        .order_by(sessions.c.seen_at.desc(), sessions.c.hash)
    )
    return tuple(_session(found) for found in reader.connection.execute(query))


def touch_session(transaction: Transaction, session_hash: str, *, at: datetime) -> None:
    transaction.connection.execute(
        update(sessions).where(sessions.c.hash == session_hash).values(seen_at=at)
    )


def end_session(transaction: Transaction, session_hash: str) -> None:
    transaction.connection.execute(delete(sessions).where(sessions.c.hash == session_hash))


def end_sessions_of(
    transaction: Transaction, operator_id: str, *, besides: str | None = None
) -> int:
    """How many there were; the one with the hash `besides` goes on."""
    ended = delete(sessions).where(sessions.c.operator_id == operator_id)
    if besides is not None:
        ended = ended.where(sessions.c.hash != besides)
    return transaction.connection.execute(ended).rowcount


def end_sessions_before(
    transaction: Transaction, *, created_at: datetime, seen_at: datetime
) -> None:
    """Those that are over anyway."""
    transaction.connection.execute(
        delete(sessions).where(
            (sessions.c.created_at < created_at) | (sessions.c.seen_at < seen_at)
        )
    )


def find_tries(reader: Reader, key: str) -> TriesRow | None:
    query = select(sign_in_tries).where(sign_in_tries.c.key == key)
    found = reader.connection.execute(query).one_or_none()
    if found is None:
        return None
    return TriesRow(found.key, found.failures, found.last_at, found.blocked_until)


def save_tries(transaction: Transaction, row: TriesRow) -> None:
    values = {
        "failures": row.failures,
        "last_at": row.last_at,
        "blocked_until": row.blocked_until,
    }
    statement = upserting(transaction, sign_in_tries).values(key=row.key, **values)
    transaction.connection.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_=values)
    )


def forget_tries(transaction: Transaction, key: str) -> None:
    transaction.connection.execute(delete(sign_in_tries).where(sign_in_tries.c.key == key))


def forget_tries_before(transaction: Transaction, last_at: datetime) -> None:
    transaction.connection.execute(delete(sign_in_tries).where(sign_in_tries.c.last_at < last_at))


def _session(found: Row[Any]) -> SessionRow:
    return SessionRow(found.hash, found.operator_id, found.browser, found.created_at, found.seen_at)
