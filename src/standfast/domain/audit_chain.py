"""One chain over everything that is finished: each seal carries the hash of the one before it.

A seal stands for a finished run or for a change made in the console. What it says of them are
digests, salted where a person's data went in, so that erasing the data leaves the chain whole.
The formats here are for ever: a seal that was made once is verified by every later version.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from standfast.domain.attempt_chain import Entry, first_broken
from standfast.domain.hashing import microseconds

FORM = "standfast seal 1"
"""Stands in front of everything a seal's hash covers."""

_HASH = re.compile(r"[0-9a-fA-F]{64}")

RUNS, INTERACTIONS, VERSIONS, ATTEMPTS, DEEDS, SEALS = (
    "action_runs",
    "interactions",
    "prompt_versions",
    "action_attempts",
    "audit_entries",
    "seals",
)
SHOWN = (INTERACTIONS, VERSIONS)
"""What was there before a run began, and stays as it was."""

Row = Mapping[str, Any]
"""A row in its columns' own form: texts, whole numbers, true, false and null."""


class SealKind(StrEnum):
    """What a seal stands for."""

    RUN = "run"
    """A finished run; `digest` is the end of its journal."""
    DEED = "deed"
    """A change made in the console; `digest` is the entry's."""


class Seal(msgspec.Struct, frozen=True):
    """One link. `facts`: by table, the salted digest of the row as it stood.

    `is_erasure`: made when the data of its subject was erased; it stands for what is left.
    """

    n: int
    at: datetime
    kind: SealKind
    subject: str
    digest: str
    facts: dict[str, str]
    is_erasure: bool
    key_id: str
    previous_hash: str
    hash: str = ""
    signature: str = ""


@dataclass(frozen=True)
class Head:
    """The chain's end, short enough to be noted elsewhere: "12:3f6a…"."""

    n: int
    hash: str

    def __str__(self) -> str:
        return f"{self.n}:{self.hash}"


BEGINNING = Head(0, "")
"""Before the first seal."""


@dataclass(frozen=True)
class Flaw:
    """One row that is not what was sealed."""

    table: str
    row: str
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.what}"


@dataclass(frozen=True)
class RunRows:
    """A run with what was shown before it; a row that is not there is None."""

    run: Row
    interaction: Row | None
    version: Row | None
    entries: Sequence[Entry] = field(default=())

    def texts(self) -> dict[str, str]:
        """By table, what its digest is made of."""
        run = {name: value for name, value in self.run.items() if name != "sealed_hash"}
        rows = {RUNS: run, INTERACTIONS: self.interaction, VERSIONS: self.version}
        return {table: canonical(row) for table, row in rows.items() if row is not None}


def canonical(row: Row) -> str:
    """The row as JSON with sorted keys and no spaces."""
    return msgspec.json.encode(dict(row), order="sorted").decode()


