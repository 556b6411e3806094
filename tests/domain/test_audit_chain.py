"""The sealed chain's rules. The formats are for ever: the hashes here may never change."""

from datetime import UTC, datetime

import msgspec
import pytest

from standfast.domain.audit_chain import (
    BEGINNING,
    DEEDS,
    Head,
    Row,
    RunRows,
    Seal,
    SealKind,
    contradictions,
    deed_texts,
    digests_of,
    fact_digest,
    flaw_of_deed,
    flaw_of_journal,
    flaw_of_link,
    flaw_of_run,
    hash_of,
    link,
    read_head,
)

AT = datetime(2026, 3, 2, 12, 0, 0, 5, tzinfo=UTC)
DEED: Row = {
    "id": "aud_1", "at": 1, "deed": "app.settings_changed", "salt": "s", "digest": "d" * 64,
    "is_sealed": True,
}  # fmt: skip


def a_seal(**changes: object) -> Seal:
    seal = Seal(
        n=2,
        at=AT,
        kind=SealKind.RUN,
        subject="r1",
        digest="d" * 64,
        facts={"interactions": "b" * 64, "action_runs": "a" * 64},
        is_erasure=False,
        key_id="k" * 16,
        previous_hash="p" * 64,
    )
    return msgspec.structs.replace(seal, **changes)


def test_the_hash_of_a_seal_is_the_one_that_the_docs_tell() -> None:
    # sha256 of ["standfast seal 1",2,1772452800000005,"run","r1","ddd…",{"action_runs":"aaa…",
    # "interactions":"bbb…"},false,"kkk…","ppp…"], without spaces.
    assert hash_of(a_seal()) == "fa84d135398669e9427f4a0c3ffde7c8fe09903e72c0c4e5e005eefcc0723d7d"


def test_the_digest_of_a_row_covers_its_salt() -> None:
    # sha256 of "salt\n{}"
    expected = "66795fae9b7c89ab0ce003e655682e561bf06f0515c78b6c2e62fc7daf898614"
    assert fact_digest("{}", "salt") == expected


def test_a_prompts_version_is_salted_by_nothing() -> None:
    texts = {"prompt_versions": "{}", "action_runs": "{}"}

    found = digests_of(texts, "salt")

    assert found["prompt_versions"] == fact_digest("{}", "")
    assert found["action_runs"] == fact_digest("{}", "salt")


def test_a_link_follows_from_the_one_before() -> None:
    seal = link(a_seal())

    assert flaw_of_link(seal, Head(1, "p" * 64)) is None


@pytest.mark.parametrize(
    ("before", "change", "row", "told"),
    [
        (BEGINNING, {}, "1", "n: "),
        (Head(1, "q" * 64), {}, "2", "previous_hash: "),
        (Head(1, "p" * 64), {"subject": "r2"}, "2", "hash: "),
    ],
    ids=["one is gone", "another came before", "it says something else"],
)
def test_a_link_that_does_not_follow_is_named(before, change, row, told) -> None:
    seal = msgspec.structs.replace(link(a_seal()), **change)

    flaw = flaw_of_link(seal, before)

    assert flaw is not None
    assert (flaw.table, flaw.row) == ("seals", row)
    assert flaw.what.startswith(told)
    assert str(flaw) == f"seals {row}: {flaw.what}"


def a_deed_seal(row: Row, **changes: object) -> Seal:
    facts = digests_of(deed_texts(row), str(row["salt"]))
    given = {"kind": SealKind.DEED, "subject": "aud_1", "facts": facts, **changes}
    return a_seal(**given)


def test_a_deed_is_what_its_newest_seal_says() -> None:
    seal = a_deed_seal(DEED)

    assert flaw_of_deed(seal, DEED, seal) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"deed": "app.created"}, "the entry is not what"),
        ({"at": 2}, "the entry is not what"),
        ({"digest": "e" * 64}, "digest: "),
        ({"is_sealed": False}, "is_sealed: "),
        ({"salt": ""}, "salt: "),
    ],
    ids=str,
)
def test_a_deed_that_was_changed_is_named(change, told) -> None:
    seal = a_deed_seal(DEED)

    flaw = flaw_of_deed(seal, {**DEED, **change}, seal)

    assert flaw is not None
    assert (flaw.table, flaw.row) == (DEEDS, "aud_1")
    assert flaw.what.startswith(told)


def test_a_deed_is_sealed_again_for_an_erasure_only() -> None:
    first, again = a_deed_seal(DEED), a_deed_seal(DEED, n=3)
    erased = a_deed_seal(DEED, n=3, is_erasure=True)

    assert flaw_of_deed(first, DEED, erased) is None
    flaw = flaw_of_deed(first, DEED, again)
    assert flaw is not None
    assert flaw.what == "it was sealed twice, as 2 and 3"


def test_what_is_gone_is_named() -> None:
    seal = a_deed_seal(DEED)

    deed, run = flaw_of_deed(seal, None, seal), flaw_of_run(a_seal(), None, a_seal())

    assert (deed and deed.what, run and run.what) == (
        "id: the entry of seal 2 is gone",
        "id: the run of seal 2 is gone",
    )


def test_a_run_without_a_journal_counts_no_lines() -> None:
    run = {"id": "r1", "entries": 0, "last_hash": ""}

    assert flaw_of_journal(RunRows(run, None, None)) is None
    assert contradictions(RunRows(run, None, None)) == []
    for name, value in (("entries", 1), ("last_hash", "x")):
        flaw = flaw_of_journal(RunRows({**run, name: value}, None, None))
        assert flaw is not None
        assert (flaw.row, flaw.what.partition(":")[0]) == ("r1", name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "x:" + "a" * 64,
        "3:abc",
        "-1:" + "a" * 64,
        ":" + "a" * 64,
        "3:" + "a" * 63 + ":",
        "3:" + "g" * 64,
        "3:" + "a" * 65,
    ],
)
def test_what_is_no_head_is_not_read(text) -> None:
    assert read_head(text) is None


def test_a_head_is_read_in_either_case() -> None:
    assert read_head(f"12:{'AB' * 32}\n") == Head(12, "ab" * 32)
