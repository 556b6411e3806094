"""Each entry of a run's journal carries the hash of the one before it.

The hash covers a salted digest of the body, not the body: a person's data can be erased, and what
is left still follows from what was before it.
"""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from standfast.domain.hashing import microseconds


class EntryKind(StrEnum):
    CREATED = "created"
    """The click wrote the run."""
    INTENT = "intent"
    """What is about to be sent."""
    OUTCOME = "outcome"
    """What came back, and what it means."""
    LOOK_UP = "look_up"
    """What was found after a doubt."""
    RESCUED = "rescued"
    """A worker was lost; another took over."""
    STALE = "stale"
    """A worker that had lost its lease came back; its word changed nothing."""
    CHANGED = "changed"
    """Another event moved the run: the visitor came back, an earlier step failed, a deadline."""
    RECORDED = "recorded"
    """An operator wrote down what they found out, or closed an incident."""


class Entry(msgspec.Struct, frozen=True):
    """One line of a run's journal; `body` is redacted before it gets here, None once erased.

    `salt` keeps an erased body from being guessed from its digest; it is erased with it.
    """

    run_id: str
    n: int
    kind: EntryKind
    fence: int
    state: str
    at: datetime
    body: dict[str, Any] | None
    salt: str
    body_digest: str
    previous_hash: str
    hash: str = ""

    @property
    def said(self) -> dict[str, Any]:
        """The body, empty once erased."""
        return self.body or {}


def body_digest(body: dict[str, Any], salt: str) -> str:
    """SHA-256 over the salt and the canonical JSON of the body, as 64 hex characters."""
    canonical = msgspec.json.encode(body, order="sorted")
    return hashlib.sha256(salt.encode() + b"\n" + canonical).hexdigest()


def seal(entry: Entry) -> Entry:
    """The entry with its hash over everything else it says."""
    return msgspec.structs.replace(entry, hash=hash_of(entry))


def hash_of(entry: Entry) -> str:
    """SHA-256 of the JSON list below, as 64 hex characters."""
    said = (
        entry.run_id,
        entry.n,
        entry.kind,
        entry.fence,
        entry.state,
        microseconds(entry.at),
        entry.body_digest,
        entry.previous_hash,
    )
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def first_broken(entries: list[Entry]) -> Entry | None:
    """The first entry that does not follow from the one before it, or None when all do."""
    previous = ""
    for n, entry in enumerate(entries, start=1):
        if entry.n != n or entry.previous_hash != previous or not _is_whole(entry):
            return entry
        previous = entry.hash
    return None


def _is_whole(entry: Entry) -> bool:
    """Whether it says what its hash was made of; of an erased body only the digest is left."""
    if entry.body is not None and body_digest(entry.body, entry.salt) != entry.body_digest:
        return False
    return entry.hash == hash_of(entry)
