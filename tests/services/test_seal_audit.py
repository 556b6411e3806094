"""The sealer over a real ledger, on both databases."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text, update

from clocks import FrozenClock
from ledger.rig import APP, CONNECTION
from sealing import SealedLedger
from standfast.domain.attempt_chain import EntryKind
from standfast.services.rotate_key import RotateKey
from standfast.store.database import Database
from standfast.store.runs import append_entry, get_run
from standfast.store.schema import (
    apps,
    connections,
)
from standfast.store.seal_keys import known_key, list_known_keys
from standfast.store.seals import list_seals
from standfast.store.vault import Vault, context_of, new_key


@pytest.fixture
def chain(database: Database, clock: FrozenClock, tmp_path: Path) -> SealedLedger:
    made = SealedLedger(database, clock, tmp_path)
    made.live()
    made.seal()
    return made


def test_every_finished_run_and_every_change_is_sealed_once_in_order(chain) -> None:
    with chain.database.reading() as reader:
        links = list_seals(reader)

    assert [one.n for one in links] == [1, 2, 3, 4, 5, 6]
    assert [one.kind for one in links] == ["run", "deed"] * 3
    assert chain.audit.whole().holds
    assert chain.audit.whole().seals == 6


def test_what_is_not_finished_is_not_sealed(chain) -> None:
    chain.ledger.click("add_coupon")

    chain.seal()

    assert chain.head().n == 6
    assert chain.audit.whole().holds


def test_sealing_again_adds_nothing(chain) -> None:
    before = chain.head()

    chain.seal()

    assert chain.head() == before


def test_a_late_line_in_a_finished_runs_journal_is_sealed_again(chain) -> None:
    with chain.database.writing() as transaction:
        run = get_run(transaction, chain.one("SELECT id FROM action_runs ORDER BY sequence"))
        append_entry(transaction, run, EntryKind.STALE, {"fence": 1}, at=chain.clock.now())
    assert chain.audit.whole().holds

    chain.seal()

    assert chain.head().n == 7
    assert chain.audit.whole().holds


def test_of_two_sealers_one_lengthens_the_chain(chain, monkeypatch) -> None:
    chain.live(1)
    other = type(chain.seals)(chain.database, chain.vault, chain.clock)
    real = type(chain.seals)._write

    def overtaken(self, links, head) -> None:
        monkeypatch.setattr(type(chain.seals), "_write", real)
        other.seal_due()
        real(self, links, head)

    monkeypatch.setattr(type(chain.seals), "_write", overtaken)
    chain.seal()

    assert chain.head().n == 8
    assert chain.audit.whole().holds


class Killed(BaseException):
    """As if the process had been ended here."""


def test_a_sealer_killed_before_its_commit_is_as_if_it_had_not_run(chain, monkeypatch) -> None:
    chain.live(1)
    monkeypatch.setattr("standfast.services.seal_audit.add_seals", _killed)
    with pytest.raises(Killed):
        chain.seal()
    monkeypatch.undo()

    chain.seal()

    assert chain.head().n == 8
    assert chain.audit.whole().holds


def _killed(*_arguments: object) -> None:
    raise Killed


QUESTIONS = (
    """SELECT id FROM action_runs WHERE finished_at IS NOT NULL AND last_hash <> sealed_hash
    ORDER BY finished_at LIMIT 100""",
    "SELECT id FROM audit_entries WHERE NOT is_sealed ORDER BY at LIMIT 100",
)


def test_the_sealers_questions_are_answered_by_an_index(chain) -> None:
    if not chain.database.is_embedded:
        pytest.skip("PostgreSQL chooses by size; the index is the same")
    with chain.database.reading() as reader:
        told = " ".join(
            row[3]
            for question in QUESTIONS
            for row in reader.connection.execute(text(f"EXPLAIN QUERY PLAN {question}"))
        )

    assert "ix_action_runs_unsealed" in told
    assert "ix_audit_entries_unsealed" in told


def test_a_rotated_vault_goes_on_signing_with_the_same_key(chain, tmp_path) -> None:
    key = chain.one("SELECT public_key FROM seal_keys")
    with chain.database.writing() as transaction:
        for column, row in ((apps.c.token_secret, APP), (connections.c.secrets, CONNECTION)):
            sealed = chain.vault.seal(b"any", context=context_of(column, row))
            transaction.connection.execute(update(column.table).values({column: sealed}))
    RotateKey(chain.database, chain.vault, data=tmp_path, variable=None).rotate()
    chain.live(1)

    type(chain.seals)(chain.database, chain.vault, chain.clock).seal_due()

    assert chain.head().n == 8
    assert chain.audit.whole(public_keys=[known_key(key)]).holds
    assert chain.audit.whole().holds


def test_with_a_lost_vault_key_a_new_key_signs_and_the_old_one_is_named(chain) -> None:
    old = known_key(chain.one("SELECT public_key FROM seal_keys"))
    fresh = Vault([new_key()])
    chain.live(1)
    chain.clock.advance(1)

    type(chain.seals)(chain.database, fresh, chain.clock).seal_due()

    with chain.database.reading() as reader:
        keys = [known_key(one.public_key) for one in list_known_keys(reader, None)]
    assert len(keys) == 2
    assert chain.audit.whole(public_keys=keys).holds
    flaw = replace(chain.audit, vault=fresh).whole().flaw
    assert flaw is not None
    assert (flaw.table, flaw.row) == ("seal_keys", old.id)
