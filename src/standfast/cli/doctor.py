"""Looks at everything an installation needs. Status 0 when all is well, 1 when something is not."""

import sqlite3
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from standfast.cli.failures import FAILURES, told
from standfast.config import Settings
from standfast.store.apps import list_apps
from standfast.store.connections import Health, list_connections
from standfast.store.database import Database, open_database
from standfast.store.limits import list_differences
from standfast.store.migrate import HEADS, Standing, read_streams
from standfast.store.vault import KEY_FILE, KEY_VARIABLE, Vault, broken_seals, read_keys

LEAST_PYTHON = (3, 11)
LEAST_SQLITE = (3, 35, 0)
NETWORK_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs"})
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)


class Grade(StrEnum):
    GOOD = "ok"
    WARNING = "warning"
    WRONG = "WRONG"


@dataclass(frozen=True)
class Finding:
    """`text` says what was found, and what to do when it is not well."""

    what: str
    grade: Grade
    text: str


def examine(settings: Settings, environment: Mapping[str, str]) -> int:
    """Reads only: it may run beside a server."""
    findings = [_python(), _clock(), *_place(settings, environment)]
    for one in findings:
        sys.stdout.write(f"{one.grade:<8} {one.what:<12} {one.text}\n")
    return 1 if any(one.grade is Grade.WRONG for one in findings) else 0


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < LEAST_PYTHON:
        return Finding("python", Grade.WRONG, f"{found}; install 3.11 or newer")
    return Finding("python", Grade.GOOD, found)


def _clock() -> Finding:
    now = datetime.now(UTC)
    if now < EARLIEST:
        return Finding("clock", Grade.WRONG, f"it says {now:%Y-%m-%d}; set it (NTP)")
    return Finding("clock", Grade.GOOD, f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _place(settings: Settings, environment: Mapping[str, str]) -> list[Finding]:
    if not settings.is_embedded:
        return _judged("database", lambda: _database(settings, environment))
    found = [_sqlite(), _folder(settings.data)]
    if not (settings.data / "core.sqlite3").exists():
        text = f"none yet in {settings.data}; `standfast serve` makes it"
        return [*found, Finding("database", Grade.WARNING, text)]
    return [*found, *_judged("database", lambda: _database(settings, environment))]


def _sqlite() -> Finding:
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        text = f"{sqlite3.sqlite_version}; install 3.35 or newer, or use PostgreSQL"
        return Finding("sqlite", Grade.WRONG, text)
    return Finding("sqlite", Grade.GOOD, sqlite3.sqlite_version)


def _folder(data: Path) -> Finding:
    if not data.is_dir():
        return Finding("data folder", Grade.WARNING, f"{data} is not there yet")
    system = _file_system(data)
    if system in NETWORK_SYSTEMS:
        text = f"{data} lies on {system}: SQLite loses data there; use a local disk or PostgreSQL"
        return Finding("data folder", Grade.WRONG, text)
    mode = data.stat().st_mode & 0o777
    if mode & 0o077:
        text = f"{data} can be read by others (mode {mode:03o}); run: chmod 700 {data}"
        return Finding("data folder", Grade.WRONG, text)
    return Finding("data folder", Grade.GOOD, f"{data}, {system or 'local'}, mode {mode:03o}")


def _file_system(folder: Path) -> str:
    """The kernel's word for what the folder lies on; "" where it does not tell."""
    try:
        lines = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    target, best = folder.resolve(), ("", "")
    for line in lines:
        _, mount, system, *_ = line.split(" ")
        if target.is_relative_to(mount) and len(mount) >= len(best[0]):
            best = (mount, system)
    return best[1]


def _database(settings: Settings, environment: Mapping[str, str]) -> list[Finding]:
    with closing(open_database(settings.data, settings.database_url)) as database:
        findings = _migrations(database)
        if any(one.grade is Grade.WRONG for one in findings):
            return findings
        key = _judged("key", lambda: _key(database, settings, environment))
        return [
            *findings,
            *key,
            *_connections(database),
            *_judged("limits", lambda: _limits(database)),
        ]


def _migrations(database: Database) -> list[Finding]:
    findings = [Finding("database", Grade.GOOD, "it answers")]
    for one in read_streams(database):
        if one.standing is Standing.CURRENT:
            text, grade = f"{one.name} has revision {one.version}", Grade.GOOD
        else:
            text = f"{one.name} is {one.standing} ({one.version}), this version needs "
            text, grade = f"{text}{HEADS[one.name]}; run: standfast migrate", Grade.WRONG
        findings.append(Finding("migrations", grade, text))
    return findings


def _key(database: Database, settings: Settings, environment: Mapping[str, str]) -> list[Finding]:
    variable = environment.get(KEY_VARIABLE)
    if not variable and not (settings.data / KEY_FILE).exists():
        text = f"there is none: restore {settings.data / KEY_FILE} or set {KEY_VARIABLE}"
        return [Finding("key", Grade.WRONG, text)]
    keys = read_keys(settings.data, variable)
    with database.reading() as reader:
        broken = broken_seals(reader, Vault(keys))
        apps = len(list_apps(reader))
    if broken:
        return [Finding("key", Grade.WRONG, text) for text in broken]
    source = KEY_VARIABLE if variable else "key file"
    findings = [Finding("key", Grade.GOOD, f"{source}; opens every secret of {apps} apps")]
    if len(keys) > 1:
        text = "more than one key: finish the rotation with `standfast rotate-key`"
        findings.append(Finding("key", Grade.WARNING, text))
    return findings


def _connections(database: Database) -> list[Finding]:
    with database.reading() as reader:
        rows = list_connections(reader)
    return [
        Finding(
            "connection",
            Grade.GOOD if row.health is Health.OK else Grade.WRONG,
            f"{row.connector} of {row.app_id}: {row.health_detail or row.health}"
            + ("" if row.is_active else " (switched off)"),
        )
        for row in rows
    ]


def _limits(database: Database) -> list[Finding]:
    with database.reading() as reader:
        wrong = list_differences(reader)
    if not wrong:
        return [Finding("limits", Grade.GOOD, "every counter is the sum of what is reserved")]
    return [
        Finding(
            "limits",
            Grade.WRONG,
            f"{one.counter.scope} {one.counter.subject} {one.counter.period} of {one.app_id} "
            f"says {one.used}, reserved are {one.reserved}; restore a backup",
        )
        for one in wrong
    ]


def _judged(what: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return look()
    except FAILURES as error:
        return [Finding(what, Grade.WRONG, told(error))]
