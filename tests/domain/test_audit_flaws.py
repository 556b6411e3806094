"""What an auditor reads of a sealed run that is not what was sealed: row and sentence, exactly."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from standfast.domain.attempt_chain import Entry, EntryKind, body_digest, seal
from standfast.domain.audit_chain import (
    Flaw,
    Head,
    RunRows,
    Seal,
    SealKind,
    canonical,
    contradictions,
    deed_texts,
    digests_of,
    flaw_of_deed,
    flaw_of_link,
    flaw_of_run,
    link,
    read_head,
    shows_otherwise,
)

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
CREATED = {
    "action": "add_coupon", "parameters": {"b": "2", "a": "1"}, "billing_id": "c1", "user_id": "u1",
}  # fmt: skip


def a_line(n: int, kind: EntryKind, state: str, before: str, body: dict[str, Any]) -> Entry:
    salt = f"s{n}"
    digest = body_digest(body, salt)
    return seal(Entry("r1", n, kind, 1, state, AT, body, salt, digest, before))


def a_journal() -> tuple[Entry, ...]:
    created = a_line(1, EntryKind.CREATED, "accepted", "", CREATED)
    intent = a_line(2, EntryKind.INTENT, "accepted", created.hash, {})
    return created, intent, a_line(3, EntryKind.OUTCOME, "succeeded", intent.hash, {})


def a_run(**changes: Any) -> RunRows:
    """A finished run with what was shown before it."""
    entries = a_journal()
    end = entries[-1].hash
    run = {
        "id": "r1", "interaction_id": "i1", "entries": 3, "last_hash": end, "sealed_hash": end,
        "finished_at": 7, "state": "succeeded", "action": "add_coupon",
        "parameters": '{"a":"1","b":"2"}', "billing_id": "c1", "user_id": "u1", **changes,
    }  # fmt: skip
    shown = {"id": "i1", "prompt_id": "p1", "version": 4, "step": "offer"}
    return RunRows(run, shown, {"prompt_id": "p1", "version": 4, "body": "{}"}, entries)


def its_seal(**changes: Any) -> Seal:
    rows = a_run()
    made = Seal(
        n=5, at=AT, kind=SealKind.RUN, subject="r1", digest=rows.entries[-1].hash,
        facts=digests_of(rows.texts(), "s1"), is_erasure=False, key_id="k", previous_hash="p",
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def with_run(**changes: Any) -> RunRows:
    return a_run(**changes)


def with_line(n: int, **changes: Any) -> RunRows:
    """One line was changed behind the ledger's back; nothing was hashed again."""
    entries = list(a_journal())
    entries[n - 1] = msgspec.structs.replace(entries[n - 1], **changes)
    return replace(a_run(), entries=entries)


def without_line(n: int) -> RunRows:
    return replace(a_run(), entries=[one for one in a_journal() if one.n != n])


def gone_on() -> RunRows:
    """Taken up again after it was sealed: a line more, and not finished."""
    lines = a_journal()
    more = a_line(4, EntryKind.RECORDED, "unknown", lines[-1].hash, {})
    run = {**a_run().run, "entries": 4, "last_hash": more.hash, "finished_at": None}
    return replace(a_run(), run=run, entries=(*lines, more))


def changed(table: str, **changes: Any) -> Callable[[RunRows], RunRows]:
    def change(rows: RunRows) -> RunRows:
        return replace(rows, **{table: {**getattr(rows, table), **changes}})

    return change


def end_of(rows: RunRows) -> str:
    return rows.entries[-1].hash


def relinked(*lines: tuple[int, EntryKind, str]) -> RunRows:
    """A journal made anew, whole in itself."""
    entries: list[Entry] = []
    for n, kind, state in lines:
        before = entries[-1].hash if entries else ""
        entries.append(a_line(n, kind, state, before, CREATED if n == 1 else {}))
    end = entries[-1].hash
    run = {**a_run().run, "entries": len(entries), "last_hash": end, "sealed_hash": end}
    return replace(a_run(), run=run, entries=entries)


STALE = relinked(
    (1, EntryKind.CREATED, "accepted"),
    (2, EntryKind.OUTCOME, "succeeded"),
    (3, EntryKind.STALE, "unknown"),
)


def test_what_is_as_it_was_sealed_has_no_flaw() -> None:
    seal_of_it = its_seal()

    assert flaw_of_run(seal_of_it, a_run(), seal_of_it) is None


def test_a_run_that_is_gone_is_named_by_its_seal() -> None:
    gone = Flaw("action_runs", "r1", "id: the run of seal 5 is gone")

    assert flaw_of_run(its_seal(), None, its_seal()) == gone


def test_what_has_gone_on_since_has_no_flaw_either() -> None:
    seal_of_it = its_seal()

    assert flaw_of_run(seal_of_it, gone_on(), seal_of_it) is None


