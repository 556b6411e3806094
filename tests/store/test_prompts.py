from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from builders import a_prompt, a_step, an_action
from clocks import START
from standfast.domain.prompt import (
    ManualTrigger,
    PageTrigger,
    PromptStatus,
    ReShow,
    ReShowRule,
    ReShowRules,
    Schedule,
    Triggers,
)
from standfast.store.apps import AppRow, add_app
from standfast.store.database import Database
from standfast.store.prompts import (
    PromptRow,
    VersionRow,
    add_prompt,
    add_version,
    find_prompt,
    find_version,
    list_prompts,
    list_published,
    list_versions,
    lock_prompt,
    save_prompt,
)

RICH = a_prompt(
    steps=(a_step("why", decline=(an_action("cancel_subscription", when="now"),)), a_step("offer")),
    triggers=Triggers((PageTrigger("/a", query={"x": "*"}, hash="h"),), (ManualTrigger("c"),), 1.5),
    schedule=Schedule(START, None),
    re_show=ReShowRules(after_decline=ReShowRule(ReShow.AFTER, 60.0)),
)


@pytest.fixture
def stocked(database: Database) -> Database:
    with database.writing() as transaction:
        add_app(transaction, AppRow("app_1", "Acme", (), "UTC", 0.0, b"", None, START))
    return database


def a_row(prompt_id: str = "prm_1", **changes) -> PromptRow:
    row = PromptRow(prompt_id, "app_1", "Offer", PromptStatus.DRAFT, RICH, 0, START, START)
    return replace(row, **changes)


def test_a_prompt_is_found_as_it_was_added(stocked: Database):
    with stocked.writing() as transaction:
        add_prompt(transaction, a_row())

    with stocked.reading() as reader:
        assert find_prompt(reader, "app_1", "prm_1") == a_row()
        assert find_prompt(reader, "app_2", "prm_1") is None
        assert list_prompts(reader, "app_1") == (a_row(),)


def test_a_saved_prompt_has_changed(stocked: Database):
    changed = a_row(name="New", status=PromptStatus.LIVE, draft=a_prompt(), version=2)
    with stocked.writing() as transaction:
        add_prompt(transaction, a_row())
        save_prompt(transaction, changed)

        assert lock_prompt(transaction, "app_1", "prm_1") == changed


def test_a_version_is_kept_as_published_and_its_number_is_taken_once(stocked: Database):
    first = VersionRow("prm_1", 1, RICH, "olga", START)
    with stocked.writing() as transaction:
        add_prompt(transaction, a_row(version=1))
        add_version(transaction, first)

    with stocked.reading() as reader:
        assert find_version(reader, "prm_1", 1) == first
        assert find_version(reader, "prm_1", 2) is None
    with pytest.raises(IntegrityError), stocked.writing() as transaction:
        add_version(transaction, replace(first, body=a_prompt()))


def test_only_published_prompts_are_listed_with_their_newest_version(stocked: Database):
    versions = [VersionRow("prm_1", n, a_prompt(priority=n), "olga", START) for n in (1, 2)]
    with stocked.writing() as transaction:
        add_prompt(transaction, a_row(version=2))
        add_prompt(transaction, a_row("prm_2"))
        for version in versions:
            add_version(transaction, version)

    with stocked.reading() as reader:
        assert list_published(reader, "app_1") == ((a_row(version=2), versions[1]),)
        assert list_versions(reader, "prm_1") == (versions[1], versions[0])
