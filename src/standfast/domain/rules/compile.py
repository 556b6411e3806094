"""Rules as Python functions, for speed.

The code is put together from the closed node types alone. Keys and values never become part of
its text: they are bound to the names k0, k1, … in a name space without builtins.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import assert_never, cast

from standfast.domain.rules.facts import PAGE, PROMPT, Facts
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

CompiledRule = Callable[[Facts, datetime], bool]

_NUMBERS = frozenset({int, float})
_SIGNS = {
    Operator.GREATER_THAN: ">",
    Operator.AT_LEAST: ">=",
    Operator.LESS_THAN: "<",
    Operator.AT_MOST: "<=",
}


def compile_rule(rule: Rule) -> CompiledRule:
    """A function (facts, now) that is true exactly where `interpret.holds` is."""
    return _Compilation().function(rule)


class _Compilation:
    def __init__(self) -> None:
        self._names: dict[str, object] = {
            "__builtins__": {},
            "any": any,
            "instant": read_instant,
            "str_": str,
            "bool_": bool,
            "list_": list,
            "numbers": _NUMBERS,
        }
        self._functions: list[str] = []
        self._count = 0

    def function(self, rule: Rule) -> CompiledRule:
        expression = self._expression(rule, in_record=False)
        lines = [
            *self._functions,
            "def rule(facts, now):",
            "    trait = facts.traits.get",
            "    page = facts.page.get",
            "    prompt = facts.prompts.get",
            f"    return {expression}",
        ]
        exec(compile("\n".join(lines), "<rule>", "exec"), self._names)  # noqa: S102 - no user text
        return cast("CompiledRule", self._names["rule"])

    def _bind(self, value: object) -> str:
        name = f"k{self._count}"
        self._count += 1
        self._names[name] = value
        return name

    def _expression(self, rule: Rule, *, in_record: bool) -> str:
        match rule:
            case All(rules):
                return self._joined(rules, " and ", "True", in_record=in_record)
            case AnyOf(rules):
                return self._joined(rules, " or ", "False", in_record=in_record)
            case NoneOf(rules):
                return f"(not {self._joined(rules, ' or ', 'False', in_record=in_record)})"
            case Some(of, inner):
                return self._some(of, inner)
            case Condition():
                return self._condition(rule, in_record=in_record)
            case _:
                assert_never(rule)

    def _joined(self, rules: tuple[Rule, ...], word: str, empty: str, *, in_record: bool) -> str:
        parts = [self._expression(one, in_record=in_record) for one in rules]
        return f"({word.join(parts)})" if parts else empty

    def _some(self, of: str, inner: Rule) -> str:
        expression = self._expression(inner, in_record=True)
        name = f"record_{self._count}"
        self._count += 1
        self._functions.append(f"def {name}(field, now):\n    return {expression}")
        records = "facts.subscriptions" if of == "subscription" else "()"
        return f"any({name}(one.get, now) for one in {records})"

    def _condition(self, condition: Condition, *, in_record: bool) -> str:
        positive = NEGATED.get(condition.operator, condition.operator)
        expression = self._positive(
            positive, self._read(condition.trait, in_record=in_record), condition.value
        )
        return f"({expression})" if positive is condition.operator else f"(not ({expression}))"

    def _read(self, trait: str, *, in_record: bool) -> str:
        if in_record:
            return f"field({self._bind(trait)})"
        for prefix, space in ((PAGE, "page"), (PROMPT, "prompt")):
            if trait.startswith(prefix):
                return f"{space}({self._bind(trait.removeprefix(prefix))})"
        return f"trait({self._bind(trait)})"

    def _positive(self, operator: Operator, read: str, value: object) -> str:
        match operator:
            case Operator.IS_SET:
                return f"{read} is not None"
            case Operator.IS:
                return self._is(read, value)
            case Operator.IN:
                return self._in(read, cast("tuple[Scalar, ...]", value))
            case Operator.CONTAINS:
                kind = "(v := " + read + ").__class__"
                return f"({kind} is str_ or v.__class__ is list_) and {self._bind(value)} in v"
            case Operator.STARTS_WITH | Operator.ENDS_WITH:
                method = "startswith" if operator is Operator.STARTS_WITH else "endswith"
                return f"(v := {read}).__class__ is str_ and v.{method}({self._bind(value)})"
            case Operator.BEFORE | Operator.AFTER:
                sign = "<" if operator is Operator.BEFORE else ">"
                wanted = self._bind(read_instant(value))
                return f"(v := instant({read})) is not None and v {sign} {wanted}"
            case Operator.WITHIN_LAST_DAYS | Operator.WITHIN_NEXT_DAYS:
                span = self._bind(timedelta(days=cast("float", value)))
                is_past = operator is Operator.WITHIN_LAST_DAYS
                bounds = f"now - {span} <= v <= now" if is_past else f"now <= v <= now + {span}"
                return f"(v := instant({read})) is not None and {bounds}"
            case _:
                sign = _SIGNS[operator]
                return f"(v := {read}).__class__ in numbers and v {sign} {self._bind(value)}"

    def _is(self, read: str, value: object) -> str:
        name = self._bind(value)
        if isinstance(value, bool):
            return f"{read} is {name}"
        if isinstance(value, str):
            return f"{read} == {name}"
        return f"(v := {read}).__class__ in numbers and v == {name}"

    def _in(self, read: str, values: tuple[Scalar, ...]) -> str:
        texts = self._bind(frozenset(one for one in values if isinstance(one, str)))
        numbers = self._bind(frozenset(one for one in values if not isinstance(one, str)))
        return (
            f"((v := {read}).__class__ is str_ and v in {texts})"
            f" or (v.__class__ in numbers and v in {numbers})"
        )
