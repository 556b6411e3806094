"""The sealed chain with all it stands for, as JSON Lines that anybody can verify without us."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from standfast.clock import Clock
from standfast.domain.attempt_chain import Entry
from standfast.domain.audit_chain import (
    VERSIONS,
    Row,
    RunRows,
    Seal,
    canonical,
    deed_texts,
)
from standfast.domain.roles import Permission
from standfast.services.permissions import Acting
from standfast.store.columns import instant
from standfast.store.database import Database, Reader
from standfast.store.seal_keys import list_known_keys
from standfast.store.sealed_rows import read_deeds, read_runs, walk_versions
from standfast.store.seals import find_head, list_seals, newest_seals

FORMAT = "standfast audit 1"
BATCH = 100


@dataclass(frozen=True)
class ExportAudit(Acting):
    """The format is told in docs/audit.md, with a program that verifies it."""

    database: Database
    clock: Clock

    def lines(self, app_id: str | None = None) -> Iterator[bytes]:
        """Every seal, in order; what it stands for only where it concerns the app, if one is named.

        Raises `Forbidden` before the first line.
        """
        self._allow(Permission.CHANGE_APP if app_id else Permission.CHANGE_COMPANY, app_id)
        return self._lines(app_id)

    def _lines(self, app_id: str | None) -> Iterator[bytes]:
        with self.database.reading_one_moment() as reader:
            yield _line(self._heading(reader, app_id))
            for row in walk_versions(reader, app_id):
                named = {"prompt_id": row["prompt_id"], "version": row["version"]}
                yield _line({"prompt_version": {**named, "text": canonical(row)}})
            after = 0
            while links := list_seals(reader, after=after, limit=BATCH):
                yield from _told(reader, links, app_id)
                after = links[-1].n

    def _heading(self, reader: Reader, app_id: str | None) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "exported_at": self.clock.now(),
            "app": app_id,
            "head": str(find_head(reader)),
            "public_keys": {one.id: one.public_key for one in list_known_keys(reader, None)},
        }


def _told(reader: Reader, links: Sequence[Seal], app_id: str | None) -> Iterator[bytes]:
    subjects = [one.subject for one in links]
    newest = newest_seals(reader, subjects)
    runs = read_runs(reader, subjects, journals=True)
    deeds = read_deeds(reader, subjects)
    for one in links:
        seal = {**msgspec.structs.asdict(one), "at": instant(one.at)}
        rows, left_out = None, None
        if newest[one.subject].n != one.n:
            left_out = f"sealed again as {newest[one.subject].n}"
        elif app_id is not None and _app_of(runs, deeds, one.subject) != app_id:
            left_out = "not of this app"
        elif one.subject in runs:
            if runs[one.subject].run["last_hash"] != one.digest:
                left_out = "it has gone on since, and will be sealed again"
            else:
                rows = run_told(runs[one.subject])
        elif one.subject in deeds:
            rows = _deed_told(deeds[one.subject])
        yield _line({"seal": seal, "rows": rows, "left_out": left_out})


def _app_of(runs: dict[str, RunRows], deeds: dict[str, Row], subject: str) -> str | None:
    if subject in runs:
        return runs[subject].run["app_id"]
    return deeds[subject]["app_id"] if subject in deeds else None


def run_told(rows: RunRows) -> dict[str, Any]:
    """What a run's seal was made over: texts as they were hashed, and the journal."""
    texts = {table: text for table, text in rows.texts().items() if table != VERSIONS}
    return {
        "salt": rows.entries[0].salt if rows.entries else "",
        "texts": texts,
        "journal": [_entry_told(one) for one in rows.entries],
    }


def _deed_told(row: Row) -> dict[str, Any]:
    return {"salt": row["salt"], "texts": deed_texts(row)}


def _entry_told(entry: Entry) -> dict[str, Any]:
    """`body` is the text that was hashed, None once erased."""
    told = msgspec.structs.asdict(entry)
    body = None
    if entry.body is not None:
        body = msgspec.json.encode(entry.body, order="sorted").decode()
    return {**told, "at": instant(entry.at), "body": body}


def _line(told: dict[str, Any]) -> bytes:
    return msgspec.json.encode(told) + b"\n"
