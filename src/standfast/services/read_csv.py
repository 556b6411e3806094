"""A file of visitors as a table, and what its columns seem to hold."""

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from standfast.domain.rules.model import read_instant
from standfast.services.errors import FieldInvalid

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 100
LOOKED_AT = 200
USER_ID = frozenset({"user_id", "userid", "user", "id", "external_id", "customer_user_id"})
YES = frozenset({"true", "yes", "y", "1"})
NO = frozenset({"false", "no", "n", "0"})

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class ColumnKind(StrEnum):
    """What becomes of a column."""

    SKIP = "skip"
    USER_ID = "user_id"
    TEXT = "text"
    NUMBER = "number"
    YES_OR_NO = "yes_or_no"
    DATE = "date"
    LIST = "list"


@dataclass(frozen=True)
class Column:
    """How one column is read: as which trait, of which kind."""

    kind: ColumnKind
    trait: str = ""


@dataclass(frozen=True)
class TableRow:
    """`line` is where it begins in the file, from 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    header: tuple[str, ...]
    rows: tuple[TableRow, ...]

    def column(self, place: int) -> Iterator[str]:
        return (row.cells[place].strip() for row in self.rows if place < len(row.cells))


def read_table(content: bytes) -> Table:
    """Raises `FieldInvalid` for what is no table with a usable header; nothing is guessed then."""
    if not content.strip():
        raise _unusable("The file is empty.")
    if len(content) > MOST_BYTES:
        raise _unusable("The file is larger than 5 MB. Split it and import the parts.")
    text = _decoded(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = _header(next(reader, list[str]()))
        return Table(header, tuple(_rows(reader)))
    except csv.Error as error:
        raise _unusable(
            f"Line {reader.line_num} cannot be read: {error}. Mend the quotes."
        ) from error


def suggest_columns(table: Table, system: Collection[str]) -> tuple[Column, ...]:
    """By the names and the first 200 values; a connector's trait keeps its name and is text."""
    chosen: list[Column] = []
    has_user_id = False
    for place, name in enumerate(table.header):
        key = trait_key(name)
        if not has_user_id and key in USER_ID:
            has_user_id = True
            chosen.append(Column(ColumnKind.USER_ID))
        elif key in system:
            chosen.append(Column(ColumnKind.TEXT, key))
        else:
            values = [one for one, _ in zip(table.column(place), range(LOOKED_AT), strict=False)]
            chosen.append(Column(_guess([one for one in values if one]), key))
    return tuple(chosen)


def trait_key(name: str) -> str:
    """As in "First name" → "first_name"."""
    key = re.sub(r"[^A-Za-z0-9_-]+", "_", name.strip()).strip("_").lower()[:64]
    return key if not key or key[0].isalpha() or key[0] == "_" else f"_{key}"[:64]


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise _unusable("The file is not UTF-8. Save it as “CSV UTF-8” and try again.") from error
    if "\0" in text:
        raise _unusable("This is no text file. Export a CSV and try again.")
    return text


def _delimiter(text: str) -> str:
    """Whichever of , ; and tab the first line has most of."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _header(cells: list[str]) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in cells)
    if not any(names):
        raise _unusable("The first line must name the columns, as in user_id,chargify_id.")
    if len(names) > MOST_COLUMNS:
        raise _unusable(f"The file has more than {MOST_COLUMNS} columns.")
    for place, name in enumerate(names, start=1):
        if not name:
            raise _unusable(f"Column {place} has no name. Name it in the first line.")
        if names.index(name) != place - 1:
            raise _unusable(f"Two columns are called “{name}”. Rename one.")
    return names


def _rows(reader: "Iterator[list[str]]") -> Iterator[TableRow]:
    count, line = 0, _line_of(reader) + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            count += 1
            if count > MOST_ROWS:
                raise _unusable(f"The file has more than {MOST_ROWS:,} rows. Split it.")
            yield TableRow(line, tuple(cells))
        line = _line_of(reader) + 1
    if not count:
        raise _unusable("There is no row below the names of the columns.")


def _line_of(reader: object) -> int:
    return int(getattr(reader, "line_num", 0))


def _guess(values: list[str]) -> ColumnKind:
    if not values:
        return ColumnKind.TEXT
    if all(one.lower() in {"true", "false", "yes", "no"} for one in values):
        return ColumnKind.YES_OR_NO
    if all(_NUMBER.fullmatch(one) and not one.startswith("00") for one in values):
        return ColumnKind.NUMBER
    if all(read_instant(one) for one in values):
        return ColumnKind.DATE
    return ColumnKind.TEXT


def _unusable(problem: str) -> FieldInvalid:
    return FieldInvalid(problem, field="file")
