from typing import Any

import pytest

from builders import a_condition, a_rule
from clocks import START
from standfast.domain.rules.model import Some
from standfast.store.apps import AppRow, add_app
from standfast.store.database import Database
from standfast.store.segments import SegmentRow, find_segment, list_segments, save_segment


@pytest.fixture
def stocked(database: Database) -> Database:
    with database.writing() as transaction:
        for app_id in ("app_1", "app_2"):
            add_app(transaction, AppRow(app_id, "Acme", (), "UTC", 0.0, b"", None, START))
    return database


def a_segment(name: str = "Gold", **changes) -> SegmentRow:
    values: dict[str, Any] = {
        "id": "seg_1",
        "app_id": "app_1",
        "rule": a_rule(plan="gold"),
        **changes,
    }
    return SegmentRow(name=name, updated_at=START, **values)


@pytest.mark.parametrize(
    "rule",
    [
        a_rule(plan="gold", seats=3),
        Some("subscription", a_condition("state", "in", ["active", "trialing"])),
    ],
)
def test_a_segment_is_found_as_it_was_saved(stocked: Database, rule):
    with stocked.writing() as transaction:
        save_segment(transaction, a_segment(rule=rule))

    with stocked.reading() as reader:
        assert find_segment(reader, "app_1", "seg_1") == a_segment(rule=rule)


def test_saving_a_segment_again_replaces_it(stocked: Database):
    with stocked.writing() as transaction:
        save_segment(transaction, a_segment())
        save_segment(transaction, a_segment("Tin", rule=a_rule(plan="tin")))

    with stocked.reading() as reader:
        assert [one.name for one in list_segments(reader, "app_1")] == ["Tin"]


def test_a_segment_belongs_to_its_app_alone(stocked: Database):
    with stocked.writing() as transaction:
        save_segment(transaction, a_segment())
        save_segment(transaction, a_segment("Stolen", app_id="app_2"))

    with stocked.reading() as reader:
        assert find_segment(reader, "app_2", "seg_1") is None
        assert [one.name for one in list_segments(reader, "app_1")] == ["Gold"]
