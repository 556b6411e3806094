"""The sealed chain: its links, its keys, and what still waits to be linked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import func, literal, null, select, text, union_all, update

from standfast.domain.audit_chain import BEGINNING, Head, Seal, SealKind
from standfast.store.columns import instant, json_text, read_spoilt_instant
from standfast.store.database import Reader, Transaction
from standfast.store.driver import execute
from standfast.store.schema import action_attempts, action_runs
from standfast.store.schema_ledger import seals
from standfast.store.schema_operators import audit_entries

_LOCK = 0x5EA1_C4A1
"""The advisory lock of PostgreSQL under which the chain grows."""

AT_ONCE = 200
"""Rows in one statement: a database takes so many values and no more."""

_COLUMNS = (
    "n", "at", "kind", "subject", "digest", "facts", "is_erasure", "key_id", "previous_hash",
    "hash", "signature",
)  # fmt: skip
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM seals"  # noqa: S608 - our own names


@dataclass(frozen=True)
class Unsealed:
    """What is finished and waits for its seal."""

    kind: SealKind
    subject: str
    at: datetime


class RunMovedOn(Exception):
    """A line was written to a run's journal after its seal was worked out."""


def lock_chain(transaction: Transaction) -> None:
    """Only one transaction lengthens the chain; on SQLite there is only one that writes."""
    if transaction.connection.dialect.name == "postgresql":
        transaction.connection.execute(
            text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK}
        )


# In the very words of the partial indexes, or they are not used.
_IS_RUN_WAITING = text("finished_at IS NOT NULL AND last_hash <> sealed_hash")
_IS_DEED_WAITING = text("NOT is_sealed")


def find_head(reader: Reader) -> Head:
    """The chain's end, or `BEGINNING`."""
    row = reader.connection.execute(
        select(seals.c.n, seals.c.hash).order_by(seals.c.n.desc()).limit(1)
    ).one_or_none()
    return BEGINNING if row is None else Head(row.n, row.hash)


def list_unsealed(reader: Reader, *, limit: int) -> list[Unsealed]:
    """Finished runs whose journal has grown since they were sealed, and new deeds, in order."""
    waiting = union_all(
        select(
            literal(SealKind.RUN.value).label("kind"),
            action_runs.c.id.label("subject"),
            action_runs.c.finished_at.label("at"),
        )
        .where(_IS_RUN_WAITING)
        .order_by(action_runs.c.finished_at)
        .limit(limit)
        .subquery()
        .select(),
        select(
            literal(SealKind.DEED.value).label("kind"),
            audit_entries.c.id.label("subject"),
            audit_entries.c.at.label("at"),
        )
        .where(_IS_DEED_WAITING)
        .order_by(audit_entries.c.at)
        .limit(limit)
        .subquery()
        .select(),
    ).subquery()
    rows = reader.connection.execute(
        select(waiting).order_by(waiting.c.at, waiting.c.kind, waiting.c.subject).limit(limit)
    )
    return [Unsealed(SealKind(row.kind), row.subject, row.at) for row in rows]


def count_unsealed(reader: Reader) -> int:
    runs = select(func.count()).select_from(action_runs)
    deeds = select(func.count()).select_from(audit_entries)
    return sum(
        reader.connection.execute(query).scalar_one()
        for query in (
            runs.where(_IS_RUN_WAITING),
            deeds.where(_IS_DEED_WAITING),
        )
    )


def add_seals(transaction: Transaction, links: Sequence[Seal]) -> None:
    """Lengthen the chain, and mark what is sealed now. Raises `RunMovedOn`: nothing may stay."""
    for first in range(0, len(links), AT_ONCE):
        _add_seals(transaction, links[first : first + AT_ONCE])


def _add_seals(transaction: Transaction, links: Sequence[Seal]) -> None:
    rows = ", ".join([f"({', '.join('?' * len(_COLUMNS))})"] * len(links))
    statement = f"INSERT INTO seals ({', '.join(_COLUMNS)}) VALUES {rows}"  # noqa: S608 - our own names
    execute(transaction.connection, statement, chain.from_iterable(map(_values, links)))
    _mark_runs(transaction, {one.subject: one.digest for one in links if one.kind is SealKind.RUN})
    deeds = [one.subject for one in links if one.kind is SealKind.DEED]
    if deeds:
        transaction.connection.execute(
            update(audit_entries).where(audit_entries.c.id.in_(deeds)).values(is_sealed=True)
        )


