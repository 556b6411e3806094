"""The export, and the program of docs/audit.md that verifies it without a line of ours."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from clocks import FrozenClock
from ledger.rig import APP
from sealing import SealedLedger
from standfast.connectors.registry import Registry
from standfast.contract.testing import ScriptedConnector
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.roles import Role
from standfast.services.errors import NotFound
from standfast.services.export_audit import ExportAudit
from standfast.services.permissions import SYSTEM, Actor, Forbidden
from standfast.services.prove_change import ProveChange
from standfast.services.write_audit import write_audit
from standfast.store.database import Database
from standfast.store.runs import append_entry, get_run

ROOT = Path(__file__).parent.parent.parent
PROGRAM = re.findall(r"```python\n(.*?)```", (ROOT / "docs/audit.md").read_text(), re.DOTALL)[0]


class Office(SealedLedger):
    def __init__(self, database: Database, clock: FrozenClock, folder: Path) -> None:
        super().__init__(database, clock, folder)
        self.exporting = ExportAudit(database, clock)
        registry = Registry([ScriptedConnector(self.ledger.world)])
        self.proving = ProveChange(database, registry, self.audit)
        self.live()
        self.seal()

    def export(self, app_id: str | None = None) -> list[dict]:
        return [json.loads(line) for line in self.exporting.lines(app_id)]

    def verify(self, lines: list[dict], *arguments: str) -> subprocess.CompletedProcess[str]:
        file, program = self.folder / "chain.jsonl", self.folder / "verify_export.py"
        program.write_text(PROGRAM)
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return subprocess.run(
            [sys.executable, program, file, *arguments],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def public_key(self) -> str:
        return self.one("SELECT public_key FROM seal_keys")


@pytest.fixture
def office(database: Database, clock: FrozenClock, tmp_path: Path) -> Office:
    return Office(database, clock, tmp_path)


def test_the_program_is_short_enough_to_be_read() -> None:
    assert len(PROGRAM.splitlines()) < 80
    assert "standfast." not in PROGRAM


def test_a_stranger_verifies_the_whole_export_with_a_noted_key_and_head(office) -> None:
    answer = office.verify(office.export(), office.public_key(), str(office.head()))

    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == f"6 seals hold, up to {office.head()}\n"


def test_an_export_after_an_erasure_and_a_late_line_verifies(office) -> None:
    run_id = office.one("SELECT subject FROM seals WHERE n = 1")
    with office.database.writing() as transaction:
        append_entry(
            transaction, get_run(transaction, run_id), EntryKind.STALE, {}, at=office.clock.now()
        )
    assert office.verify(office.export()).returncode == 0
    office.seal()

    lines = office.export()

    assert office.verify(lines).returncode == 0
    assert lines[2]["left_out"] == "sealed again as 7"


def _seal(lines, n):
    return next(one for one in lines if one.get("seal", {}).get("n") == n)


def _spoil_state(lines):
    row = _seal(lines, 3)["rows"]
    row["texts"]["action_runs"] = row["texts"]["action_runs"].replace("succeeded", "refused")


def _spoil_body(lines):
    line = _seal(lines, 3)["rows"]["journal"][0]
    line["body"] = line["body"].replace("TEN", "FIFTY")


def _empty_body(lines):
    line = _seal(lines, 3)["rows"]["journal"][1]
    line["body"] = None


def _drop_line(lines):
    _seal(lines, 3)["rows"]["journal"].pop()


def _spoil_version(lines):
    [version] = [one["prompt_version"] for one in lines if "prompt_version" in one]
    version["text"] = version["text"].replace("10", "20")


def _spoil_deed(lines):
    row = _seal(lines, 4)["rows"]
    row["texts"]["audit_entries"] = row["texts"]["audit_entries"].replace("Old", "Older")


def _drop_seal(lines):
    lines.remove(_seal(lines, 3))


def _sign_otherwise(lines):
    _seal(lines, 3)["seal"]["signature"] = "00" * 64


def _say_erased(lines):
    _seal(lines, 3)["seal"]["is_erasure"] = True


SPOILERS = (
    _spoil_state, _spoil_body, _empty_body, _drop_line, _spoil_version, _spoil_deed, _drop_seal,
    _sign_otherwise, _say_erased,
)  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILERS, ids=lambda one: one.__name__)
def test_the_program_finds_what_was_changed(embedded_database, clock, tmp_path, spoil) -> None:
    office = Office(embedded_database, clock, tmp_path)
    lines = office.export()

    spoil(lines)

    answer = office.verify(lines)
    assert answer.returncode == 1
    assert answer.stderr.startswith("BROKEN: ")


def test_the_program_misses_neither_a_cut_tail_nor_another_key(
    embedded_database, clock, tmp_path
) -> None:
    office = Office(embedded_database, clock, tmp_path)
    lines = office.export()

    cut = office.verify(lines[:-2], office.public_key(), str(office.head()))
    foreign = office.verify(lines, "ab" * 32)

    assert cut.stderr == "BROKEN: the noted head is not in the chain\n"
    assert "signed with another key" in foreign.stderr


def test_an_apps_administrator_gets_every_seal_and_their_own_rows(office) -> None:
    with office.database.writing() as transaction:
        now = office.clock.now()
        write_audit(
            transaction, SYSTEM, "company.name_changed", "Secret plans", at=now, after={"name": "x"}
        )
    office.seal()
    admin = Actor("op_1", "Ann", app_roles={APP: Role.APP_ADMIN})

    text = b"".join(office.exporting.by(admin).lines(APP))

    lines = [json.loads(line) for line in text.splitlines()]
    assert b"Secret plans" not in text
    assert lines[-1]["left_out"] == "not of this app"
    assert office.verify(lines, office.public_key(), str(office.head())).returncode == 0


@pytest.mark.parametrize("app_id", [None, "app_other"])
def test_an_apps_administrator_may_not_export_the_rest(office, app_id) -> None:
    admin = Actor("op_1", "Ann", app_roles={APP: Role.APP_ADMIN})

    with pytest.raises(Forbidden):
        office.exporting.by(admin).lines(app_id)


# --- a proof -----------------------------------------------------------------------------------


def test_a_proof_tells_what_was_shown_clicked_sent_answered_and_sealed(office) -> None:
    proof = office.proving.prove(APP, "u1")

    text = "\n".join(proof.as_text(office.audit.whole()))
    for told in (
        "Add coupon (coupon TEN): succeeded",
        "shown      2026-03-02 12:00:00.000  Stay, version 1",
        "clicked    2026-03-02 12:00:00.000  accept",
        "sent       ",
        "answered   ",
        "as 1:",
        "Their seals verify.",
        f"The whole chain verifies: 6 seals, up to {office.head()}.",
    ):
        assert told in text


def test_a_proof_of_one_change_as_json_names_lines_seals_and_verdicts(office) -> None:
    run_id = office.one("SELECT subject FROM seals WHERE n = 1")

    told = json.loads(office.proving.prove(APP, "u1", run_id=run_id).as_json(office.audit.whole()))

    [change] = told["changes"]
    assert change["run"] == run_id
    assert [one["told"] for one in change["journal"]] == ["ordered", "sent", "answered"]
    assert [one["n"] for one in change["seals"]] == [1]
    assert change["shown"]["version_digest"] == change["seals"][0]["facts"]["prompt_versions"]
    assert (told["own_seals_verify"], told["chain_verifies"]) == (True, True)


def test_a_proof_says_when_it_does_not_hold(office) -> None:
    run_id = office.one("SELECT subject FROM seals WHERE n = 1")
    office.spoil("UPDATE action_runs SET state = 'refused' WHERE id = ?", run_id)

    proof = office.proving.prove(APP, "u1")

    assert not proof.holds
    assert proof.flaw is not None
    assert proof.flaw.row == run_id
    assert any(line.startswith("BROKEN: action_runs") for line in proof.as_text())


def test_a_proof_is_given_also_where_what_was_shown_cannot_be_read(office) -> None:
    office.spoil("UPDATE prompt_versions SET body = '{}'")

    proof = office.proving.prove(APP, "u1")

    assert proof.flaw is not None
    assert proof.flaw.table == "prompt_versions"


def test_nothing_is_proven_of_a_stranger(office) -> None:
    with pytest.raises(NotFound):
        office.proving.prove(APP, "stranger")
    with pytest.raises(NotFound):
        office.proving.prove(APP, "u1", run_id="r0")
