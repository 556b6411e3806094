"""Visitors from a file: checked row by row, and only the good rows are written."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from standfast.clock import Clock
from standfast.connectors.registry import Registry
from standfast.domain.roles import Permission
from standfast.domain.rules.model import read_instant
from standfast.domain.visitor import BillingIdSource, TraitValue
from standfast.services.errors import FieldInvalid, NotFound
from standfast.services.permissions import Acting
from standfast.services.read_csv import (
    NO,
    YES,
    Column,
    ColumnKind,
    Table,
    TableRow,
    suggest_columns,
)
from standfast.services.save_visitor import merged, read_trait, refuse_bad_user_id
from standfast.services.write_audit import write_audit
from standfast.store.apps import find_app
from standfast.store.database import Database, Transaction
from standfast.store.visitor_batches import lock_visitors, save_visitors
from standfast.store.visitors import VisitorRow

BATCH = 500

Changes = Mapping[str, TraitValue]


@dataclass(frozen=True)
class RowError:
    """What is wrong, and what to do; `column` is empty where the whole row is meant."""

    column: str
    text: str


@dataclass(frozen=True)
class Rejected:
    row: TableRow
    errors: tuple[RowError, ...]


@dataclass(frozen=True)
class Ready:
    row: TableRow
    user_id: str
    changes: Changes


@dataclass(frozen=True)
class Checked:
    """Every row of the file is in exactly one of the two."""

    ready: tuple[Ready, ...]
    rejected: tuple[Rejected, ...]


@dataclass
class Imported:
    """What came of it; `unchanged` were known just so."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list[Rejected])


class ImportVisitors(Acting):
    """An empty cell leaves the trait as it is. A billing id is kept with the source `csv`."""

    def __init__(self, database: Database, registry: Registry, clock: Clock) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock

    @property
    def system_traits(self) -> frozenset[str]:
        return frozenset(connector.spec.trait for connector in self._registry)

    def suggest(self, app_id: str, table: Table) -> tuple[Column, ...]:
        """Raises `Forbidden`."""
        self._allow(Permission.CHANGE_VISITORS, app_id)
        return suggest_columns(table, self.system_traits)

    def check(self, app_id: str, table: Table, columns: Sequence[Column]) -> Checked:
        """Writes nothing. Raises `Forbidden`, and `FieldInvalid` where the columns clash."""
        self._allow(Permission.CHANGE_VISITORS, app_id)
        _refuse_clash(table, columns)
        ready: list[Ready] = []
        rejected: list[Rejected] = []
        lines: dict[str, int] = {}
        for row in table.rows:
            found = self._read(table, columns, row, lines)
            if isinstance(found, Ready):
                lines[found.user_id] = row.line
                ready.append(found)
            else:
                rejected.append(found)
        return Checked(tuple(ready), tuple(rejected))

    def run(self, app_id: str, table: Table, columns: Sequence[Column]) -> Imported:
        """Writes the good rows, 500 at a time; a second run of the same file changes nothing."""
        checked = self.check(app_id, table, columns)
        imported = Imported(rejected=list(checked.rejected))
        now = self._clock.now()
        for start in range(0, len(checked.ready), BATCH):
            with self._database.writing(alone=True) as transaction:
                if find_app(transaction, app_id) is None:
                    raise NotFound(f"There is no app {app_id}.")
                self._write(
                    transaction, app_id, checked.ready[start : start + BATCH], imported, now
                )
        self._note(app_id, imported, columns, now)
        return imported

    def _read(
        self, table: Table, columns: Sequence[Column], row: TableRow, lines: Mapping[str, int]
    ) -> Ready | Rejected:
        errors: list[RowError] = []
        if len(row.cells) != len(table.header):
            text = f"It has {len(row.cells)} cells, the first line has {len(table.header)}."
            return Rejected(row, (RowError("", f"{text} Mend the separators or quotes."),))
        user_id = _user_id(table, columns, row)
        for name, problem in _user_id_problems(table, columns, user_id, lines):
            errors.append(RowError(name, problem))
        changes: dict[str, TraitValue] = {}
        for name, column, cell in zip(table.header, columns, row.cells, strict=True):
            text = cell.strip()
            if column.kind in {ColumnKind.SKIP, ColumnKind.USER_ID} or not text:
                continue
            try:
                is_system = column.trait in self.system_traits
                value = text if is_system else _value(column.kind, text)
                changes[column.trait] = read_trait(column.trait, value, is_system=is_system)
            except FieldInvalid as refused:
                errors.append(RowError(name, str(refused)))
        return Rejected(row, tuple(errors)) if errors else Ready(row, user_id, changes)

    def _write(
        self,
        transaction: Transaction,
        app_id: str,
        batch: Sequence[Ready],
        imported: Imported,
        now: datetime,
    ) -> None:
        present = lock_visitors(transaction, app_id, [one.user_id for one in batch], at=now)
        written: list[VisitorRow] = []
        for one in batch:
            before = present[one.user_id]
            try:
                after = merged(
                    before, one.changes, system=set(self.system_traits),
                    source=BillingIdSource.CSV, at=now,
                )  # fmt: skip
            except FieldInvalid as refused:
                imported.rejected.append(Rejected(one.row, (RowError("", str(refused)),)))
                continue
            written.append(after)
            if before.created_at == before.updated_at == now:
                imported.added += 1
            elif after.traits != before.traits:
                imported.changed += 1
            else:
                imported.unchanged += 1
        save_visitors(transaction, written)

    def _note(
        self, app_id: str, imported: Imported, columns: Sequence[Column], now: datetime
    ) -> None:
        """Counts and the names of the traits; never their values."""
        told = {
            "added": imported.added,
            "changed": imported.changed,
            "unchanged": imported.unchanged,
            "rejected": len(imported.rejected),
            "traits": [one.trait for one in columns if one.trait and one.kind != "skip"],
        }
        with self._database.writing() as transaction:
            write_audit(
                transaction, self.actor, "visitor.imported", "CSV file",
                at=now, app_id=app_id, before={}, after=told,
            )  # fmt: skip