def fact_digest(text: str, salt: str) -> str:
    """SHA-256 over salt, line feed and text, as 64 hex characters."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def digests_of(texts: Mapping[str, str], salt: str) -> dict[str, str]:
    """A prompt's version is nobody's data: its digest carries no salt and so outlives erasures."""
    return {
        table: fact_digest(text, "" if table == VERSIONS else salt) for table, text in texts.items()
    }


def link(seal: Seal) -> Seal:
    """The seal with its hash over everything else it says but the signature."""
    return msgspec.structs.replace(seal, hash=hash_of(seal))


def hash_of(seal: Seal) -> str:
    """SHA-256 of the JSON list below, as 64 hex characters."""
    said = (
        FORM,
        seal.n,
        microseconds(seal.at),
        seal.kind,
        seal.subject,
        seal.digest,
        dict(sorted(seal.facts.items())),
        seal.is_erasure,
        seal.key_id,
        seal.previous_hash,
    )
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def flaw_of_link(seal: Seal, before: Head) -> Flaw | None:
    """Whether it follows from the one before it and says what its hash was made of."""
    name = str(seal.n)
    if seal.n != before.n + 1:
        return Flaw(SEALS, str(before.n + 1), f"n: it is gone; after {before.n} comes {seal.n}")
    if seal.previous_hash != before.hash:
        return Flaw(SEALS, name, f"previous_hash: it is not the hash of seal {before.n}")
    if seal.hash != hash_of(seal):
        return Flaw(SEALS, name, "hash: the seal does not say what its hash was made of")
    return None


def flaw_of_journal(rows: RunRows) -> Flaw | None:
    """Whether each line follows from the one before it, and the run knows the last of them."""
    run_id, entries = rows.run["id"], rows.entries
    broken = first_broken(list(entries))
    if broken is not None:
        return Flaw(ATTEMPTS, f"{run_id} line {broken.n}", _journal_told(entries, broken))
    last = entries[-1] if entries else None
    if rows.run["entries"] != len(entries):
        told = f"entries: the run counts {rows.run['entries']} lines, its journal has "
        return Flaw(RUNS, run_id, f"{told}{len(entries)}")
    if rows.run["last_hash"] != (last.hash if last else ""):
        return Flaw(RUNS, run_id, "last_hash: it is not the hash of the journal's last line")
    return None


def _journal_told(entries: Sequence[Entry], broken: Entry) -> str:
    n = next(place for place, one in enumerate(entries, start=1) if one is broken)
    if broken.n != n:
        return f"n: line {n} is gone"
    if broken.previous_hash != (entries[n - 2].hash if n > 1 else ""):
        return "previous_hash: it is not the hash of the line before"
    return "it does not say what its hash was made of"


def flaw_of_run(seal: Seal, rows: RunRows | None, newest: Seal) -> Flaw | None:
    """Whether a sealed run is what its seals say; only the newest tells how it stands now."""
    if rows is None:
        return Flaw(RUNS, seal.subject, f"id: the run of seal {seal.n} is gone")
    flaw = flaw_of_journal(rows)
    if flaw is not None:
        return flaw
    if all(one.hash != seal.digest for one in rows.entries):
        told = f"hash: the journal no longer holds the line that seal {seal.n} was made over"
        return Flaw(ATTEMPTS, seal.subject, told)
    return _flaw_of_newest(seal, rows) if seal.n == newest.n else None


def _flaw_of_newest(seal: Seal, rows: RunRows) -> Flaw | None:
    run = rows.run
    bare = next((one for one in rows.entries if one.body is None or not one.salt), None)
    if bare is not None and not seal.is_erasure:
        told = "body: it is gone, and no erasure was sealed"
        return Flaw(ATTEMPTS, f"{run['id']} line {bare.n}", told)
    if run["sealed_hash"] != seal.digest:
        return Flaw(RUNS, run["id"], f"sealed_hash: it is not what seal {seal.n} was made over")
    if run["last_hash"] != seal.digest:  # it has gone on since and will be sealed again
        return _flaw_of_facts(seal, rows, tables=SHOWN)
    if run["finished_at"] is None:
        return Flaw(RUNS, run["id"], f"finished_at: it was finished when seal {seal.n} was made")
    return _flaw_of_facts(seal, rows, tables=(RUNS, *SHOWN))


def shows_otherwise(before: Seal, facts: Mapping[str, str], salt: str) -> bool:
    """Whether a run that is to be sealed again was clicked on something else than before.

    A run may go on after it was sealed; what was shown and clicked never does.
    """
    is_comparable = before.is_erasure is not bool(salt)
    return is_comparable and any(before.facts.get(one) != facts.get(one) for one in SHOWN)


def _flaw_of_facts(seal: Seal, rows: RunRows, *, tables: Sequence[str]) -> Flaw | None:
    found = digests_of(rows.texts(), rows.entries[0].salt)
    names = {RUNS: rows.run["id"], INTERACTIONS: rows.run["interaction_id"], VERSIONS: ""}
    if rows.interaction is not None:
        shown = rows.interaction
        names[VERSIONS] = f"{shown['prompt_id']} version {shown['version']}"
    for table in tables:
        if found.get(table) != seal.facts.get(table):
            return Flaw(table, names[table], _facts_told(table, rows, seal))
    return None


def _facts_told(table: str, rows: RunRows, seal: Seal) -> str:
    if table == RUNS:
        differing = ", ".join([*contradictions(rows), *_other_state(rows)])
        if differing:
            return f"{differing}: the journal says otherwise, and so does seal {seal.n}"
    if table not in rows.texts():
        return f"the row that seal {seal.n} was made over is gone"
    return f"the row is not what seal {seal.n} was made over"


def contradictions(rows: RunRows) -> list[str]:
    """Columns of the run that its journal tells otherwise; an erased one tells of none."""
    if not rows.entries:
        return []
    created = rows.entries[0].said
    told = {name: created[name] for name in ("action", "billing_id", "user_id") if name in created}
    if "parameters" in created:
        told["parameters"] = msgspec.json.encode(created["parameters"], order="sorted").decode()
    return [name for name, value in told.items() if rows.run[name] != value]


def _other_state(rows: RunRows) -> list[str]:
    """Of a finished run: a worker that came back too late tells the state it believed in."""
    lines = [one for one in rows.entries if one.kind != "stale"]
    return ["state"] if lines and lines[-1].state != rows.run["state"] else []


def flaw_of_deed(seal: Seal, row: Row | None, newest: Seal) -> Flaw | None:
    """Whether a sealed change is what its seal says."""
    if row is None:
        return Flaw(DEEDS, seal.subject, f"id: the entry of seal {seal.n} is gone")
    if seal.n != newest.n:
        if newest.is_erasure:
            return None
        return Flaw(DEEDS, seal.subject, f"it was sealed twice, as {seal.n} and {newest.n}")
    if not row["salt"] and not seal.is_erasure:
        return Flaw(DEEDS, seal.subject, "salt: it is gone, and no erasure was sealed")
    if not row["is_sealed"]:
        return Flaw(DEEDS, seal.subject, f"is_sealed: seal {seal.n} says otherwise")
    if row["digest"] != seal.digest:
        return Flaw(DEEDS, seal.subject, f"digest: seal {seal.n} says otherwise")
    if digests_of(deed_texts(row), row["salt"]) != seal.facts:
        return Flaw(DEEDS, seal.subject, f"the entry is not what seal {seal.n} was made over")
    return None


def deed_texts(row: Row) -> dict[str, str]:
    """What the digest of an entry is made of: all but what the sealing itself writes."""
    kept = {name: value for name, value in row.items() if name not in {"salt", "is_sealed"}}
    return {DEEDS: canonical(kept)}


def read_head(text: str) -> Head | None:
    """A noted head, "N:HASH"; None when it is not one."""
    number, colon, said = text.strip().partition(":")
    if not colon or not number.isdecimal() or not _HASH.fullmatch(said):
        return None
    return Head(int(number), said.lower())
