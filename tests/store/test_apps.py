from clocks import FrozenClock
from standfast.store.apps import (
    AppRow,
    add_app,
    find_app,
    list_apps,
    list_snapshot_hashes,
    lock_app,
    save_app_settings,
    save_snapshot_hash,
)
from standfast.store.database import Database


def an_app(app_id: str = "app_1", name: str = "Acme") -> AppRow:
    now = FrozenClock().now()
    return AppRow(app_id, name, ("https://acme.io",), "UTC", 0.0, b"sealed", None, now)


def test_an_app_is_found_as_it_was_added(database: Database):
    with database.writing() as transaction:
        add_app(transaction, an_app())

    with database.reading() as reader:
        assert find_app(reader, "app_1") == an_app()
        assert find_app(reader, "app_2") is None
        assert list_apps(reader) == (an_app(),)


def test_an_app_never_prints_its_secret():
    assert "sealed" not in repr(an_app())


def test_changed_settings_and_what_is_live_are_kept(database: Database):
    with database.writing() as transaction:
        add_app(transaction, an_app())
        save_app_settings(
            transaction, "app_1", name="New", domains=(), time_zone="CET", holdout_percent=2.5
        )
        save_snapshot_hash(transaction, "app_1", "h1")

    with database.writing() as transaction:
        row = lock_app(transaction, "app_1")

    assert row is not None
    assert (row.name, row.domains, row.time_zone, row.holdout_percent) == ("New", (), "CET", 2.5)
    assert row.snapshot_hash == "h1"


def test_what_is_live_in_every_app_is_read_at_once(database: Database):
    with database.writing() as transaction:
        add_app(transaction, an_app())
        add_app(transaction, an_app("app_2"))
        save_snapshot_hash(transaction, "app_2", "h2")

    with database.reading() as reader:
        assert list_snapshot_hashes(reader) == {"app_1": None, "app_2": "h2"}
