"""What happens beside a sealer at work, and what somebody with the database would smuggle by."""

from pathlib import Path

import pytest

from clocks import FrozenClock
from sealing import SealedLedger
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.audit_chain import INTERACTIONS, VERSIONS
from standfast.services import seal_audit
from standfast.store.database import Database
from standfast.store.runs import append_entry, get_run

FIRST_RUN = "SELECT id FROM action_runs ORDER BY sequence"


@pytest.fixture
def chain(database: Database, clock: FrozenClock, tmp_path: Path) -> SealedLedger:
    made = SealedLedger(database, clock, tmp_path)
    made.live(1)
    return made


def _late_line(chain: SealedLedger) -> None:
    with chain.database.writing() as transaction:
        run = get_run(transaction, chain.one(FIRST_RUN))
        append_entry(transaction, run, EntryKind.STALE, {"fence": 1}, at=chain.clock.now())


def test_what_another_sealer_seals_meanwhile_is_not_taken_for_tampering(chain, monkeypatch) -> None:
    other = type(chain.seals)(chain.database, chain.vault, chain.clock)
    real = seal_audit.newest_seals

    def overtaken(reader, subjects):
        monkeypatch.setattr(seal_audit, "newest_seals", real)
        other.seal_due()
        return real(reader, subjects)

    monkeypatch.setattr(seal_audit, "newest_seals", overtaken)
    chain.seal()
    _late_line(chain)
    chain.seal()

    assert chain.head().n == 3
    assert chain.audit.whole().holds
    assert chain.audit.whole().waiting == 0


def test_a_line_written_while_its_run_is_being_sealed_breaks_no_seal(chain, monkeypatch) -> None:
    real = type(chain.seals)._write

    def overtaken(self, links, head) -> None:
        monkeypatch.setattr(type(chain.seals), "_write", real)
        _late_line(chain)
        real(self, links, head)

    monkeypatch.setattr(type(chain.seals), "_write", overtaken)
    assert chain.seals.seal_due()

    assert chain.audit.whole().holds
    chain.seal()
    assert chain.head().n == 2
    assert chain.audit.whole().waiting == 0


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        (INTERACTIONS, "UPDATE interactions SET quote = '{\"due_now\": 1}'"),
        (VERSIONS, "UPDATE prompt_versions SET body = '{}'"),
    ],
)
def test_what_was_shown_cannot_be_exchanged_behind_a_late_line(chain, table, statement) -> None:
    chain.seal()
    chain.spoil(statement)
    _late_line(chain)

    chain.seal()

    flaw = chain.audit.whole().flaw
    assert flaw is not None
    assert flaw.table == table
    assert chain.head().n == 2
