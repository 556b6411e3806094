"""Visitors from a CSV file: what is taken, what is not, and why."""

import pytest

from clocks import FrozenClock
from deciding import DecidingRig
from standfast.domain.roles import Role
from standfast.domain.visitor import BillingIdSource
from standfast.services.errors import FieldInvalid
from standfast.services.import_visitors import Imported, ImportVisitors, rejected_csv
from standfast.services.permissions import Actor, Forbidden
from standfast.services.read_csv import (
    MOST_BYTES,
    MOST_ROWS,
    Column,
    ColumnKind,
    Table,
    read_table,
    trait_key,
)
from standfast.store.audit import AuditFilter, list_entries
from standfast.store.database import Database
from standfast.store.visitors import VisitorRow, count_visitors, find_visitor

USER, TEXT, SKIP = ColumnKind.USER_ID, ColumnKind.TEXT, ColumnKind.SKIP


class Desk:
    def __init__(self, rig: DecidingRig) -> None:
        self.rig = rig
        self.imports = ImportVisitors(rig.database, rig.registry, rig.clock)

    def run(self, text: str) -> Imported:
        """With the columns as they are suggested."""
        table = read_table(text.encode())
        return self.imports.run(self.rig.app_id, table, self.suggest(table))

    def suggest(self, table: Table) -> tuple[Column, ...]:
        return self.imports.suggest(self.rig.app_id, table)

    def problems(self, text: str, *columns: Column) -> list[tuple[int, str, str]]:
        table = read_table(text.encode())
        checked = self.imports.check(self.rig.app_id, table, columns or self.suggest(table))
        return [
            (one.row.line, error.column, error.text)
            for one in checked.rejected
            for error in one.errors
        ]

    def visitor(self, user_id: str) -> VisitorRow:
        with self.rig.database.reading() as reader:
            row = find_visitor(reader, self.rig.app_id, user_id)
        assert row is not None
        return row

    def count(self) -> int:
        with self.rig.database.reading() as reader:
            return count_visitors(reader, self.rig.app_id)


@pytest.fixture
def desk(embedded_database: Database, clock: FrozenClock) -> Desk:
    return Desk(DecidingRig(embedded_database, clock))


@pytest.fixture
def desk_on_both(database: Database, clock: FrozenClock) -> Desk:
    return Desk(DecidingRig(database, clock))


def test_good_rows_become_visitors_with_typed_traits(desk_on_both: Desk) -> None:
    desk = desk_on_both

    imported = desk.run(
        "user_id,choosy_id,First name,seats,beta,since\n"
        "ann,c1,Ann,3,yes,2024-05-01\n"
        "ben,c2,Ben,4.5,no,2024-06-01\n"
    )

    assert (imported.added, imported.changed, imported.rejected) == (2, 0, [])
    ann = desk.visitor("ann")
    expected = {
        "choosy_id": "c1", "first_name": "Ann", "seats": 3, "beta": True, "since": "2024-05-01",
    }  # fmt: skip
    assert ann.traits == expected
    assert ann.sources["choosy_id"].source is BillingIdSource.CSV


def test_a_second_import_of_the_same_file_changes_nothing(desk_on_both: Desk) -> None:
    desk = desk_on_both
    text = "user_id,choosy_id,seats\nann,c1,3\nben,c2,4\n"
    desk.run(text)
    desk.rig.clock.advance(60)

    again = desk.run(text)

    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)


def test_an_empty_cell_leaves_the_trait_as_it_is(desk: Desk) -> None:
    desk.rig.visitors.save(desk.rig.app_id, "ann", {"plan": "gold", "seats": 3}, is_test=True)

    desk.rig.clock.advance(60)
    imported = desk.run("user_id,plan,seats\nann,,5\n")

    assert imported.changed == 1
    assert desk.visitor("ann").traits == {"plan": "gold", "seats": 5}
    assert desk.visitor("ann").is_test


def test_a_newer_import_wins_over_the_server(desk: Desk) -> None:
    desk.rig.visitors.save(desk.rig.app_id, "ann", {"choosy_id": "c1"})
    desk.rig.clock.advance(60)

    desk.run("user_id,choosy_id\nann,c2\n")

    found = desk.rig.reading.read(desk.rig.identity()).billing_ids["choosy_id"]
    assert (found.value, found.source) == ("c2", BillingIdSource.CSV)


def test_more_rows_than_one_batch_are_all_written(desk_on_both: Desk) -> None:
    rows = "".join(f"user-{n},{n}\n" for n in range(1_203))

    imported = desk_on_both.run(f"user_id,seats\n{rows}")

    assert imported.added == 1_203
    assert desk_on_both.count() == 1_203


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\xff", "UTF-8"),
        (b"user_id,a\0b\nann,1", "no text file"),
        ("user_id,name\nann,M\xfcller".encode("latin-1"), "CSV UTF-8"),
        (b"user_id,,seats\nann,1,2", "Column 2 has no name"),
        (b"user_id,a,a\nann,1,2", "called"),
        (b",,\nann,1,2", "name the columns"),
        (b"user_id,seats\n", "no row"),
        (b'user_id,seats\nann,"3\nben,4', "Mend the quotes"),
        (b"x" * (MOST_BYTES + 1), "5 MB"),
        ((",".join(f"c{n}" for n in range(101)) + "\n1").encode(), "100 columns"),
        (b"user_id\n" + b"a\n" * (MOST_ROWS + 1), "50,000 rows"),
    ],
)
def test_an_unusable_file_is_refused_with_a_remedy(content: bytes, told: str) -> None:
    with pytest.raises(FieldInvalid, match=told) as refused:
        read_table(content)

    assert refused.value.field == "file"


