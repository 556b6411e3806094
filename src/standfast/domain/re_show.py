"""Whether a prompt may come again after what the visitor did with it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from standfast.domain.interaction import Kind
from standfast.domain.prompt import ReShow, ReShowRule, ReShowRules
from standfast.domain.visitor import PromptHistory

VISIT = timedelta(minutes=30)
"""A visit is over when nothing has happened for so long."""


def may_show_again(rules: ReShowRules, history: PromptHistory, now: datetime) -> bool:
    return all(_is_over(rule, since, now) for _, rule, since in _in_force(rules, history))


def describe_re_show(rules: ReShowRules, history: PromptHistory, now: datetime) -> str:
    """The rule that holds the prompt back, or that none does."""
    for kind, rule, since in _in_force(rules, history):
        if not _is_over(rule, since, now):
            return f"after {kind}: {_words(rule)}"
    return "nothing holds it back"


def describe_history(history: PromptHistory) -> str:
    if history.last_kind is None or history.last_at is None:
        return "never met" if history.accepted_at is None else f"accepted {history.accepted_at}"
    return f"{history.last_kind} at {history.last_at.isoformat()}"


def _in_force(
    rules: ReShowRules, history: PromptHistory
) -> Iterator[tuple[str, ReShowRule, datetime]]:
    """An accept counts for ever, of the rest the latest."""
    if history.accepted_at is not None:
        yield "accept", rules.after_accept, history.accepted_at
    if history.last_at is None:
        return
    if history.last_kind is Kind.DECLINE:
        yield "decline", rules.after_decline, history.last_at
    elif history.last_kind in {Kind.DISMISS, Kind.TIMEOUT}:
        yield "dismiss", rules.after_dismiss, history.last_at


def _is_over(rule: ReShowRule, since: datetime, now: datetime) -> bool:
    match rule.rule:
        case ReShow.NEVER:
            return False
        case ReShow.NEXT_VISIT:
            return now >= since + VISIT
        case ReShow.AFTER:
            return now >= since + timedelta(seconds=rule.after_seconds or 0.0)


def _words(rule: ReShowRule) -> str:
    match rule.rule:
        case ReShow.NEVER:
            return "never again"
        case ReShow.NEXT_VISIT:
            return "at the next visit (30 minutes later)"
        case ReShow.AFTER:
            return f"after {rule.after_seconds or 0.0:g} seconds"
