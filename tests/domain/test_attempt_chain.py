"""A run's journal: each line follows from the one before it, and a changed one is found."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from clocks import START
from standfast.domain.attempt_chain import (
    Entry,
    EntryKind,
    body_digest,
    first_broken,
    hash_of,
    seal,
)


def an_entry(n: int, previous: str = "", **changes: Any) -> Entry:
    body = {"n": n, "what": "é"}
    entry = Entry(
        run_id="r1",
        n=n,
        kind=EntryKind.INTENT,
        fence=1,
        state="accepted",
        at=START + timedelta(seconds=n, microseconds=7),
        body=body,
        salt="5a17",
        body_digest=body_digest(body, "5a17"),
        previous_hash=previous,
    )
    return msgspec.structs.replace(entry, **changes)


def a_journal(length: int = 3) -> list[Entry]:
    entries: list[Entry] = []
    for n in range(1, length + 1):
        entries.append(seal(an_entry(n, entries[-1].hash if entries else "")))
    return entries


def test_the_digest_is_over_the_salt_and_the_sorted_body():
    told = hashlib.sha256(b'5a17\n{"a":1,"b":"x"}').hexdigest()

    assert body_digest({"b": "x", "a": 1}, "5a17") == told


def test_the_hash_is_over_everything_but_the_body():
    entry = an_entry(2, "before")
    # Microseconds since 1970; the documented list, as compact JSON.
    at = int(entry.at.timestamp()) * 1_000_000 + 7
    said = ["r1", 2, "intent", 1, "accepted", at, entry.body_digest, "before"]

    text = json.dumps(said, separators=(",", ":"), ensure_ascii=False)

    assert hash_of(entry) == hashlib.sha256(text.encode()).hexdigest()
    assert seal(entry) == msgspec.structs.replace(entry, hash=hash_of(entry))


def test_a_journal_as_it_was_written_is_whole():
    assert first_broken(a_journal()) is None
    assert first_broken([]) is None


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    "changes",
    [
        {"run_id": "r2"},
        {"n": 9},
        {"kind": EntryKind.OUTCOME},
        {"fence": 2},
        {"state": "refused"},
        {"at": START},
        {"body": {"n": 1, "what": "another"}},
        {"salt": "other"},
        {"body_digest": body_digest({}, "5a17")},
        {"previous_hash": "another"},
        {"hash": "another"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_line_that_was_changed_is_the_first_broken_one(place: int, changes: dict[str, Any]):
    journal = a_journal()
    journal[place] = msgspec.structs.replace(journal[place], **changes)

    assert first_broken(journal) is journal[place]


def test_a_line_that_was_changed_and_sealed_anew_breaks_the_next_one():
    journal = a_journal()
    journal[1] = seal(msgspec.structs.replace(journal[1], state="refused"))

    assert first_broken(journal) is journal[2]


@pytest.mark.parametrize("missing", [0, 1])
def test_a_line_that_is_missing_breaks_the_one_after_it(missing: int):
    journal = a_journal()
    following = journal[missing + 1]
    del journal[missing]

    assert first_broken(journal) is following


def test_an_erased_body_leaves_the_journal_whole():
    journal = a_journal()
    journal[1] = msgspec.structs.replace(journal[1], body=None, salt="")

    assert first_broken(journal) is None
    assert journal[1].said == {}
    assert journal[0].said == {"n": 1, "what": "é"}
