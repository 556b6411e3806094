"""Whoever changes what was sealed is found out: the verifier over a real ledger."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Table

from clocks import FrozenClock
from sealing import SealedLedger
from standfast.contract.testing import Script
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.audit_chain import Head, read_head
from standfast.store.database import Database
from standfast.store.runs import append_entry, get_run
from standfast.store.schema import (
    action_attempts,
    action_runs,
    interactions,
    prompt_versions,
)
from standfast.store.schema_ledger import seal_keys, seals
from standfast.store.schema_operators import audit_entries
from standfast.store.seal_keys import known_key
from standfast.store.seals import list_seals


@pytest.fixture
def chain(database: Database, clock: FrozenClock, tmp_path: Path) -> SealedLedger:
    made = SealedLedger(database, clock, tmp_path)
    made.live()
    made.seal()
    return made


NOT_COVERED = {
    action_runs: {"lease_until", "lease_owner"},  # who worked on it; over when it is finished
    seal_keys: {"created_at"},
}
NAMED_ELSEWHERE = {
    # A changed id is a row that is gone, or a line that belongs to nobody.
    ("action_runs", "interaction_id"): {"action_runs", "interactions"},
    ("action_runs", "sealed_hash"): {"action_runs"},
    ("interactions", "id"): {"interactions"},
    ("interactions", "prompt_id"): {"interactions", "prompt_versions"},
    ("interactions", "version"): {"interactions", "prompt_versions"},
    ("action_attempts", "run_id"): {"action_attempts", "action_runs"},
    ("seal_keys", "id"): {"seal_keys", "seals"},
}
TABLES = (
    action_runs,
    interactions,
    prompt_versions,
    action_attempts,
    audit_entries,
    seals,
    seal_keys,
)


def _other(chain: SealedLedger, table: Table, name: str) -> str:
    """An expression of SQL for a value that is not what stands there."""
    kind = str(table.c[name].type.compile(dialect=_dialect(chain)))
    if kind == "BOOLEAN":
        return f'NOT "{name}"'
    if kind in {"BIGINT", "INTEGER"}:
        return f'COALESCE("{name}", 7) + 1000'
    if kind in {"BLOB", "BYTEA"}:
        return "X'00'" if chain.database.is_embedded else "'\\x00'::bytea"
    return f"COALESCE(\"{name}\", '') || 'x'"


def _dialect(chain: SealedLedger):
    with chain.database.reading() as reader:
        return reader.connection.dialect


FIRST = {
    "action_runs": "id = (SELECT subject FROM seals WHERE n = 1)",
    "interactions": "id = (SELECT interaction_id FROM action_runs, seals "
    "WHERE action_runs.id = subject AND n = 1)",
    "prompt_versions": "version = 1",
    "action_attempts": "run_id = (SELECT subject FROM seals WHERE seals.n = 1) AND n = 2",
    "audit_entries": "id = (SELECT subject FROM seals WHERE n = 2)",
    "seals": "n = 3",
    "seal_keys": "id IS NOT NULL",
}


@pytest.mark.parametrize("table", TABLES, ids=lambda one: one.name)
def test_a_changed_value_is_found_and_its_table_named_for_every_column(chain, table) -> None:
    unseen = {}
    for column in table.columns:
        value = _other(chain, table, column.name)
        flaw = chain.flaw_after(
            f'UPDATE {table.name} SET "{column.name}" = {value} WHERE {FIRST[table.name]}'
        )
        expected = NAMED_ELSEWHERE.get((table.name, column.name), {table.name})
        if flaw is None or flaw.table not in expected:
            unseen[column.name] = flaw

    assert {name for name, flaw in unseen.items() if flaw is None} == NOT_COVERED.get(table, set())
    assert [flaw for flaw in unseen.values() if flaw is not None] == []


@pytest.mark.parametrize(
    "table", [one for one in TABLES if one is not seal_keys], ids=lambda t: t.name
)
def test_a_row_that_is_gone_is_found(chain, table) -> None:
    flaw = chain.flaw_after(f"DELETE FROM {table.name} WHERE {FIRST[table.name]}")

    assert flaw is not None
    assert flaw.table in {table.name, "action_runs"} | ({"action_attempts"} & {table.name})


def test_the_first_broken_row_is_named_with_its_id(chain) -> None:
    ids = [chain.one("SELECT subject FROM seals WHERE n = ?", n) for n in (3, 5)]
    for run_id in reversed(ids):
        chain.spoil("UPDATE action_runs SET state = 'refused' WHERE id = ?", run_id)

    flaw = chain.audit.whole().flaw

    assert flaw is not None
    assert (flaw.table, flaw.row) == ("action_runs", ids[0])
    assert flaw.what.startswith("state: ")


# --- whoever rewrites more than one row ---------------------------------------------------------


def test_a_journal_that_was_rewritten_and_linked_anew_is_found(chain) -> None:
    run_id = chain.one("SELECT subject FROM seals WHERE n = 1")
    chain.spoil_anything(f"DELETE FROM action_attempts WHERE run_id = '{run_id}' AND n = 3")
    last = chain.one("SELECT hash FROM action_attempts WHERE run_id = ? AND n = 2", run_id)
    chain.spoil(
        "UPDATE action_runs SET entries = 2, last_hash = ?, sealed_hash = '' WHERE id = ?",
        last, run_id,
    )  # fmt: skip

    chain.seal()

    flaw = chain.audit.whole().flaw
    assert flaw is not None
    assert (flaw.table, flaw.row) == ("action_attempts", run_id)


@pytest.mark.parametrize("what", ["deed", "run"])
def test_the_sealer_does_not_seal_what_was_changed_behind_its_back(chain, what) -> None:
    if what == "deed":
        deed = chain.one("SELECT subject FROM seals WHERE n = 2")
        chain.spoil(
            "UPDATE audit_entries SET actor_name = 'Eve', is_sealed = ? WHERE id = ?", False, deed
        )
    else:
        run = chain.one("SELECT subject FROM seals WHERE n = 1")
        chain.spoil("UPDATE action_runs SET state = 'refused', sealed_hash = '' WHERE id = ?", run)
    chain.live(1)

    chain.seal()

    assert chain.head().n == 8
    assert not chain.audit.whole().holds


def test_bodies_that_were_emptied_without_an_erasure_are_found(chain) -> None:
    run_id = chain.one("SELECT subject FROM seals WHERE n = 1")
    chain.spoil_anything(
        f"UPDATE action_attempts SET body = 'null', salt = '' WHERE run_id = '{run_id}'"
    )
    chain.spoil("UPDATE action_runs SET sealed_hash = '' WHERE id = ?", run_id)
    with chain.database.writing() as transaction:
        run = get_run(transaction, run_id)
        append_entry(transaction, run, EntryKind.STALE, {"fence": 1}, at=chain.clock.now())

    chain.seal()

    flaw = chain.audit.whole().flaw
    assert flaw is not None
    assert flaw.row == f"{run_id} line 1"
    assert "no erasure" in flaw.what


def test_the_end_of_the_chain_may_be_cut_off_unseen_but_not_below_a_noted_head(chain) -> None:
    noted = chain.head()
    for n, table in ((6, "audit_entries"), (5, "action_runs")):
        subject = chain.one("SELECT subject FROM seals WHERE n = ?", n)
        if table == "action_runs":
            chain.spoil_anything(f"DELETE FROM action_attempts WHERE run_id = '{subject}'")
        chain.spoil_anything(f"DELETE FROM {table} WHERE id = '{subject}'")
        chain.spoil_anything(f"DELETE FROM seals WHERE n = {n}")

    assert chain.audit.whole().holds
    flaw = chain.audit.whole(noted=noted).flaw
    assert flaw is not None
    assert (flaw.table, flaw.row) == ("seals", "5")


def test_a_noted_head_that_never_was_is_told(chain) -> None:
    flaw = chain.audit.whole(noted=Head(3, "0" * 64)).flaw

    assert flaw is not None
    assert (flaw.table, flaw.row) == ("seals", "3")


def test_a_chain_signed_anew_with_another_key_is_found(chain, tmp_path) -> None:
    stranger = Ed25519PrivateKey.generate()
    with chain.database.reading() as reader:
        [seal] = list_seals(reader, limit=1)
    forged = stranger.sign(seal.hash.encode()).hex()

    chain.spoil("UPDATE seals SET signature = ? WHERE n = 1", forged)
    chain.spoil(
        "UPDATE seal_keys SET public_key = ?", stranger.public_key().public_bytes_raw().hex()
    )

    flaw = chain.audit.whole().flaw
    assert flaw is not None
    assert flaw.table == "seal_keys"


def test_with_the_public_key_alone_anybody_can_verify(chain) -> None:
    right = known_key(chain.one("SELECT public_key FROM seal_keys"))
    other = known_key(Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex())
    outsider = type(chain.audit)(chain.database, None, chain.clock)

    assert outsider.whole(public_keys=[right]).holds
    assert not outsider.whole(public_keys=[other]).holds


@pytest.mark.parametrize("table", ["action_runs", "audit_entries"])
def test_what_is_not_sealed_after_a_minute_is_named(chain, table) -> None:
    chain.live(1)
    assert chain.audit.whole().holds
    assert chain.audit.whole().waiting == 2

    chain.clock.advance(61)
    if table == "audit_entries":
        chain.spoil_anything(
            "DELETE FROM action_attempts WHERE run_id NOT IN (SELECT subject FROM seals)"
        )
        chain.spoil_anything("DELETE FROM action_runs WHERE sealed_hash = ''")

    flaw = chain.audit.whole().flaw
    assert flaw is not None
    assert flaw.table == table


def test_a_run_under_way_that_says_another_order_than_its_journal_is_named(chain) -> None:
    [run] = chain.ledger.click("add_coupon")

    chain.spoil("UPDATE action_runs SET billing_id = 'c2' WHERE id = ?", run.id)

    flaw = chain.audit.whole().flaw
    assert flaw is not None
    assert (flaw.table, flaw.row) == ("action_runs", run.id)
    assert flaw.what.startswith("billing_id: ")


def test_the_walk_can_be_watched_and_ended(chain, monkeypatch) -> None:
    monkeypatch.setattr("standfast.services.verify_audit.BATCH", 2)
    seen = []

    verdict = chain.audit.whole(
        progress=lambda done, every: not seen.append((done, every)) and done < 4
    )

    assert seen == [(2, 6), (4, 6)]
    assert (verdict.seals, verdict.is_complete, verdict.holds) == (4, False, False)


def test_a_snapshot_that_is_not_what_its_name_says_is_found(chain) -> None:
    chain.spoil_anything(
        "INSERT INTO snapshots (hash, app_id, body, created_at) "
        "VALUES ('0123', 'app_test', '{\"prompts\":[]}', 0)"
    )

    flaw = chain.audit.whole().flaw
    assert flaw is not None
    assert (flaw.table, flaw.row) == ("snapshots", "0123")


def test_a_head_is_read_as_it_is_printed(chain) -> None:
    assert read_head(f" {chain.head()}\n") == chain.head()
    assert [read_head(text) for text in ("", "3", "x:1", "3:abc")] == [None] * 4


def test_whatever_the_biller_does_the_chain_holds(chain) -> None:
    """No row that the ledger itself writes may look like a forgery."""
    for number, script in enumerate(Script):
        customer = f"c{number}x"
        chain.ledger.world.add_customer(customer, plan="gold")
        chain.ledger.world.next(script)
        chain.ledger.click("add_coupon", "cancel_subscription", customer=customer)
        chain.seal()
        for seconds in (0, 5, 30, 120, 600, 3600):
            chain.clock.advance(seconds)
            chain.ledger.mend()
            chain.ledger.work()
        chain.seal()
        assert chain.audit.whole().flaw is None, script

    assert chain.audit.whole().holds
