"""A run and its journal as rows and back, without a statement builder in between."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import fields
from sqlalchemy import Connection

from standfast.contract.actions import Preview
from standfast.domain.action_run import ActionRun, Origin, RunResult, RunState
from standfast.domain.attempt_chain import Entry
from standfast.store.columns import instant, json_text, read_instant
from standfast.store.driver import execute, inserting

FIELDS = tuple(one.name for one in fields(ActionRun))
COLUMNS = ", ".join(f"action_runs.{name}" for name in FIELDS)

_MUTABLE = (
    "state",
    "due_at",
    "deadline_at",
    "tries",
    "look_ups",
    "token_group",
    "sends",
    "has_open_intent",
    "first_sent_at",
    "last_sent_at",
    "doubt_at",
    "last_try_at",
    "target",
    "result",
    "memo",
    "incident",
    "entries",
    "last_hash",
    "finished_at",
)
_ENTRY = (
    "run_id",
    "n",
    "kind",
    "fence",
    "state",
    "at",
    "body",
    "salt",
    "body_digest",
    "previous_hash",
    "hash",
)


def _dict_reader() -> Callable[[str], dict[str, str]]:
    return msgspec.json.Decoder(dict[str, str]).decode


def _optional(read: Callable[[str], Any]) -> Callable[[str | None], Any]:
    return lambda text: None if text is None else read(text)


_INSTANTS = frozenset(one.name for one in fields(ActionRun) if one.name.endswith(("_at", "_until")))
_JSON: Mapping[str, Callable[[Any], Any]] = {
    "parameters": _dict_reader(),
    "memo": _dict_reader(),
    "result": msgspec.json.Decoder(RunResult).decode,
    "quoted": _optional(msgspec.json.Decoder(Preview).decode),
}
_ENUMS: Mapping[str, Callable[[Any], Any]] = {"state": RunState, "origin": Origin}
_FLAGS = frozenset({"stop_on_error", "moves_money", "has_open_intent", "waits_when_down"})


def _writer(name: str) -> Callable[[Any], Any] | None:
    if name in _INSTANTS:
        return instant
    if name in _JSON:
        return json_text
    return str if name in _ENUMS else None


def _reader(name: str) -> Callable[[Any], Any] | None:
    if name in _INSTANTS:
        return read_instant
    if name in _FLAGS:
        return bool  # SQLite keeps 0 and 1
    return _JSON.get(name) or _ENUMS.get(name)


def _values(run: ActionRun, names: Iterable[str]) -> list[Any]:
    return [
        getattr(run, name) if (write := _WRITERS[name]) is None else write(getattr(run, name))
        for name in names
    ]


_WRITERS = {name: _writer(name) for name in FIELDS}
_READERS = tuple((name, _reader(name)) for name in FIELDS)


def run_of(row: Iterable[Any]) -> ActionRun:
    """The run in a row of `COLUMNS`."""
    return ActionRun(**{
        name: value if read is None else read(value)
        for (name, read), value in zip(_READERS, row, strict=True)
    })  # fmt: skip


def select_runs(connection: Connection, rest: str, values: Iterable[Any]) -> tuple[ActionRun, ...]:
    """`rest` is what follows FROM action_runs, in our own words."""
    statement = f"SELECT {COLUMNS} FROM action_runs {rest}"  # noqa: S608 - see above
    return tuple(run_of(row) for row in execute(connection, statement, values).fetchall())


_INSERT_RUN = inserting("action_runs", (*FIELDS, "sealed_hash"))
_INSERT_ENTRY = inserting("action_attempts", _ENTRY)
_SET = ", ".join(f"{name} = ?" for name in _MUTABLE)
_HELD = "WHERE id = ? AND fence = ? AND entries = ?"
_UPDATE_HELD = f"UPDATE action_runs SET {_SET} {_HELD}"  # noqa: S608 - our own names
_UPDATE_FREED = f"UPDATE action_runs SET {_SET}, lease_until = NULL {_HELD}"  # noqa: S608 - our own names
_INSERT_OURS = _INSERT_ENTRY.replace("VALUES (", "SELECT ").removesuffix(")") + " FROM ours"  # noqa: S608 - our own names
_INSERT_BOTH = f"WITH ours AS ({_INSERT_RUN} RETURNING 1) {_INSERT_OURS}"
_BOTH_HELD = f"WITH ours AS ({_UPDATE_HELD} RETURNING 1) {_INSERT_OURS}"
_BOTH_FREED = f"WITH ours AS ({_UPDATE_FREED} RETURNING 1) {_INSERT_OURS}"


def insert_run_with_entry(connection: Connection, run: ActionRun, entry: Entry) -> None:
    values = (*_values(run, FIELDS), "")
    if connection.dialect.name != "postgresql":  # SQLite cannot do both in one statement
        execute(connection, _INSERT_RUN, values)
        insert_entry(connection, entry)
    else:
        execute(connection, _INSERT_BOTH, (*values, *_entry_values(entry)))


def insert_entry(connection: Connection, entry: Entry) -> None:
    execute(connection, _INSERT_ENTRY, _entry_values(entry))


def _entry_values(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.run_id,
        entry.n,
        entry.kind.value,
        entry.fence,
        str(entry.state),
        instant(entry.at),
        json_text(entry.body),
        entry.salt,
        entry.body_digest,
        entry.previous_hash,
        entry.hash,
    )


def update_run(connection: Connection, run: ActionRun, *, known: int, keep_lease: bool) -> bool:
    """Whether the run was ours under its fence, with `known` entries in its journal."""
    statement = _UPDATE_HELD if keep_lease else _UPDATE_FREED
    values = (*_values(run, _MUTABLE), run.id, run.fence, known)
    return execute(connection, statement, values).rowcount == 1


def update_run_with_entry(
    connection: Connection, run: ActionRun, entry: Entry, *, known: int, keep_lease: bool
) -> bool:
    """As `update_run`; the entry is written too when the run was ours."""
    if connection.dialect.name != "postgresql":  # SQLite cannot do both in one statement
        is_ours = update_run(connection, run, known=known, keep_lease=keep_lease)
        if is_ours:
            insert_entry(connection, entry)
        return is_ours
    statement = _BOTH_HELD if keep_lease else _BOTH_FREED
    values = (*_values(run, _MUTABLE), run.id, run.fence, known, *_entry_values(entry))
    return execute(connection, statement, values).rowcount == 1
