import pytest

from builders import a_prompt, a_rule, an_action
from clocks import START
from standfast.domain.prompt import PromptStatus
from standfast.domain.snapshot import LivePrompt, LiveSegment, Snapshot, compile_snapshot
from standfast.store.apps import AppRow, add_app
from standfast.store.database import Database
from standfast.store.snapshots import add_snapshot, find_snapshot

SNAPSHOT = Snapshot(
    "app_1",
    2.5,
    (LivePrompt("prm_1", 1, PromptStatus.LIVE, a_prompt(an_action(coupon="TEN"))),),
    (LiveSegment("seg_1", "Gold", a_rule(plan="gold")),),
)


@pytest.fixture
def stocked(database: Database) -> Database:
    with database.writing() as transaction:
        add_app(transaction, AppRow("app_1", "Acme", (), "UTC", 0.0, b"", None, START))
    return database


def test_a_snapshot_is_found_by_its_hash_and_has_that_hash_again(stocked: Database):
    with stocked.writing() as transaction:
        for _ in range(2):  # the same contents may be published twice
            add_snapshot(transaction, SNAPSHOT, snapshot_hash=SNAPSHOT.hash, at=START)

    with stocked.reading() as reader:
        found = find_snapshot(reader, "app_1", SNAPSHOT.hash)

    assert found == SNAPSHOT
    assert found is not None
    assert found.hash == SNAPSHOT.hash


def test_another_apps_snapshot_is_not_found(stocked: Database):
    with stocked.writing() as transaction:
        add_snapshot(transaction, SNAPSHOT, snapshot_hash=SNAPSHOT.hash, at=START)

    with stocked.reading() as reader:
        assert find_snapshot(reader, "app_2", SNAPSHOT.hash) is None


def test_a_compiled_snapshot_goes_by_the_hash_it_was_stored_under():
    assert compile_snapshot(SNAPSHOT, known_as="of an older release").hash == "of an older release"
    assert compile_snapshot(SNAPSHOT).hash == SNAPSHOT.hash
