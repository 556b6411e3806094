"""A person is exported and erased, through the real ledger and its sealed chain."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from clocks import FrozenClock
from ledger.rig import APP, CONNECTION, a_run, an_interaction
from sealing import SealedLedger
from standfast.connectors.registry import Registry
from standfast.contract.connector import Notice
from standfast.contract.records import CustomerBilling, CustomerRecord
from standfast.contract.testing import ScriptedConnector
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.redoing import hindrance_to_again, hindrance_to_undo
from standfast.domain.roles import Role
from standfast.services import erase_visitor
from standfast.services.erase_visitor import EraseVisitor
from standfast.services.errors import FieldInvalid, NotFound, NotNow
from standfast.services.export_visitor import ExportVisitor
from standfast.services.permissions import Actor, Forbidden
from standfast.services.see_visitors import SeeVisitors
from standfast.store.billing import replace_customers, save_fresh_billing
from standfast.store.database import Database, Transaction
from standfast.store.interactions import add_interaction, count_interaction
from standfast.store.runs import add_run, append_entry, get_run
from standfast.store.schema import core, mirror, visitors
from standfast.store.visitors import lock_visitor, save_visitor
from standfast.store.webhooks import add_webhook

PERSON = "ada-7731"
EMAIL = "ada.king@example.org"
ANSWER = "My cat does not like it"
CUSTOMER = "custada"
REASON = "Asked for by letter of 2 March"
TRACES = (PERSON, EMAIL, ANSWER, CUSTOMER)


class Home(SealedLedger):
    """One person who clicked, answered, was looked up, and changed by an operator."""

    def __init__(self, database: Database, clock: FrozenClock, folder: Path) -> None:
        super().__init__(database, clock, folder)
        self.ledger.world.add_customer(CUSTOMER, plan="gold")
        registry = Registry([ScriptedConnector(self.ledger.world)])
        seeing = SeeVisitors(database, clock)
        self.erasing = EraseVisitor(database, registry, self.seals, seeing, clock)
        self.exporting = ExportVisitor(database, registry, clock)

    def clicked(self, n: int = 1, *, person: str = PERSON, customer: str = CUSTOMER) -> ActionRun:
        now = self.clock.now()
        shown = replace(
            an_interaction(f"{person}-i{n}".replace(PERSON, "x"), now),
            visitor=f"u:{person}",
            user_id=person,
            billing_id=customer,
            values={"why": ANSWER},
            refusal={"reason": "other", "message": f"For {EMAIL}"},
        )
        run = msgspec.structs.replace(
            a_run(shown.id, 0, "add_coupon", customer, n, now),
            user_id=person,
            parameters={"coupon": "TEN", "message": ANSWER},
        )
        with self.database.writing() as transaction:
            assert add_interaction(transaction, shown)
            count_interaction(transaction, shown)
            return add_run(transaction, run)

    def is_known(self) -> None:
        """Everything that any table can hold of the person."""
        now = self.clock.now()
        with self.database.writing() as transaction:
            row = lock_visitor(transaction, APP, PERSON, at=now)
            row.traits.update(email=EMAIL, scripted_id=CUSTOMER)
            save_visitor(transaction, row)
            billing = CustomerBilling(CustomerRecord(CUSTOMER, PERSON, now, now), ())
            save_fresh_billing(transaction, CONNECTION, billing, at=now)
            notice = Notice("1", "renewal", CUSTOMER, None)
            add_webhook(transaction, CONNECTION, notice, EMAIL.encode(), now=now)
        with self.database.writing_mirror() as transaction:
            rows = [CustomerRecord(CUSTOMER, PERSON, now, now)]
            replace_customers(transaction, CONNECTION, rows, pass_id="p")
        run = self.clicked()
        self.ledger.work()
        with self.database.writing() as transaction:
            said = {"note": f"{EMAIL} called"}
            append_entry(transaction, run, EntryKind.RECORDED, said, at=now)
        self.deed(PERSON, "visitor.changed", visitor=f"u:{PERSON}", reason=f"Called {EMAIL}")
        self.deed(run.id, "run.undo_begun", reason=ANSWER)
        self.deed("Acme")

    def erase(self, person: str = PERSON, **given: str):
        given = {"reason": REASON, "confirmed": person, **given}
        return self.erasing.erase(APP, person, **given)

    def traces(self) -> dict[str, str]:
        """Where in any text of any table of both files the person can be found."""
        found = {}
        for metadata, reading in (
            (core, self.database.reading),
            (mirror, self.database.reading_mirror),
        ):
            with reading() as reader:
                for table in metadata.sorted_tables:
                    for row in reader.connection.execute(select(table)).mappings():
                        for name, value in row.items():
                            for trace in TRACES:
                                if trace.encode() in _bytes(value):
                                    found[f"{table.name}.{name}"] = trace
        return found


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return json.dumps(value, default=str, ensure_ascii=False).encode()


@pytest.fixture
def home(database: Database, clock: FrozenClock, tmp_path: Path) -> Home:
    made = Home(database, clock, tmp_path)
    made.is_known()
    made.seal()
    return made


def test_the_person_is_in_many_tables_before(home) -> None:
    tables = {where.partition(".")[0] for where in home.traces()}

    assert tables >= {
        "visitors", "visitor_prompts", "interactions", "action_runs", "action_attempts",
        "audit_entries", "fresh_records", "webhook_inbox", "customers",
    }  # fmt: skip


def test_nothing_of_the_person_is_left_in_any_table(home) -> None:
    home.erase()

    assert home.traces() == {}


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_chain_verifies_after_an_erasure(home, when) -> None:
    if when == "before":
        home.clicked(2)
        home.ledger.work()  # finished and not yet sealed

    home.erase()

    assert home.audit.whole().holds
    home.seal()
    assert home.audit.whole().holds
    assert home.audit.whole().waiting == 0


def test_what_was_sealed_before_is_still_held_against_the_journal(home) -> None:
    noted = home.head()
    home.erase()

    assert home.audit.whole(noted=noted).holds
    run_id = home.one("SELECT subject FROM seals WHERE kind = 'run' ORDER BY n LIMIT 1")
    changed = f"UPDATE action_attempts SET state = 'failed' WHERE run_id = '{run_id}' AND n = 2"
    assert home.flaw_after(changed).row == f"{run_id} line 2"


def test_what_was_done_when_and_by_which_action_stays(home) -> None:
    home.erase()

    with home.database.reading() as reader:
        run = get_run(reader, home.one("SELECT id FROM action_runs"))
    assert run.state is RunState.SUCCEEDED
    assert run.action == "add_coupon"
    assert run.parameters == {"coupon": "TEN"}
    assert run.user_id.startswith("erased-")


def test_a_change_of_somebody_erased_is_neither_undone_nor_run_again(home) -> None:
    run_id = home.one("SELECT id FROM action_runs")
    with home.database.reading() as reader:
        before = get_run(reader, run_id)
    home.erase()
    with home.database.reading() as reader:
        after = get_run(reader, run_id)

    assert hindrance_to_undo(before, (before,)) is None
    assert "erased" in (hindrance_to_undo(after, (after,)) or "")
    assert "erased" in (hindrance_to_again(after, (after,)) or "")


def test_one_name_stands_for_the_person_everywhere(home) -> None:
    home.clicked(2)
    home.ledger.work()

    erased = home.erase()

    assert (erased.interactions, erased.runs) == (2, 2)
    with home.database.reading() as reader:
        for table in ("interactions", "action_runs"):
            rows = reader.connection.execute(select(core.tables[table].c.user_id))
            names = {row.user_id for row in rows}
            assert names == {erased.pseudonym}


def test_the_erasure_itself_is_a_change_that_is_sealed(home) -> None:
    erased = home.erase()
    home.seal()

    deed = "SELECT {} FROM audit_entries WHERE deed = 'visitor.erased'"
    assert home.one(deed.format("subject")) == erased.pseudonym
    assert home.one(deed.format("reason")) == REASON
    assert home.one(deed.format("is_sealed"))


def test_others_are_left_alone(home) -> None:
    with home.database.writing() as transaction:
        lock_visitor(transaction, APP, "bob", at=home.clock.now())
    other = home.clicked(3, person="bob", customer="c1")
    home.ledger.work()

    home.erase()

    with home.database.reading() as reader:
        assert get_run(reader, other.id).user_id == "bob"
        ids = [row.user_id for row in reader.connection.execute(select(visitors.c.user_id))]
    assert sorted(ids) == ["bob", "u1"]
    assert home.one("SELECT before FROM audit_entries WHERE subject = 'Acme'") != "null"


def test_a_late_line_of_an_erased_run_is_sealed_as_its_erasure_was(home) -> None:
    home.erase()
    run_id = home.one("SELECT id FROM action_runs")
    with home.database.writing() as transaction:
        run = get_run(transaction, run_id)
        append_entry(transaction, run, EntryKind.STALE, {"fence": 1}, at=home.clock.now())

    home.seal()

    assert home.audit.whole().holds
    assert home.audit.whole().waiting == 0


def test_somebody_whose_change_is_under_way_is_not_erased(home) -> None:
    run = home.clicked(2)

    with pytest.raises(NotNow) as refused:
        home.erase()

    assert run.id in str(refused.value)
    assert home.traces()
    home.ledger.work()
    home.erase()


def test_a_change_that_needs_an_operator_is_recorded_first(home) -> None:
    run = home.clicked(2)
    home.ledger.work()
    home.spoil("UPDATE action_runs SET state = 'needs_operator' WHERE id = ?", run.id)

    with pytest.raises(NotNow, match="record what happened"):
        home.erase()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"confirmed": "somebody"}, "confirmed"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"reason": f"{PERSON} wrote"}, "reason"),
        ({"reason": f"Mail from {EMAIL.upper()}"}, "reason"),
    ],
    ids=["another id", "no reason", "a long one", "their id in it", "their address in it"],
)
def test_an_erasure_is_confirmed_and_says_why_without_naming_anybody(home, given, field) -> None:
    before = home.traces()

    with pytest.raises(FieldInvalid) as refused:
        home.erase(**given)

    assert refused.value.field == field
    assert home.traces() == before


def test_nobody_is_not_erased(home) -> None:
    with pytest.raises(NotFound):
        home.erase("nobody-1")


def test_a_member_may_neither_erase_nor_export(home) -> None:
    member = Actor("op_2", "Bob", app_roles={APP: Role.APP_MEMBER})

    with pytest.raises(Forbidden):
        home.erasing.by(member).erase(APP, PERSON, reason=REASON, confirmed=PERSON)
    with pytest.raises(Forbidden):
        home.exporting.by(member).export(APP, PERSON)


class Killed(BaseException):
    """As if the process had been ended here."""


@pytest.mark.parametrize("step", ["erase_deeds", "erase_visitor", "write_audit"])
def test_killed_in_between_it_is_as_if_it_had_not_begun_and_can_be_done_again(
    home, monkeypatch, step
) -> None:
    def killed(*_given: object, **_named: object) -> None:
        raise Killed

    monkeypatch.setattr(f"standfast.services.erase_visitor.{step}", killed)
    with pytest.raises(Killed):
        home.erase()
    monkeypatch.undo()
    assert home.audit.whole().holds

    home.erase()

    assert home.traces() == {}
    assert home.audit.whole().holds


def test_the_export_holds_everything_there_is_of_the_person(home) -> None:
    told = json.loads(home.exporting.export(APP, PERSON))

    assert told["visitor"]["traits"]["email"] == EMAIL
    assert [one["values"] for one in told["interactions"]] == [{"why": ANSWER}]
    [run] = told["runs"]
    assert run["parameters"]["message"] == ANSWER
    assert [line["kind"] for line in run["journal"]] == ["created", "intent", "outcome", "recorded"]
    assert {one["deed"] for one in told["changes"]} == {"visitor.changed", "run.undo_begun"}
    assert told["billing"][0]["records"]["customer"]["external_id"] == CUSTOMER
    assert told["prompts"]["p1"]["finals"] == 1


def test_after_an_erasure_there_is_nothing_to_export(home) -> None:
    home.erase()

    with pytest.raises(NotFound):
        home.exporting.export(APP, PERSON)


def test_a_click_that_comes_while_its_person_is_erased_is_not_left_behind(
    home, monkeypatch
) -> None:
    if home.database.is_embedded:
        pytest.skip("there is only one writer")
    real = erase_visitor.list_runs_of
    late: list[ActionRun] = []

    def overtaken(reader, app_id, user_id):
        runs = real(reader, app_id, user_id)
        if isinstance(reader, Transaction) and not late:
            late.append(home.clicked(2))
        return runs

    monkeypatch.setattr(erase_visitor, "list_runs_of", overtaken)
    with pytest.raises(NotNow, match="this very moment"):
        home.erase()

    with home.database.reading() as reader:
        assert get_run(reader, late[0].id).user_id == PERSON
    home.ledger.work()
    home.erase()
    assert home.traces() == {}
