"""The meaning of rules, written to be read; the compiled form must agree with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never, cast

from standfast.domain.rules.facts import FactMap, Facts, FactValue
from standfast.domain.rules.model import (
    NEGATED,
    All,
    AnyOf,
    Condition,
    NoneOf,
    Operator,
    Rule,
    Scalar,
    Some,
    read_instant,
)


@dataclass(frozen=True)
class Reason:
    """One condition that decided the case, and the value it met."""

    condition: str
    actual: str


def holds(rule: Rule, facts: Facts, *, now: datetime) -> bool:
    """Whether the rule is true of these facts at this instant."""
    return _holds(rule, facts, None, now)


def reasons(rule: Rule, facts: Facts, *, now: datetime) -> tuple[Reason, ...]:
    """The conditions that made the rule what it is, with the values they met."""
    return tuple(_reasons(rule, facts, now))


def _holds(rule: Rule, facts: Facts, record: FactMap | None, now: datetime) -> bool:
    match rule:
        case All(rules):
            return all(_holds(one, facts, record, now) for one in rules)
        case AnyOf(rules):
            return any(_holds(one, facts, record, now) for one in rules)
        case NoneOf(rules):
            return not any(_holds(one, facts, record, now) for one in rules)
        case Some(of, inner):
            return any(_holds(inner, facts, one, now) for one in facts.records_of(of))
        case Condition(trait, operator, value):
            actual = facts.value_of(trait) if record is None else record.get(trait)
            return compare(operator, actual, value, now=now)
        case _:
            assert_never(rule)


def compare(operator: Operator, actual: FactValue, value: object, *, now: datetime) -> bool:
    """Two-valued: what is missing or of another type makes a positive operator false."""
    positive = NEGATED.get(operator)
    if positive is not None:
        return not compare(positive, actual, value, now=now)
    match operator:
        case Operator.IS_SET:
            return actual is not None
        case Operator.IS:
            return _is(actual, value)
        case Operator.IN:
            return any(_is(actual, one) for one in cast("tuple[Scalar, ...]", value))
        case Operator.CONTAINS:
            return isinstance(actual, str | list) and cast("str", value) in actual
        case Operator.STARTS_WITH:
            return isinstance(actual, str) and actual.startswith(cast("str", value))
        case Operator.ENDS_WITH:
            return isinstance(actual, str) and actual.endswith(cast("str", value))
        case Operator.BEFORE | Operator.AFTER:
            return _compare_dates(operator, actual, value)
        case Operator.WITHIN_LAST_DAYS | Operator.WITHIN_NEXT_DAYS:
            return _is_near(operator, actual, cast("float", value), now)
        case _:
            return _is_number(actual) and _compare_numbers(
                operator, cast("float", actual), cast("float", value)
            )


def _is(actual: FactValue, value: object) -> bool:
    """Equal and of the same type; 1 and 1.0 are the same number, 1 and true are not."""
    if _is_number(actual) and _is_number(value):
        return actual == value
    return type(actual) is type(value) and actual == value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _compare_numbers(operator: Operator, actual: float, value: float) -> bool:
    match operator:
        case Operator.GREATER_THAN:
            return actual > value
        case Operator.AT_LEAST:
            return actual >= value
        case Operator.LESS_THAN:
            return actual < value
        case Operator.AT_MOST:
            return actual <= value
        case _:
            raise AssertionError(operator)


def _compare_dates(operator: Operator, actual: FactValue, value: object) -> bool:
    instant, wanted = read_instant(actual), read_instant(value)
    if instant is None or wanted is None:
        return False
    return instant < wanted if operator is Operator.BEFORE else instant > wanted


def _is_near(operator: Operator, actual: FactValue, days: float, now: datetime) -> bool:
    instant = read_instant(actual)
    if instant is None:
        return False
    if operator is Operator.WITHIN_LAST_DAYS:
        return now - timedelta(days=days) <= instant <= now
    return now <= instant <= now + timedelta(days=days)


def _reasons(rule: Rule, facts: Facts, now: datetime) -> list[Reason]:
    match rule:
        case Condition(trait, operator, value):
            return [Reason(_sentence(trait, operator, value), show(facts.value_of(trait)))]
        case Some(of, inner):
            count = len(facts.records_of(of))
            return [Reason(f"some {of} with {describe(inner)}", f"{count} {of} records")]
        case All(rules) | AnyOf(rules) | NoneOf(rules):
            # What decided: the failures of a false "all", the hits of a true "any" or false "none";
            # where every part had the same say, all of them.
            wanted = _holds(rule, facts, None, now) is not isinstance(rule, NoneOf)
            parts = [one for one in rules if _holds(one, facts, None, now) is wanted]
            return [reason for one in parts for reason in _reasons(one, facts, now)]
        case _:
            assert_never(rule)


def describe(rule: Rule) -> str:
    """The rule as a sentence of conditions."""
    match rule:
        case Condition(trait, operator, value):
            return _sentence(trait, operator, value)
        case Some(of, inner):
            return f"some {of} with ({describe(inner)})"
        case All(rules):
            return " and ".join(map(_in_brackets, rules)) or "everybody"
        case AnyOf(rules):
            return " or ".join(map(_in_brackets, rules)) or "nobody"
        case NoneOf(rules):
            return f"none of ({'; '.join(map(describe, rules))})"
        case _:
            assert_never(rule)


def _in_brackets(rule: Rule) -> str:
    return f"({describe(rule)})" if isinstance(rule, All | AnyOf) else describe(rule)


def _sentence(trait: str, operator: Operator, value: object) -> str:
    words = f"{trait} {operator.replace('_', ' ')}"
    return words if value is None else f"{words} {show(value)}"


def show(value: object) -> str:
    """A value as an operator reads it."""
    if value is None:
        return "not set"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        members = cast("tuple[object, ...]", value)
        return ", ".join(show(one) for one in members[:20]) + (" …" if len(members) > 20 else "")
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
