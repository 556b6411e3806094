from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert

from clocks import START
from standfast.domain.interaction import Kind
from standfast.domain.visitor import BillingIdSource, PromptHistory
from standfast.store.apps import AppRow, add_app
from standfast.store.database import Database
from standfast.store.schema import visitor_prompts
from standfast.store.visitors import (
    TraitSource,
    VisitorRow,
    find_visitor,
    list_history,
    lock_visitor,
    save_visitor,
)


@pytest.fixture
def stocked(database: Database) -> Database:
    with database.writing() as transaction:
        add_app(transaction, AppRow("app_1", "Acme", (), "UTC", 0.0, b"", None, START))
    return database


def test_a_new_visitor_is_added_when_locked_and_an_old_one_stays(stocked: Database):
    with stocked.writing() as transaction:
        added = lock_visitor(transaction, "app_1", "ann", at=START)
        again = lock_visitor(transaction, "app_1", "ann", at=START + timedelta(days=1))

    assert added == again == VisitorRow("app_1", "ann", START, START)


def test_a_visitor_is_found_as_saved_with_every_kind_of_trait(stocked: Database):
    with stocked.writing() as transaction:
        row = replace(
            lock_visitor(transaction, "app_1", "ann", at=START),
            traits={"a": "x", "b": 1, "c": 1.5, "d": True, "e": ["p", "q"], "chargify_id": "7"},
            sources={"chargify_id": TraitSource(BillingIdSource.CSV, START)},
            is_suppressed=True,
            is_test=True,
        )
        save_visitor(transaction, row)

    with stocked.reading() as reader:
        assert find_visitor(reader, "app_1", "ann") == row
        assert find_visitor(reader, "app_2", "ann") is None
        assert find_visitor(reader, "app_1", "Ann") is None


def test_history_is_told_by_prompt_for_one_visitor(stocked: Database):
    with stocked.writing() as transaction:
        for visitor, prompt_id, finals in (("u:ann", "p1", 2), ("a:ann", "p2", 1)):
            transaction.connection.execute(
                insert(visitor_prompts).values(
                    app_id="app_1",
                    visitor=visitor,
                    prompt_id=prompt_id,
                    finals=finals,
                    impressions=3,
                    last_kind="decline",
                    last_at=START,
                    accepted_at=None,
                )
            )

    with stocked.reading() as reader:
        assert list_history(reader, "app_1", "u:ann") == {
            "p1": PromptHistory(2, 3, Kind.DECLINE, START, None)
        }
