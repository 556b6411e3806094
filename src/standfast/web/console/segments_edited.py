"""A rule while it is being edited: texts as they were typed, named by their paths in the rule."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from standfast.domain.rules.model import (
    BARE_OPERATORS,
    COLLECTIONS,
    DATE_OPERATORS,
    DAYS_OPERATORS,
    LIST_OPERATORS,
    All,
    AnyOf,
    Condition,
    NoneOf,
    Operator,
    Rule,
    Some,
    read_instant,
)
from standfast.services.errors import FieldInvalid
from standfast.web.console.segments_words import KINDS, OPERATORS_OF, field_kind

ROOT = "rule"
GROUPS = ("all", "any", "none")
MOST_ROWS = 60
MOST_DEPTH = 9

Fields = Mapping[str, str]
_WHOLE = re.compile(r"-?\d{1,16}")


@dataclass
class EditedNode:
    """A group (`all`, `any`, `none`), a condition (`trait`) or a subscription (`some`).

    A subscription's conditions stand in one group of its own, its only child.
    """

    type: str = "all"
    trait: str = ""
    kind: str = "text"
    operator: str = "is"
    value: str = ""
    of: str = "subscription"
    rules: list["EditedNode"] = field(default_factory=list["EditedNode"])

    @property
    def is_group(self) -> bool:
        return self.type in GROUPS

    @property
    def is_bare(self) -> bool:
        return self.operator in BARE_OPERATORS


def edited_rule(rule: Rule) -> EditedNode:
    """The form for this rule; what is no group at the top is put into one."""
    node = _edited(rule, None)
    return node if node.is_group else EditedNode("all", rules=[node])


def read_edited(fields: Fields, known: Mapping[str, str]) -> EditedNode:
    """What the form holds. `known` are the kinds of the traits visitors have."""
    node = _read(fields, ROOT, known, None, 1)
    return node if node.is_group else EditedNode()


def raw_rule(node: EditedNode, path: str = ROOT) -> dict[str, object]:
    """As JSON for the service. Raises `FieldInvalid` where a text is not of its kind."""
    if node.is_group:
        rules = [raw_rule(one, f"{path}.rules[{n}]") for n, one in enumerate(node.rules)]
        return {"type": node.type, "rules": rules}
    if node.type == "some":
        return {"type": "some", "of": node.of, "rule": raw_rule(node.rules[0], f"{path}.rule")}
    raw: dict[str, object] = {"type": "trait", "trait": node.trait, "operator": node.operator}
    return raw if node.is_bare else {**raw, "value": _value(node, f"{path}.value")}


def change(root: EditedNode, deed: str) -> bool:
    """Do what a button of the form asks, as in "add:rule.rules[1]:trait"."""
    verb, _, rest = deed.partition(":")
    path, _, what = rest.partition(":")
    if verb == "refresh":
        return True
    try:
        if verb == "add":
            _find(root, path).rules.append(_new(what))
        elif verb == "remove":
            parent, _, place = path.rpartition(".rules[")
            del _find(root, parent).rules[int(place.rstrip("]"))]
        else:
            return False
    except (IndexError, ValueError):
        pass  # a form of an older page; it is shown again as it is
    return True


def _edited(rule: Rule, collection: str | None) -> EditedNode:
    match rule:
        case All(rules):
            return EditedNode("all", rules=[_edited(one, collection) for one in rules])
        case AnyOf(rules):
            return EditedNode("any", rules=[_edited(one, collection) for one in rules])
        case NoneOf(rules):
            return EditedNode("none", rules=[_edited(one, collection) for one in rules])
        case Some(of, inner):
            child = _edited(inner, of)
            group = child if child.is_group else EditedNode("all", rules=[child])
            return EditedNode("some", of=of, rules=[group])
        case Condition(trait, operator, value):
            kind = _kind(operator, value, field_kind(trait) if collection else None)
            return EditedNode("trait", trait, kind, operator, _text(value))


def _kind(operator: Operator, value: object, known: str | None) -> str:
    """What the value shows, so that saving it again changes nothing."""
    if operator in DATE_OPERATORS | DAYS_OPERATORS:
        return "date"
    if operator in BARE_OPERATORS and known:
        return known
    first: object = value[0] if isinstance(value, tuple) and value else value  # pyright: ignore[reportUnknownVariableType]
    if isinstance(first, bool):
        return "yes_or_no"
    if isinstance(first, int | float):
        return "number"
    is_list = operator in {Operator.CONTAINS, Operator.LACKS} and known == "list"
    return "list" if is_list else "text"


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(_text(one) for one in cast("tuple[object, ...]", value))
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _read(
    fields: Fields, path: str, known: Mapping[str, str], of: str | None, depth: int
) -> EditedNode:
    kind = fields.get(f"{path}.type", "all")
    if kind == "trait":
        return _condition(fields, path, known, of)
    if kind == "some" and depth < MOST_DEPTH:
        name = fields.get(f"{path}.of", "")
        name = name if name in COLLECTIONS else "subscription"
        child = _read(fields, f"{path}.rule", known, name, depth + 1)
        return EditedNode("some", of=name, rules=[child if child.is_group else EditedNode()])
    node = EditedNode(kind if kind in GROUPS else "all")
    for place in range(MOST_ROWS if depth < MOST_DEPTH else 0):
        child = f"{path}.rules[{place}]"
        if f"{child}.type" not in fields:
            break
        node.rules.append(_read(fields, child, known, of, depth + 1))
    return node


def _condition(fields: Fields, path: str, known: Mapping[str, str], of: str | None) -> EditedNode:
    """A trait that was chosen anew brings its kind along; an operator must fit the kind."""
    trait = fields.get(f"{path}.trait", "")
    kind = fields.get(f"{path}.kind", "text")
    if trait != fields.get(f"{path}.was", trait):
        kind = (field_kind(trait) if of else known.get(trait)) or kind
    kind = kind if kind in KINDS else "text"
    operator = fields.get(f"{path}.operator", "")
    allowed = OPERATORS_OF[kind]
    chosen = operator if operator in allowed else allowed[0]
    return EditedNode("trait", trait, kind, chosen, fields.get(f"{path}.value", ""))


def _value(node: EditedNode, where: str) -> object:
    if node.operator in DAYS_OPERATORS:
        return _number(node.value, where)
    if node.operator in LIST_OPERATORS:
        parts = [one.strip() for one in node.value.split(",")]
        return [_scalar(node.kind, one, where) for one in parts if one]
    return _scalar(node.kind, node.value, where)


def _scalar(kind: str, text: str, where: str) -> object:
    match kind:
        case "number":
            return _number(text, where)
        case "yes_or_no":
            return text != "false"
        case "date":
            if read_instant(text) is None:
                raise FieldInvalid("Write a date, as in 2026-03-01.", field=where)
            return text
        case _:
            if not text:
                raise FieldInvalid("Write what to compare with.", field=where)
            return text


def _number(text: str, where: str) -> int | float:
    if _WHOLE.fullmatch(text):
        return int(text)
    try:
        return float(text)
    except ValueError as error:
        raise FieldInvalid("Write a number.", field=where) from error


def _new(what: str) -> EditedNode:
    match what:
        case "group":
            return EditedNode("any")
        case "some":
            inner = EditedNode("trait", "standing", "text", "is", "live")
            return EditedNode("some", rules=[EditedNode("all", rules=[inner])])
        case _:
            return EditedNode("trait")


def _find(root: EditedNode, path: str) -> EditedNode:
    """The node at a path, as in "rule.rules[1].rule"; raises `IndexError`, `ValueError`."""
    node = root
    for step in path.split(".")[1:]:
        node = node.rules[0] if step == "rule" else node.rules[int(step[len("rules[") : -1])]
    return node
