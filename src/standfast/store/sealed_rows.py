"""What seals are made over: rows in their columns' own form, so that not a letter is lost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import Boolean, Table

from standfast.domain.attempt_chain import Entry
from standfast.domain.audit_chain import Row, RunRows
from standfast.store.columns import read_spoilt_instant
from standfast.store.database import Reader
from standfast.store.driver import execute
from standfast.store.schema import action_attempts, action_runs, interactions, prompt_versions
from standfast.store.schema_operators import audit_entries

# These lists are part of the seals' format: a column that is added later must not be put in here,
# or what was sealed before would no longer verify.
RUN_COLUMNS = (
    "id", "interaction_id", "position", "app_id", "connection_id", "connector", "action",
    "parameters", "user_id", "billing_id", "lane", "sequence", "stop_on_error", "moves_money",
    "state", "due_at", "deadline_at", "fence", "tries", "look_ups", "token_group", "sends",
    "has_open_intent", "first_sent_at", "last_sent_at", "doubt_at", "last_try_at", "target",
    "result", "memo", "origin", "parent_id", "started_by", "quoted", "waits_when_down", "incident",
    "entries", "last_hash", "created_at", "finished_at",
)  # fmt: skip
INTERACTION_COLUMNS = (
    "id", "app_id", "visitor", "user_id", "prompt_id", "version", "variation", "snapshot_hash",
    "decision", "view", "step", "kind", "claim", "values", "billing_id", "billing_id_source",
    "show", "refusal", "decided_at", "received_at", "quote",
)  # fmt: skip
VERSION_COLUMNS = ("prompt_id", "version", "body", "published_by", "published_at")
DEED_COLUMNS = (
    "id", "at", "actor_id", "actor_name", "app_id", "deed", "subject", "before", "after", "reason",
    "visitor", "salt", "digest", "is_sealed",
)  # fmt: skip
ENTRY_COLUMNS = (
    "run_id", "n", "kind", "fence", "state", "at", "body", "salt", "body_digest", "previous_hash",
    "hash",
)  # fmt: skip

_SEALED_HASH = "sealed_hash"


def read_runs(reader: Reader, run_ids: Sequence[str], *, journals: bool) -> dict[str, RunRows]:
    """By id, with what was shown before each. Without `journals` their lines stay empty."""
    runs = _rows(reader, action_runs, (*RUN_COLUMNS, _SEALED_HASH), "id", run_ids)
    shown = {
        row["id"]: row
        for row in _rows(
            reader,
            interactions,
            INTERACTION_COLUMNS,
            "id",
            sorted({row["interaction_id"] for row in runs}),
        )
    }
    versions = _versions(reader, shown.values())
    lines = _journals(reader, run_ids) if journals else {}
    return {row["id"]: _run_rows(row, shown, versions, lines) for row in runs}


def read_deeds(reader: Reader, ids: Sequence[str]) -> dict[str, Row]:
    return {row["id"]: row for row in _rows(reader, audit_entries, DEED_COLUMNS, "id", ids)}


def read_salts(reader: Reader, run_ids: Sequence[str]) -> dict[str, str]:
    """Of each run's first line, which salts what is sealed of the run; "" once erased."""
    if not run_ids:
        return {}
    statement = (
        f"SELECT run_id, salt FROM action_attempts WHERE n = 1 AND run_id IN ({_marks(run_ids)})"  # noqa: S608
    )
    return dict(execute(reader.connection, statement, run_ids).fetchall())


def walk_versions(reader: Reader, app_id: str | None) -> Iterator[Row]:
    """Every published version of every prompt."""
    where, values = "", ()
    if app_id is not None:
        where, values = "WHERE prompt_id IN (SELECT id FROM prompts WHERE app_id = ?)", (app_id,)
    statement = (
        f"SELECT {_names(VERSION_COLUMNS)} FROM prompt_versions {where} ORDER BY prompt_id, version"  # noqa: S608
    )
    for row in execute(reader.connection, statement, values).fetchall():
        yield _plain(prompt_versions, VERSION_COLUMNS, row)


def _run_rows(
    row: Row,
    shown: Mapping[str, Row],
    versions: Mapping[tuple[str, int], Row],
    lines: Mapping[str, list[Entry]],
) -> RunRows:
    before = shown.get(row["interaction_id"])
    version = versions.get((before["prompt_id"], before["version"])) if before else None
    return RunRows(row, before, version, lines.get(row["id"], []))


def _versions(reader: Reader, shown: Iterable[Row]) -> dict[tuple[str, int], Row]:
    found: dict[tuple[str, int], Row] = {}
    statement = (
        f"SELECT {_names(VERSION_COLUMNS)} FROM prompt_versions WHERE prompt_id = ? AND version = ?"  # noqa: S608
    )
    for key in {(row["prompt_id"], row["version"]) for row in shown}:
        for row in execute(reader.connection, statement, key).fetchall():
            found[key] = _plain(prompt_versions, VERSION_COLUMNS, row)
    return found


def _journals(reader: Reader, run_ids: Sequence[str]) -> dict[str, list[Entry]]:
    if not run_ids:
        return {}
    statement = (
        f"SELECT {_names(ENTRY_COLUMNS)} FROM action_attempts "  # noqa: S608 - our own names
        f"WHERE run_id IN ({_marks(run_ids)}) ORDER BY run_id, n"
    )
    rows = execute(reader.connection, statement, run_ids).fetchall()
    return {run_id: [_entry(one) for one in lines] for run_id, lines in groupby(rows, _first)}


def _first(row: Sequence[Any]) -> str:
    return str(row[0])


def _entry(row: Sequence[Any]) -> Entry:
    """A line as it stands, also one that somebody has spoilt: its hash will not fit."""
    told: dict[str, Any] = dict(zip(ENTRY_COLUMNS, row, strict=True))
    told["at"] = read_spoilt_instant(told["at"])
    told["body"] = _body(told["body"])
    return Entry(**told)


def _body(text: str) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(text, type=dict[str, Any] | None)
    except msgspec.DecodeError:
        return {"unreadable": text}


def _rows(
    reader: Reader, table: Table, names: Sequence[str], key: str, wanted: Sequence[str]
) -> list[Row]:
    if not wanted:
        return []
    statement = f"SELECT {_names(names)} FROM {table.name} WHERE {key} IN ({_marks(wanted)})"  # noqa: S608 - our own names
    rows = execute(reader.connection, statement, wanted).fetchall()
    return [_plain(table, names, row) for row in rows]


def _plain(table: Table, names: Sequence[str], row: Sequence[Any]) -> Row:
    """SQLite keeps true and false as 1 and 0."""
    flags = _FLAGS[table.name]
    return {
        name: bool(value) if name in flags and value is not None else value
        for name, value in zip(names, row, strict=True)
    }


def _names(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


_FLAGS = {
    table.name: {one.name for one in table.columns if isinstance(one.type, Boolean)}
    for table in (action_runs, interactions, prompt_versions, audit_entries, action_attempts)
}