def rejected_csv(table: Table, rejected: Sequence[Rejected]) -> bytes:
    """The rows that were not taken, as they came, with line and problem in front."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("line", "problem", *table.header))
    for one in rejected:
        problems = "; ".join(f"{e.column}: {e.text}" if e.column else e.text for e in one.errors)
        writer.writerow((one.row.line, problems, *one.row.cells))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _refuse_clash(table: Table, columns: Sequence[Column]) -> None:
    """Exactly one column names the visitor, and every trait comes from one column only."""
    owners = [place for place, one in enumerate(columns) if one.kind is ColumnKind.USER_ID]
    if not owners:
        raise FieldInvalid("Choose the column that holds your user id.", field="columns")
    if len(owners) > 1:
        problem = "Only one column can hold the user id."
        raise FieldInvalid(problem, field=f"columns[{owners[1]}].kind")
    seen: dict[str, str] = {}
    for place, (name, one) in enumerate(zip(table.header, columns, strict=True)):
        if one.kind in {ColumnKind.SKIP, ColumnKind.USER_ID}:
            continue
        where = f"columns[{place}].trait"
        if one.trait in seen:
            problem = f"“{seen[one.trait]}” and “{name}” cannot both become {one.trait}."
            raise FieldInvalid(problem, field=where)
        try:
            read_trait(one.trait, None, is_system=False)
        except FieldInvalid as refused:
            raise FieldInvalid(str(refused), field=where) from refused
        seen[one.trait] = name


def _user_id(table: Table, columns: Sequence[Column], row: TableRow) -> str:
    place = next(n for n, one in enumerate(columns) if one.kind is ColumnKind.USER_ID)
    return row.cells[place].strip() if place < len(table.header) else ""


def _user_id_problems(
    table: Table, columns: Sequence[Column], user_id: str, lines: Mapping[str, int]
) -> Iterator[tuple[str, str]]:
    name = next(
        title
        for title, one in zip(table.header, columns, strict=True)
        if one.kind is ColumnKind.USER_ID
    )
    if not user_id:
        yield name, "It is empty. Write your own id of this customer."
        return
    if user_id in lines:
        yield name, f"{user_id} stands in line {lines[user_id]} already. Keep one of the two."
    try:
        refuse_bad_user_id(user_id)
    except FieldInvalid as refused:
        yield name, str(refused)


def _value(kind: ColumnKind, text: str) -> TraitValue:
    """Raises `FieldInvalid` that says how to write it."""
    match kind:
        case ColumnKind.NUMBER:
            return _number(text)
        case ColumnKind.YES_OR_NO:
            if text.lower() not in YES | NO:
                raise FieldInvalid(f"“{text[:40]}” is neither yes nor no. Write yes or no.")
            return text.lower() in YES
        case ColumnKind.DATE:
            if read_instant(text) is None:
                raise FieldInvalid(f"“{text[:40]}” is no date. Write it as 2026-03-01.")
            return text
        case ColumnKind.LIST:
            return [one.strip() for one in text.split(";") if one.strip()]
        case _:
            return text


def _number(text: str) -> int | float:
    try:
        value = float(text)
    except ValueError as error:
        problem = f"“{text[:40]}” is no number. Write it as 1234.5, without thousands separators."
        raise FieldInvalid(problem) from error
    return int(text) if text.lstrip("-").isdecimal() else value
