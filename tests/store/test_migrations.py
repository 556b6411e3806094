from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Inspector, inspect, text

from standfast.domain.action_run import Origin
from standfast.domain.attempt_chain import first_broken
from standfast.store import migrate
from standfast.store.audit import AuditFilter, digest_of
from standfast.store.audit import list_entries as list_deeds
from standfast.store.database import Database, open_database
from standfast.store.migrate import (
    HEADS,
    SchemaDiffers,
    Standing,
    alembic_config,
    known_revisions,
    prepare,
    read_streams,
    upgrade,
    version_table,
)
from standfast.store.runs import get_run, list_entries


@pytest.fixture
def empty(tmp_path: Path, database_url: str | None) -> Database:
    return open_database(tmp_path / "empty", database_url)


def _shape(inspector: Inspector, table: str) -> dict:
    return {
        "columns": sorted(  # their order means nothing: every statement names them
            (one["name"], str(one["type"]), one["nullable"]) for one in inspector.get_columns(table)
        ),
        "primary": sorted(inspector.get_pk_constraint(table)["constrained_columns"]),
        "unique": sorted(
            tuple(one["column_names"]) for one in inspector.get_unique_constraints(table)
        ),
        "indexes": sorted(
            (one["name"], tuple(one["column_names"])) for one in inspector.get_indexes(table)
        ),
        "foreign": sorted(
            (tuple(one["constrained_columns"]), one["referred_table"])
            for one in inspector.get_foreign_keys(table)
        ),
    }


def _shapes(database: Database) -> dict:
    shapes = {}
    for reading in (database.reading, database.reading_mirror):
        with reading() as reader:
            inspector = inspect(reader.connection)
            shapes |= {name: _shape(inspector, name) for name in inspector.get_table_names()}
    return shapes


def _upgrade_from_nothing(database: Database) -> None:
    with database.writing() as transaction:
        upgrade(transaction.connection, "core")
    with database.writing_mirror() as transaction:
        upgrade(transaction.connection, "mirror")


def test_the_revisions_from_nothing_end_where_a_fresh_database_begins(
    tmp_path: Path, database_url: str | None, request: pytest.FixtureRequest
) -> None:
    kind = "embedded_database" if database_url is None else "postgresql_database"
    fresh: Database = request.getfixturevalue(kind)
    prepare(fresh, may_upgrade=False)
    upgraded = open_database(tmp_path / "upgraded", database_url)

    _upgrade_from_nothing(upgraded)

    assert _shapes(upgraded) == _shapes(fresh)
    assert [one.standing for one in read_streams(upgraded)] == [Standing.CURRENT] * 2
    upgraded.close()


@pytest.mark.parametrize("name", ["core", "mirror"])
def test_the_head_in_the_code_is_the_newest_file(name: str) -> None:
    assert known_revisions(name)[0] == HEADS[name]


def test_a_fresh_database_is_built_and_signed_without_alembic(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "upgrade", None)
    monkeypatch.setattr(migrate, "alembic_config", None)

    done = prepare(empty, may_upgrade=False)

    assert len(done) == 2
    assert [one.standing for one in read_streams(empty)] == [Standing.CURRENT] * 2
    assert prepare(empty, may_upgrade=False) == ()
    empty.close()


def _sign(database: Database, revision: str) -> None:
    with database.writing() as transaction:
        statement = f"UPDATE {version_table('core')} SET version_num = '{revision}'"
        transaction.connection.execute(text(statement))


def test_a_database_of_a_newer_version_is_left_alone(empty: Database) -> None:
    prepare(empty, may_upgrade=False)
    _sign(empty, "9999")

    with pytest.raises(SchemaDiffers, match="Install the version"):
        prepare(empty, may_upgrade=True)
    empty.close()


def _build_at(database: Database, revision: str) -> None:
    with database.writing() as transaction:
        config = alembic_config("core")
        config.attributes["connection"] = transaction.connection
        config.attributes["stream"] = "core"
        command.upgrade(config, revision)
    with database.writing_mirror() as transaction:
        upgrade(transaction.connection, "mirror")


def _insert(database: Database, table: str, **values: object) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join(f":{name}" for name in values)
    with database.writing() as transaction:
        statement = text(f"INSERT INTO {table} ({names}) VALUES ({marks})")
        transaction.connection.execute(statement, values)


def _columns_at_first(database: Database, table: str) -> dict[str, object]:
    """Something for every column that must not be null."""
    plain = {"INTEGER": 1, "BIGINT": 1, "BOOLEAN": True, "BLOB": b"", "BYTEA": b"", "FLOAT": 1.0}
    plain["DOUBLE"] = 1.0  # PostgreSQL says it in full
    with database.reading() as reader:
        found = inspect(reader.connection).get_columns(table)
    found_columns: dict[str, object] = {
        one["name"]: plain.get(str(one["type"]).split()[0], "{}")
        for one in found
        if not one["nullable"]
    }
    return found_columns


def _row_at_first(database: Database, table: str, **values: object) -> None:
    _insert(database, table, **(_columns_at_first(database, table) | values))


def test_an_older_database_is_upgraded_only_when_allowed_and_keeps_its_journals(
    empty: Database,
) -> None:
    _build_at(empty, "0001")
    _row_at_first(empty, "apps", id="app_1")
    _row_at_first(empty, "connections", id="con_1", app_id="app_1")
    _row_at_first(empty, "interactions", id="i1", claim="c1")
    _row_at_first(
        empty, "action_runs", id="r1", interaction_id="i1", connection_id="con_1", state="succeeded"
    )
    for n in (1, 2):
        body = '{"billing_id": "7"}'
        _row_at_first(empty, "action_attempts", run_id="r1", n=n, kind="created", body=body)
    _row_at_first(empty, "audit_entries", id="aud_1", deed="app.renamed")

    with pytest.raises(SchemaDiffers, match="standfast migrate"):
        prepare(empty, may_upgrade=False)
    done = prepare(empty, may_upgrade=True)

    assert done == ("The core database went from 0001 to 0003.",)
    with empty.reading() as reader:
        entries = list_entries(reader, "r1")
        run = get_run(reader, "r1")
        [deed] = list_deeds(reader, AuditFilter(), offset=0, limit=2)
    assert first_broken(entries) is None
    assert (run.entries, run.last_hash, run.origin) == (1, entries[-1].hash, Origin.CLICK)
    assert entries[0].body == {"billing_id": "7"}
    assert deed.digest == digest_of(deed, deed.salt)
    empty.close()
