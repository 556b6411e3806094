"""Brings a database to the present schema. A fresh one needs no Alembic at all."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from standfast.store.database import Database, Reader, Transaction, metadata_of

HEADS = {"core": "0003", "mirror": "0001"}
"""The newest revision of each stream; a test holds them to the files in migrations/."""

SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 5_170_042  # any number, the same in every process


class SchemaDiffers(Exception):
    """The database was made by another version of Standfast; the message says what to do."""


class Standing(StrEnum):
    FRESH = "fresh"
    """No tables yet."""
    UNSTAMPED = "unstamped"
    """Tables of the present schema that nobody has signed."""
    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    """Made by a newer version: going back is not possible."""


@dataclass(frozen=True)
class Stream:
    """`name` is core or mirror; `version` the revision found, None before the first."""

    name: str
    standing: Standing
    version: str | None


def read_streams(database: Database) -> tuple[Stream, ...]:
    """How core and mirror stand."""
    with database.reading() as core, database.reading_mirror() as mirror:
        return (_stream("core", core), _stream("mirror", mirror))


def prepare(database: Database, *, may_upgrade: bool) -> tuple[str, ...]:
    """Build what is missing; upgrade only when allowed. What was done, one sentence each.

    Raises `SchemaDiffers`.
    """
    if all(one.standing is Standing.CURRENT for one in read_streams(database)):
        return ()
    done: list[str] = []
    for name in HEADS:
        with _writing(database, name) as transaction:
            done += _prepare(transaction, name, may_upgrade=may_upgrade)
    return tuple(done)


def _prepare(transaction: Transaction, name: str, *, may_upgrade: bool) -> list[str]:
    found = _stream(name, transaction)
    match found.standing:
        case Standing.CURRENT:
            return []
        case Standing.FRESH | Standing.UNSTAMPED:
            metadata_of(name).create_all(transaction.connection)
            _stamp(transaction.connection, name)
            return [f"The {name} database was built at revision {HEADS[name]}."]
        case Standing.NEWER:
            raise SchemaDiffers(
                f"The {name} database has revision {found.version}, which this version of "
                "Standfast does not know. Install the version that made it, or a newer one."
            )
        case Standing.OLDER:
            if not may_upgrade:
                raise SchemaDiffers(
                    f"The {name} database has revision {found.version}; this version needs "
                    f"{HEADS[name]}. Run: standfast migrate"
                )
            upgrade(transaction.connection, name)
            return [f"The {name} database went from {found.version} to {HEADS[name]}."]


def upgrade(connection: Connection, name: str) -> None:
    """Run the revisions that are missing, inside the caller's transaction."""
    from alembic import command

    config = alembic_config(name)
    config.attributes["connection"] = connection
    config.attributes["stream"] = name
    command.upgrade(config, "head")


def known_revisions(name: str) -> tuple[str, ...]:
    """Newest first."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(alembic_config(name))
    return tuple(one.revision for one in scripts.walk_revisions())


def alembic_config(name: str):  # noqa: ANN201 - naming the type would load Alembic at every start
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("version_locations", str(SCRIPTS / name).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config


def version_table(name: str) -> str:
    return f"schema_version_{name}"


@contextmanager
def _writing(database: Database, name: str) -> Generator[Transaction]:
    """One migrating process at a time."""
    opened = database.writing() if name == "core" else database.writing_mirror()
    with opened as transaction:
        if not database.is_embedded:
            lock = text("SELECT pg_advisory_xact_lock(:number)")
            transaction.connection.execute(lock, {"number": _LOCK})
        yield transaction


def _stream(name: str, reader: Reader) -> Stream:
    inspector = inspect(reader.connection)
    tables = set(inspector.get_table_names())
    if version_table(name) in tables:
        query = text(f"SELECT version_num FROM {version_table(name)}")  # noqa: S608 - our own name
        version = reader.connection.execute(query).scalar_one_or_none()
        return Stream(name, _standing(name, version), version)
    is_built = tables & set(metadata_of(name).tables)
    return Stream(name, Standing.UNSTAMPED if is_built else Standing.FRESH, None)


def _standing(name: str, version: str | None) -> Standing:
    if version == HEADS[name]:
        return Standing.CURRENT
    return Standing.OLDER if version in known_revisions(name) else Standing.NEWER


def _stamp(connection: Connection, name: str) -> None:
    table = version_table(name)
    connection.execute(
        text(f"CREATE TABLE IF NOT EXISTS {table} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    )
    connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own name
    connection.execute(
        text(f"INSERT INTO {table} (version_num) VALUES (:version)"),  # noqa: S608
        {"version": HEADS[name]},
    )
