from datetime import UTC, datetime, timedelta

import pytest

from standfast.domain.interaction import Kind
from standfast.domain.prompt import ReShow, ReShowRule, ReShowRules, Schedule
from standfast.domain.re_show import VISIT, may_show_again
from standfast.domain.schedule import is_open
from standfast.domain.visitor import PromptHistory

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "expected"),
    [
        (None, None, True),
        (NOW, None, True),
        (NOW + SECOND, None, False),
        (None, NOW, False),
        (None, NOW + SECOND, True),
        (None, NOW.replace(tzinfo=None), False),
    ],
)
def test_a_schedule_includes_its_start_and_excludes_its_end(starts_at, ends_at, expected):
    assert is_open(Schedule(starts_at, ends_at), NOW) is expected


def test_what_was_never_met_may_be_shown():
    assert may_show_again(ReShowRules(), PromptHistory(), NOW)


def test_after_an_accept_it_never_comes_again_whatever_happens_later():
    past = PromptHistory(
        accepted_at=NOW - timedelta(days=900),
        last_kind=Kind.IMPRESSION,
        last_at=NOW - timedelta(days=1),
    )

    assert not may_show_again(ReShowRules(), past, NOW)


@pytest.mark.parametrize("kind", [Kind.DECLINE, Kind.DISMISS, Kind.TIMEOUT])
def test_after_a_no_it_comes_again_at_the_next_visit(kind):
    past = PromptHistory(last_kind=kind, last_at=NOW)

    assert not may_show_again(ReShowRules(), past, NOW + VISIT - SECOND)
    assert may_show_again(ReShowRules(), past, NOW + VISIT)


def test_the_author_may_let_an_accepted_prompt_come_again_after_a_time():
    rules = ReShowRules(after_accept=ReShowRule(ReShow.AFTER, 60))
    past = PromptHistory(accepted_at=NOW, last_kind=Kind.ACCEPT, last_at=NOW)

    assert not may_show_again(rules, past, NOW + 59 * SECOND)
    assert may_show_again(rules, past, NOW + 60 * SECOND)


def test_being_seen_alone_holds_nothing_back():
    past = PromptHistory(impressions=5, last_kind=Kind.IMPRESSION, last_at=NOW)

    assert may_show_again(ReShowRules(), past, NOW)
