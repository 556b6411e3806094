"""The commands that only read the audit chain and what is kept of a visitor.

They open the database themselves and write nothing, so they run beside a server.
"""

import sys
import time
from argparse import Namespace
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from standfast.clock import SystemClock
from standfast.config import Settings
from standfast.connectors.registry import Registry
from standfast.domain.audit_chain import Head, read_head
from standfast.services.errors import FieldInvalid, NotFound
from standfast.services.export_audit import ExportAudit
from standfast.services.export_visitor import ExportVisitor
from standfast.services.prove_change import ProveChange
from standfast.services.verify_audit import Progress, Verdict, VerifyAudit
from standfast.store.bodies import learn_types
from standfast.store.database import Database, open_database
from standfast.store.migrate import SchemaDiffers, Standing, read_streams
from standfast.store.seal_keys import KnownKey, known_key
from standfast.store.vault import KEY_FILE, KEY_VARIABLE, Vault, read_keys

DONE, FAILED = 0, 1
TOLD_EVERY_SECONDS = 2.0


@dataclass(frozen=True)
class _Desk:
    """What the commands read with."""

    database: Database
    vault: Vault | None
    registry: Registry
    clock: SystemClock

    @property
    def verifying(self) -> VerifyAudit:
        return VerifyAudit(self.database, self.vault, self.clock)


def read_only(asked: Namespace, settings: Settings, environment: Mapping[str, str]) -> int:
    """`audit …` and `visitor export`."""
    learn_types()
    with _desk(settings, environment) as desk:
        return _COMMANDS[asked.command, asked.verb](desk, asked)


def _verify(desk: _Desk, asked: Namespace) -> int:
    noted = _head(asked.head) if asked.head else None
    keys = [_key(one) for one in asked.public_key]
    verdict = desk.verifying.whole(public_keys=keys, noted=noted, progress=_progress())
    for line in told(verdict):
        _say(line)
    return DONE if verdict.holds else FAILED


def told(verdict: Verdict) -> list[str]:
    """A verdict in sentences."""
    if verdict.flaw is not None:
        return [
            f"BROKEN: {verdict.flaw}",
            f"The {verdict.seals:,} seals before that hold, up to {verdict.head}.",
        ]
    lines = ["Nothing has been sealed yet."]
    if verdict.seals:
        lines = [f"{verdict.seals:,} seals hold, up to {verdict.head}."]
    if verdict.waiting:
        lines.append(f"{verdict.waiting:,} more wait for their seal, none longer than 60 s.")
    return lines


def _tell_head(desk: _Desk, _asked: Namespace) -> int:
    _say(str(desk.verifying.state().head))
    return DONE


def _tell_key(desk: _Desk, _asked: Namespace) -> int:
    keys = desk.verifying.state().keys
    for one in keys:
        _say(one.public_key)
    return DONE if keys else _fail("Nothing has been sealed yet.")


def _export(desk: _Desk, asked: Namespace) -> int:
    for line in ExportAudit(desk.database, desk.clock).lines(asked.app):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return DONE


def _prove(desk: _Desk, asked: Namespace) -> int:
    proving = ProveChange(desk.database, desk.registry, desk.verifying)
    proof = proving.prove(asked.app, asked.visitor, run_id=asked.run)
    verdict = None if asked.quick else desk.verifying.whole(progress=_progress())
    if asked.json:
        sys.stdout.buffer.write(proof.as_json(verdict))
        sys.stdout.buffer.flush()
    else:
        for line in proof.as_text(verdict):
            _say(line)
    return DONE if proof.holds and (verdict is None or verdict.holds) else FAILED


def _export_visitor(desk: _Desk, asked: Namespace) -> int:
    exporting = ExportVisitor(desk.database, desk.registry, desk.clock)
    sys.stdout.buffer.write(exporting.export(asked.app, asked.user))
    sys.stdout.buffer.flush()
    return DONE


_COMMANDS: Mapping[tuple[str, str], Callable[[_Desk, Namespace], int]] = {
    ("audit", "verify"): _verify,
    ("audit", "head"): _tell_head,
    ("audit", "key"): _tell_key,
    ("audit", "export"): _export,
    ("audit", "prove"): _prove,
    ("visitor", "export"): _export_visitor,
}
READ_ONLY = frozenset(_COMMANDS)
"""(command, verb) of those that need no server and disturb none."""


@contextmanager
def _desk(settings: Settings, environment: Mapping[str, str]) -> Generator[_Desk]:
    if settings.is_embedded and not (settings.data / "core.sqlite3").exists():
        raise NotFound(f"There is no database in {settings.data}.")
    database = open_database(settings.data, settings.database_url)
    try:
        for one in read_streams(database):
            if one.standing is not Standing.CURRENT:
                raise SchemaDiffers(f"{one.name} is {one.standing}. Run: standfast migrate")
        vault = _vault(settings, environment)
        yield _Desk(database, vault, Registry.from_entry_points(), SystemClock())
    finally:
        database.close()


def _vault(settings: Settings, environment: Mapping[str, str]) -> Vault | None:
    """None where no key is: an auditor may hold a copy of the database and nothing else."""
    variable = environment.get(KEY_VARIABLE)
    if not variable and not (settings.data / KEY_FILE).exists():
        return None
    return Vault(read_keys(settings.data, variable))


def _head(text: str) -> Head:
    head = read_head(text)
    if head is None:
        raise FieldInvalid("is NUMBER:HASH, as `standfast audit head` prints it.", field="--head")
    return head


def _key(text: str) -> KnownKey:
    try:
        return known_key(text)
    except ValueError:
        advice = "is 64 hexadecimal characters, as `standfast audit key` prints them."
        raise FieldInvalid(advice, field="--public-key") from None


def _progress() -> Progress:
    """On standard error, where it takes longer than a moment."""
    told_at = time.monotonic()

    def tell(done: int, every: int) -> bool:
        nonlocal told_at
        if time.monotonic() - told_at >= TOLD_EVERY_SECONDS and done < every:
            told_at = time.monotonic()
            sys.stderr.write(f"{done:,} of {every:,} seals\n")
        return True

    return tell


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _fail(message: str) -> int:
    sys.stderr.write(f"standfast: {message}\n")
    return FAILED