def _values(link: Seal) -> tuple[Any, ...]:
    written = msgspec.structs.asdict(link)
    written |= {
        "at": instant(link.at),
        "kind": link.kind.value,
        "facts": json_text(link.facts),
    }
    return tuple(written[name] for name in _COLUMNS)


def _mark_runs(transaction: Transaction, digests: Mapping[str, str]) -> None:
    """By run. Raises `RunMovedOn` when the journal of one no longer ends there."""
    if not digests:
        return
    marks, pairs = ", ".join("?" * len(digests)), ", ".join(["(?, ?)"] * len(digests))
    statement = (
        "UPDATE action_runs SET sealed_hash = last_hash "  # noqa: S608 - our own words
        f"WHERE id IN ({marks}) AND (id, last_hash) IN (VALUES {pairs})"
    )
    values = (*digests, *chain.from_iterable(digests.items()))
    if execute(transaction.connection, statement, values).rowcount != len(digests):
        raise RunMovedOn


def list_seals(reader: Reader, *, after: int = 0, limit: int = 500) -> list[Seal]:
    """In order, from the first after number `after`."""
    statement = f"{_SELECT} WHERE n > ? ORDER BY n LIMIT ?"
    return [_seal(row) for row in execute(reader.connection, statement, (after, limit)).fetchall()]


def find_seal(reader: Reader, n: int) -> Seal | None:
    rows = execute(reader.connection, f"{_SELECT} WHERE n = ?", (n,)).fetchall()
    return _seal(rows[0]) if rows else None


def list_seals_of(reader: Reader, subjects: Sequence[str]) -> list[Seal]:
    """Every seal of these runs and entries, in order."""
    if not subjects:
        return []
    marks = ", ".join("?" * len(subjects))
    statement = f"{_SELECT} WHERE subject IN ({marks}) ORDER BY n"
    return [_seal(row) for row in execute(reader.connection, statement, subjects).fetchall()]


def newest_seals(reader: Reader, subjects: Sequence[str]) -> dict[str, Seal]:
    """By subject."""
    return {one.subject: one for one in list_seals_of(reader, subjects)}


def list_runs_without_seal(reader: Reader, *, after: str, limit: int) -> list[str]:
    """Ids of runs, finished or not, whose journal's end no seal holds."""
    rows = reader.connection.execute(
        select(action_runs.c.id)
        .where(
            action_runs.c.id > after,
            ~select(null())
            .where(seals.c.subject == action_runs.c.id, seals.c.digest == action_runs.c.last_hash)
            .exists(),
        )
        .order_by(action_runs.c.id)
        .limit(limit)
    )
    return [row.id for row in rows]


def list_deeds_without_seal(
    reader: Reader, *, after: str, limit: int
) -> list[tuple[str, datetime]]:
    """(id, at) of changes that no seal holds."""
    rows = reader.connection.execute(
        select(audit_entries.c.id, audit_entries.c.at)
        .where(
            audit_entries.c.id > after,
            ~select(null()).where(seals.c.subject == audit_entries.c.id).exists(),
        )
        .order_by(audit_entries.c.id)
        .limit(limit)
    )
    return [(row.id, row.at) for row in rows]


def find_line_without_run(reader: Reader) -> tuple[str, int] | None:
    """A line of a journal, (run, n), whose run is not there."""
    row = reader.connection.execute(
        select(action_attempts.c.run_id, action_attempts.c.n)
        .where(~select(null()).where(action_runs.c.id == action_attempts.c.run_id).exists())
        .order_by(action_attempts.c.run_id, action_attempts.c.n)
        .limit(1)
    ).one_or_none()
    return (row.run_id, row.n) if row else None


def _seal(row: Sequence[Any]) -> Seal:
    """A link as it stands, also one that somebody has spoilt: its hash will not fit."""
    told: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    told["at"] = read_spoilt_instant(told["at"])
    told["facts"] = _facts(told["facts"])
    told["is_erasure"] = bool(told["is_erasure"])
    return Seal(**told)


def _facts(raw: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(raw, type=dict[str, str])
    except (msgspec.DecodeError, msgspec.ValidationError):
        return {"unreadable": raw}