@pytest.mark.parametrize(
    "content",
    [
        "user_id;seats\r\nann;3\r\n".encode("utf-8-sig"),
        b"user_id\tseats\nann\t3\n",
        "user_id,seats\nann,3".encode("utf-16"),
        b'"user_id","seats"\n\n"ann","3"\n\n',
    ],
)
def test_files_of_spreadsheets_are_read(content: bytes) -> None:
    table = read_table(content)

    assert table.header == ("user_id", "seats")
    assert [row.cells for row in table.rows] == [("ann", "3")]


def test_a_row_that_spans_lines_keeps_the_number_of_its_first(desk: Desk) -> None:
    text = 'user_id,note\nann,"two\nlines"\n,lost\n'

    assert desk.problems(text) == [
        (4, "user_id", "It is empty. Write your own id of this customer.")
    ]


@pytest.mark.parametrize(
    ("kind", "cell", "told"),
    [
        (ColumnKind.NUMBER, "1,234", "without thousands separators"),
        (ColumnKind.NUMBER, "inf", "too great"),
        (ColumnKind.YES_OR_NO, "maybe", "Write yes or no"),
        (ColumnKind.DATE, "01.03.2026", "Write it as 2026-03-01"),
        (ColumnKind.TEXT, "x" * 1_001, "at most 1000 characters"),
    ],
)
def test_a_bad_cell_is_named_with_line_column_and_remedy(
    desk: Desk, kind: ColumnKind, cell: str, told: str
) -> None:
    columns = (Column(USER), Column(kind, "size"))

    [(line, column, text)] = desk.problems(f'user_id,Size\nann,\nben,"{cell}"\n', *columns)

    assert (line, column) == (3, "Size")
    assert told in text


def test_a_bad_row_does_not_hold_up_the_others(desk: Desk) -> None:
    imported = desk.run("user_id,seats\nann,3\nben,4,5\nann,6\n" + "x" * 129 + ",1\ncy,7\n")

    assert imported.added == 2
    told = [(one.row.line, one.errors[0].text) for one in imported.rejected]
    assert [line for line, _ in told] == [3, 4, 5]
    assert "3 cells" in told[0][1]
    assert "line 2" in told[1][1]
    assert "128 bytes" in told[2][1]


def test_a_visitor_with_too_many_traits_is_rejected_at_the_write(desk: Desk) -> None:
    desk.rig.visitors.save(desk.rig.app_id, "ann", {f"t{n}": n for n in range(200)})

    imported = desk.run("user_id,seats\nann,3\nben,4\n")

    assert imported.added == 1
    assert "at most 200 traits" in imported.rejected[0].errors[0].text


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ((Column(TEXT, "a"), Column(TEXT, "b")), "columns"),
        ((Column(USER), Column(USER)), "columns[1].kind"),
        ((Column(USER), Column(TEXT, "not a key")), "columns[1].trait"),
    ],
)
def test_columns_that_clash_are_refused_and_nothing_is_written(
    desk: Desk, columns: tuple[Column, ...], field: str
) -> None:
    table = read_table(b"user_id,seats\nann,3\n")

    with pytest.raises(FieldInvalid) as refused:
        desk.imports.run(desk.rig.app_id, table, columns)

    assert refused.value.field == field
    assert desk.count() == 0


def test_two_columns_cannot_become_one_trait(desk: Desk) -> None:
    table = read_table(b"user_id,a,b\nann,3,4\n")
    columns = (Column(USER), Column(TEXT, "same"), Column(TEXT, "same"))

    with pytest.raises(FieldInvalid, match="cannot both become same"):
        desk.imports.check(desk.rig.app_id, table, columns)


def test_a_column_can_be_left_out(desk: Desk) -> None:
    table = read_table(b"user_id,secret\nann,3\n")

    desk.imports.run(desk.rig.app_id, table, (Column(USER), Column(SKIP, "secret")))

    assert desk.visitor("ann").traits == {}


def test_the_kinds_of_columns_are_guessed(desk: Desk) -> None:
    table = read_table(b"id,choosy_id,zip,seats,beta,since,note\nann,12,00501,3,true,2024-05-01,\n")

    kinds = [one.kind.value for one in desk.suggest(table)]

    assert kinds == ["user_id", "text", "text", "number", "yes_or_no", "date", "text"]


@pytest.mark.parametrize(
    ("name", "key"), [("First name", "first_name"), ("1st", "_1st"), ("Größe", "gr_e"), ("", "")]
)
def test_the_name_of_a_column_becomes_a_key(name: str, key: str) -> None:
    assert trait_key(name) == key


def test_rejected_rows_can_be_mended_and_sent_again(desk: Desk) -> None:
    table = read_table(b"user_id,seats\n,3\nann,4\n")
    checked = desk.imports.check(desk.rig.app_id, table, desk.suggest(table))

    again = read_table(rejected_csv(table, checked.rejected))

    assert again.header == ("line", "problem", "user_id", "seats")
    assert again.rows[0].cells[0] == "2"


def test_only_administrators_import_and_the_audit_log_holds_no_values(desk: Desk) -> None:
    app = desk.rig.app_id
    table = read_table(b"user_id,seats\nann,31337\n")
    columns = desk.suggest(table)
    member = Actor("m", "Mia", None, {app: Role.APP_MEMBER})
    admin = Actor("a", "Ada", None, {app: Role.APP_ADMIN})

    with pytest.raises(Forbidden):
        desk.imports.by(member).run(app, table, columns)
    desk.imports.by(admin).run(app, table, columns)

    with desk.rig.database.reading() as reader:
        [entry] = list_entries(reader, AuditFilter(), offset=0, limit=9)
    assert (entry.deed, entry.actor_name) == ("visitor.imported", "Ada")
    assert "31337" not in str(entry)
