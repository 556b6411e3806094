from pathlib import Path

import pytest
from sqlalchemy import Inspector, inspect, text

from standfast.store import migrate
from standfast.store.database import Database, open_database
from standfast.store.migrate import (
    HEADS,
    SchemaDiffers,
    Standing,
    known_revisions,
    prepare,
    read_streams,
    upgrade,
    version_table,
)


@pytest.fixture
def empty(tmp_path: Path, database_url: str | None) -> Database:
    return open_database(tmp_path / "empty", database_url)


def _shape(inspector: Inspector, table: str) -> dict:
    return {
        "columns": [
            (one["name"], str(one["type"]), one["nullable"]) for one in inspector.get_columns(table)
        ],
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


def test_an_older_database_is_upgraded_only_when_allowed(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(empty, may_upgrade=False)
    monkeypatch.setitem(HEADS, "core", "0002")

    with pytest.raises(SchemaDiffers, match="standfast migrate"):
        prepare(empty, may_upgrade=False)
    assert "0001 to 0002" in prepare(empty, may_upgrade=True)[0]
    empty.close()
