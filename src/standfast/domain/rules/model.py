"""Rules as data: a closed set of node types, bounded in depth and size."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias

import msgspec

DEPTH_LIMIT = 8
NODE_LIMIT = 200
VALUES_LIMIT = 500
TEXT_LIMIT = 500
NUMBER_LIMIT = 2**53
DAYS_LIMIT = 36_500

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,99}")

Scalar: TypeAlias = str | int | float | bool


class Operator(StrEnum):
    """How a trait is compared. On a missing or mistyped trait only the negative ones hold."""

    IS = "is"
    IS_NOT = "is_not"
    """The negation of `is`; also true where the trait is missing."""
    IN = "in"
    NOT_IN = "not_in"
    """The negation of `in`; also true where the trait is missing."""
    CONTAINS = "contains"
    """A text holds this text, or a list this member."""
    LACKS = "lacks"
    """The negation of `contains`; also true where the trait is missing."""
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    GREATER_THAN = "greater_than"
    AT_LEAST = "at_least"
    LESS_THAN = "less_than"
    AT_MOST = "at_most"
    BEFORE = "before"
    AFTER = "after"
    WITHIN_LAST_DAYS = "within_last_days"
    """Not longer ago than so many days, and not in the future."""
    WITHIN_NEXT_DAYS = "within_next_days"
    """Not further ahead than so many days, and not in the past."""
    IS_SET = "is_set"
    IS_NOT_SET = "is_not_set"


NEGATED = {
    Operator.IS_NOT: Operator.IS,
    Operator.NOT_IN: Operator.IN,
    Operator.LACKS: Operator.CONTAINS,
    Operator.IS_NOT_SET: Operator.IS_SET,
}
"""A negative operator holds exactly where its positive one does not."""

TEXT_OPERATORS = frozenset({Operator.STARTS_WITH, Operator.ENDS_WITH})
LIST_OPERATORS = frozenset({Operator.IN, Operator.NOT_IN})
NUMBER_OPERATORS = frozenset(
    {Operator.GREATER_THAN, Operator.AT_LEAST, Operator.LESS_THAN, Operator.AT_MOST}
)
DATE_OPERATORS = frozenset({Operator.BEFORE, Operator.AFTER})
DAYS_OPERATORS = frozenset({Operator.WITHIN_LAST_DAYS, Operator.WITHIN_NEXT_DAYS})
BARE_OPERATORS = frozenset({Operator.IS_SET, Operator.IS_NOT_SET})


class All(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="all"):
    """Every rule holds; an empty list is everybody."""

    rules: "tuple[Rule, ...]"


class AnyOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="any"):
    """At least one rule holds; an empty list is nobody."""

    rules: "tuple[Rule, ...]"


class NoneOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="none"):
    """No rule holds; an empty list is everybody."""

    rules: "tuple[Rule, ...]"


class Condition(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="trait"
):
    """One trait compared with a value.

    `trait` is a plain key for a visitor's trait, "page.<key>" for what the page said unsigned,
    "prompt.<id>.accepted" or "prompt.<id>.seen" for the past; inside `Some` a field of the record.
    """

    trait: str
    operator: Operator
    value: Scalar | tuple[Scalar, ...] | None = None


class Some(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="some"):
    """At least one record of the collection fulfils the whole rule by itself."""

    of: str
    rule: "Rule"


Rule: TypeAlias = All | AnyOf | NoneOf | Condition | Some

COLLECTIONS: dict[str, frozenset[str]] = {
    "subscription": frozenset(
        {
            "id",
            "state",
            "standing",
            "plan",
            "plan_name",
            "price_point",
            "price_in_cents",
            "currency",
            "coupons",
            "has_payment_method",
            "ends_at_period_end",
            "created_at",
            "updated_at",
            "current_period_ends_at",
            "trial_ends_at",
            "canceled_at",
        }
    )
}
"""The fields of every collection a rule may ask about."""


class RuleInvalid(Exception):
    """The rule cannot be used. `path` leads to the field, as in "rules[2].value"."""

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}" if path else problem)


def read_rule(raw: object) -> Rule:
    """The rule in this JSON value. Raises `RuleInvalid` naming the field."""
    try:
        rule = msgspec.convert(raw, Rule)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$")
        raise RuleInvalid(path.rstrip("`").lstrip("."), problem) from error
    except RecursionError as error:
        raise RuleInvalid("", f"A rule may be at most {DEPTH_LIMIT} levels deep.") from error
    check_rule(rule)
    return rule


def check_rule(rule: Rule) -> None:
    """Raises `RuleInvalid` where a bound is broken or a value does not fit its operator."""
    walk = enumerate(_nodes(rule, "", 1, None), start=1)
    for count, (path, node, depth, collection) in walk:
        if depth > DEPTH_LIMIT:
            raise RuleInvalid(path, f"A rule may be at most {DEPTH_LIMIT} levels deep.")
        if count > NODE_LIMIT:
            raise RuleInvalid(path, f"A rule may have at most {NODE_LIMIT} parts.")
        if isinstance(node, Some):
            _check_some(path, node, collection)
        elif isinstance(node, Condition):
            _check_trait(path, node, collection)
            _check_value(path, node)


def traits_of(rule: Rule) -> frozenset[str]:
    """The visitor traits, page words and prompts a rule asks about, without record fields."""
    return frozenset(
        node.trait
        for _, node, _, collection in _nodes(rule, "", 1, None)
        if isinstance(node, Condition) and collection is None
    )


def asks_for_records(rule: Rule) -> bool:
    return any(isinstance(node, Some) for _, node, _, _ in _nodes(rule, "", 1, None))


def read_instant(value: object) -> datetime | None:
    """The instant in a trait: ISO 8601 text (a bare date or no offset means UTC), or None."""
    if isinstance(value, str) and len(value) >= len("2026-01-01"):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


_Walk: TypeAlias = Iterator[tuple[str, Rule, int, str | None]]


def _nodes(rule: Rule, path: str, depth: int, collection: str | None) -> _Walk:
    yield path, rule, depth, collection
    prefix = f"{path}." if path else ""
    if isinstance(rule, Some):
        yield from _nodes(rule.rule, f"{prefix}rule", depth + 1, rule.of)
    elif not isinstance(rule, Condition):
        for place, child in enumerate(rule.rules):
            yield from _nodes(child, f"{prefix}rules[{place}]", depth + 1, collection)


def _at(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field


def _check_some(path: str, node: Some, collection: str | None) -> None:
    if collection is not None:
        raise RuleInvalid(path, "A collection cannot stand inside another one.")
    if node.of not in COLLECTIONS:
        known = ", ".join(sorted(COLLECTIONS))
        raise RuleInvalid(_at(path, "of"), f"There is no collection {node.of!r}; there is {known}.")


def _check_trait(path: str, node: Condition, collection: str | None) -> None:
    if not _KEY.fullmatch(node.trait):
        problem = "A trait begins with a letter and has letters, digits and _ . : - (at most 100)."
        raise RuleInvalid(_at(path, "trait"), problem)
    if collection is not None and node.trait not in COLLECTIONS[collection]:
        known = ", ".join(sorted(COLLECTIONS[collection]))
        problem = f"A {collection} has no field {node.trait!r}; it has {known}."
        raise RuleInvalid(_at(path, "trait"), problem)


def _check_value(path: str, node: Condition) -> None:
    problem = _problem(node.operator, node.value)
    if problem:
        raise RuleInvalid(_at(path, "value"), f"The operator {node.operator} {problem}.")


def _problem(operator: Operator, value: Scalar | tuple[Scalar, ...] | None) -> str | None:
    if operator in BARE_OPERATORS:
        return None if value is None else "takes no value"
    if operator in LIST_OPERATORS:
        return _list_problem(value)
    if operator in TEXT_OPERATORS:
        return None if isinstance(value, str) and _is_sane(value) and value else "needs a text"
    if operator in NUMBER_OPERATORS:
        return None if _is_number(value) and _is_sane(value) else "needs a number"
    if operator in DATE_OPERATORS:
        return None if isinstance(value, str) and read_instant(value) else "needs a date (ISO 8601)"
    if operator in DAYS_OPERATORS:
        fits = _is_number(value) and isinstance(value, int | float) and 0 < value <= DAYS_LIMIT
        return None if fits else f"needs a number of days, more than 0 and at most {DAYS_LIMIT}"
    if operator in {Operator.CONTAINS, Operator.LACKS}:
        return None if isinstance(value, str) and _is_sane(value) and value else "needs a text"
    return None if _is_sane(value) else "needs a text, a number or true or false"


def _list_problem(value: object) -> str | None:
    if not isinstance(value, tuple) or not value or len(value) > VALUES_LIMIT:  # pyright: ignore[reportUnknownArgumentType]
        return f"needs a list of 1 to {VALUES_LIMIT} values"
    members: tuple[object, ...] = value  # pyright: ignore[reportUnknownVariableType]
    if not all(_is_sane(one) and not isinstance(one, bool) for one in members):
        return "needs a list of texts and numbers"
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_sane(value: object) -> bool:
    if isinstance(value, bool):
        return True
    if isinstance(value, str):
        return len(value) <= TEXT_LIMIT
    return isinstance(value, int | float) and abs(value) <= NUMBER_LIMIT