BROKEN_JOURNALS = [
    (without_line(1), "r1 line 2", "n: line 1 is gone"),
    (without_line(2), "r1 line 3", "n: line 2 is gone"),
    (
        with_line(1, previous_hash="x"),
        "r1 line 1",
        "previous_hash: it is not the hash of the line before",
    ),
    (
        with_line(3, previous_hash="x"),
        "r1 line 3",
        "previous_hash: it is not the hash of the line before",
    ),
    (with_line(1, state="refused"), "r1 line 1", "it does not say what its hash was made of"),
    (with_line(2, body={"x": 1}), "r1 line 2", "it does not say what its hash was made of"),
    (with_line(3, fence=2), "r1 line 3", "it does not say what its hash was made of"),
]


@pytest.mark.parametrize(("rows", "row", "told"), BROKEN_JOURNALS)
def test_a_journal_that_was_changed_is_named_by_line(rows: RunRows, row: str, told: str) -> None:
    seal_of_it = its_seal()

    found = flaw_of_run(seal_of_it, rows, seal_of_it)

    assert found == Flaw("action_attempts", row, told)


STALE_SEAL = its_seal(digest=end_of(STALE), facts=digests_of(STALE.texts(), "s1"))
CHANGED_RUNS = [
    (with_run(entries=4), "entries: the run counts 4 lines, its journal has 3"),
    (with_run(last_hash="x"), "last_hash: it is not the hash of the journal's last line"),
    (with_run(sealed_hash="x"), "sealed_hash: it is not what seal 5 was made over"),
    (with_run(finished_at=None), "finished_at: it was finished when seal 5 was made"),
    (with_run(finished_at=8), "the row is not what seal 5 was made over"),
    (with_run(action="x"), "action: the journal says otherwise, and so does seal 5"),
    (with_run(billing_id="x"), "billing_id: the journal says otherwise, and so does seal 5"),
    (with_run(user_id="x"), "user_id: the journal says otherwise, and so does seal 5"),
    (with_run(parameters="{}"), "parameters: the journal says otherwise, and so does seal 5"),
    (with_run(state="refused"), "state: the journal says otherwise, and so does seal 5"),
    (
        with_run(user_id="x", state="refused"),
        "user_id, state: the journal says otherwise, and so does seal 5",
    ),
]


@pytest.mark.parametrize(("rows", "told"), CHANGED_RUNS, ids=[told for _, told in CHANGED_RUNS])
def test_a_run_that_was_changed_is_named_by_column(rows: RunRows, told: str) -> None:
    seal_of_it = its_seal()

    assert flaw_of_run(seal_of_it, rows, seal_of_it) == Flaw("action_runs", "r1", told)


OTHER = "the row is not what seal 5 was made over"
GONE = "the row that seal 5 was made over is gone"
CHANGED_SHOWS = [
    (changed("interaction", step="x"), "interactions", "i1", OTHER),
    (lambda rows: replace(rows, interaction=None), "interactions", "i1", GONE),
    (changed("version", body="x"), "prompt_versions", "p1 version 4", OTHER),
    (lambda rows: replace(rows, version=None), "prompt_versions", "p1 version 4", GONE),
]


@pytest.mark.parametrize("rows", [a_run(), gone_on()], ids=["as it was", "gone on"])
@pytest.mark.parametrize(("change", "table", "row", "told"), CHANGED_SHOWS)
def test_what_was_shown_is_named_when_it_was_changed(
    rows: RunRows, change, table: str, row: str, told: str
) -> None:
    seal_of_it = its_seal()

    assert flaw_of_run(seal_of_it, change(rows), seal_of_it) == Flaw(table, row, told)


def test_a_version_of_a_click_that_is_gone_has_no_name() -> None:
    facts = {**its_seal().facts, "prompt_versions": "x"}
    del facts["interactions"]
    seal_of_it = its_seal(facts=facts)
    rows = replace(a_run(), interaction=None)

    assert flaw_of_run(seal_of_it, rows, seal_of_it) == Flaw("prompt_versions", "", OTHER)


@pytest.mark.parametrize(
    "change", [{"body": None}, {"body": None, "salt": ""}], ids=["body", "body and salt"]
)
def test_only_an_erasure_takes_a_body_away(change) -> None:
    seal_of_it = its_seal()
    erasing = its_seal(is_erasure=True)

    told = "body: it is gone, and no erasure was sealed"
    found = flaw_of_run(seal_of_it, with_line(2, **change), seal_of_it)
    assert found == Flaw("action_attempts", "r1 line 2", told)
    assert flaw_of_run(erasing, with_line(2, **change), erasing) is None


def test_an_older_seal_tells_only_that_its_line_is_still_there() -> None:
    older, newest = its_seal(n=4), its_seal()
    lost = its_seal(n=4, digest="x")
    told = "hash: the journal no longer holds the line that seal 4 was made over"

    assert flaw_of_run(older, with_run(finished_at=None), newest) is None
    assert flaw_of_run(lost, a_run(), newest) == Flaw("action_attempts", "r1", told)


