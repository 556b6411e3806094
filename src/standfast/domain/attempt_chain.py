"""Each entry of a run's journal carries the hash of the one before it."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec


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


class Entry(msgspec.Struct, frozen=True):
    """One line of a run's journal; `body` is redacted before it gets here."""

    run_id: str
    n: int
    kind: EntryKind
    fence: int
    state: str
    at: datetime
    body: dict[str, Any]
    previous_hash: str
    hash: str = ""


def seal(entry: Entry) -> Entry:
    """The entry with its hash over everything else it says."""
    return msgspec.structs.replace(entry, hash=hash_of(entry))


def hash_of(entry: Entry) -> str:
    """SHA-256 of the canonical JSON of the entry without its own hash, as 64 hex characters."""
    plain = msgspec.to_builtins(msgspec.structs.replace(entry, hash=""))
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()


def first_broken(entries: list[Entry]) -> Entry | None:
    """The first entry that does not follow from the one before it, or None when all do."""
    previous = ""
    for n, entry in enumerate(entries, start=1):
        if entry.n != n or entry.previous_hash != previous or entry.hash != hash_of(entry):
            return entry
        previous = entry.hash
    return None