def test_a_worker_that_came_back_too_late_says_nothing_of_the_state() -> None:
    assert flaw_of_run(STALE_SEAL, STALE, STALE_SEAL) is None
    told = "the row is not what seal 5 was made over"
    later = replace(STALE, run={**STALE.run, "finished_at": 8})
    assert flaw_of_run(STALE_SEAL, later, STALE_SEAL) == Flaw("action_runs", "r1", told)


@pytest.mark.parametrize("name", ["action", "billing_id", "user_id", "parameters"])
def test_an_erased_column_contradicts_nothing(name: str) -> None:
    body = {key: value for key, value in CREATED.items() if key != name}

    assert contradictions(replace(with_line(1, body=body), run={**a_run().run, name: "x"})) == []


def test_a_run_is_told_by_all_its_columns_but_the_seals_own() -> None:
    rows = replace(a_run(), run={"b": 1, "a": None, "sealed_hash": "x"}, version=None)

    assert rows.texts() == {
        "action_runs": '{"a":null,"b":1}',
        "interactions": canonical(rows.interaction or {}),
    }


@pytest.mark.parametrize(
    ("before", "salt", "is_otherwise"),
    [
        (its_seal(), "s1", False),
        (its_seal(facts={**its_seal().facts, "interactions": "x"}), "s1", True),
        (its_seal(facts={**its_seal().facts, "prompt_versions": "x"}), "s1", True),
        (its_seal(facts={**its_seal().facts, "action_runs": "x"}), "s1", False),
        (its_seal(facts={}, is_erasure=True), "s1", False),
        (its_seal(facts={}), "", False),
        (its_seal(facts={}, is_erasure=True), "", True),
    ],
)
def test_a_run_sealed_again_was_clicked_on_the_same(
    before: Seal, salt: str, is_otherwise: bool
) -> None:
    assert shows_otherwise(before, its_seal().facts, salt) is is_otherwise


DEED = {"id": "aud_1", "deed": "x", "salt": "s", "digest": "d", "is_sealed": True}
CHANGED_DEEDS = [
    (None, "id: the entry of seal 5 is gone"),
    ({**DEED, "salt": ""}, "salt: it is gone, and no erasure was sealed"),
    ({**DEED, "is_sealed": False}, "is_sealed: seal 5 says otherwise"),
    ({**DEED, "digest": "e"}, "digest: seal 5 says otherwise"),
    ({**DEED, "deed": "y"}, "the entry is not what seal 5 was made over"),
]


@pytest.mark.parametrize(("row", "told"), CHANGED_DEEDS)
def test_a_change_in_the_console_is_named_by_what_was_changed(row, told: str) -> None:
    facts = digests_of(deed_texts(DEED), "s")
    seal_of_it = its_seal(kind=SealKind.DEED, subject="aud_1", digest="d", facts=facts)

    assert flaw_of_deed(seal_of_it, row, seal_of_it) == Flaw("audit_entries", "aud_1", told)


def test_a_change_that_was_sealed_twice_is_named() -> None:
    first, again = its_seal(subject="aud_1"), its_seal(subject="aud_1", n=9)

    told = "it was sealed twice, as 5 and 9"
    assert flaw_of_deed(first, DEED, again) == Flaw("audit_entries", "aud_1", told)
    assert flaw_of_deed(first, DEED, msgspec.structs.replace(again, is_erasure=True)) is None


def test_an_erased_change_needs_no_salt() -> None:
    bare = {**DEED, "salt": ""}
    facts = digests_of(deed_texts(bare), "")
    erased = its_seal(subject="aud_1", digest="d", facts=facts, is_erasure=True)

    assert flaw_of_deed(erased, bare, erased) is None


def test_a_change_is_told_by_all_its_columns_but_what_the_sealing_writes() -> None:
    assert deed_texts(DEED) == {"audit_entries": '{"deed":"x","digest":"d","id":"aud_1"}'}


def test_links_are_named_in_whole_sentences() -> None:
    made = link(its_seal())

    gone = "n: it is gone; after 2 comes 5"
    assert flaw_of_link(made, Head(2, "p")) == Flaw("seals", "3", gone)
    other = "previous_hash: it is not the hash of seal 4"
    assert flaw_of_link(made, Head(4, "q")) == Flaw("seals", "5", other)
    changed_since = msgspec.structs.replace(made, subject="r2")
    told = "hash: the seal does not say what its hash was made of"
    assert flaw_of_link(changed_since, Head(4, "p")) == Flaw("seals", "5", told)


@pytest.mark.parametrize("name", ["n", "subject", "digest", "facts", "is_erasure", "key_id"])
def test_a_hash_covers_everything_but_hash_and_signature(name: str) -> None:
    other = {"n": 6, "facts": {}, "is_erasure": True}.get(name, "other")

    assert link(its_seal(**{name: other})).hash != link(its_seal()).hash
    assert link(its_seal(signature="x")).hash == link(its_seal()).hash


def test_a_noted_head_is_told_as_it_is_read() -> None:
    head = Head(12, "ab" * 32)

    assert read_head(str(head)) == head
    assert read_head(f"  {head}  ") == head
