"""Rules in plain words, and what the builder offers to choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from standfast.contract.catalogue import Coupon, ItemKind, Plan
from standfast.contract.records import Standing
from standfast.domain.rules.interpret import show
from standfast.domain.rules.model import All, AnyOf, Condition, NoneOf, Operator, Rule, Some
from standfast.services.read_connection import Chooseable

KINDS = {
    "text": "Text",
    "number": "Number",
    "yes_or_no": "Yes or no",
    "date": "Date",
    "list": "List",
}
_SET = ("is_set", "is_not_set")
OPERATORS_OF: Mapping[str, tuple[str, ...]] = {
    "text": (
        "is", "is_not", "in", "not_in", "contains", "lacks", "starts_with", "ends_with", *_SET,
    ),
    "number": (
        "is", "is_not", "at_least", "at_most", "greater_than", "less_than", "in", "not_in", *_SET,
    ),
    "yes_or_no": ("is", "is_not", *_SET),
    "date": ("before", "after", "within_last_days", "within_next_days", *_SET),
    "list": ("contains", "lacks", *_SET),
}  # fmt: skip
OPERATORS = {
    "is": "is",
    "is_not": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "lacks": "does not contain",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "greater_than": "is more than",
    "at_least": "is at least",
    "less_than": "is less than",
    "at_most": "is at most",
    "before": "is before",
    "after": "is after",
    "within_last_days": "was in the last … days",
    "within_next_days": "is in the next … days",
    "is_set": "is known",
    "is_not_set": "is not known",
}
FIELDS = {
    "plan_name": ("the plan’s name", "text"),
    "plan": ("the plan", "text"),
    "price_point": ("the price point", "text"),
    "state": ("the state, in the billing system’s word", "text"),
    "standing": ("the standing", "text"),
    "coupons": ("the coupons", "list"),
    "price_in_cents": ("the price in cents", "number"),
    "currency": ("the currency", "text"),
    "has_payment_method": ("a payment method is there", "yes_or_no"),
    "ends_at_period_end": ("it ends with the period", "yes_or_no"),
    "created_at": ("the day it was created", "date"),
    "updated_at": ("the day it was changed", "date"),
    "current_period_ends_at": ("the end of the paid period", "date"),
    "trial_ends_at": ("the end of the trial", "date"),
    "canceled_at": ("the day it was cancelled", "date"),
    "id": ("its id", "text"),
}


@dataclass(frozen=True)
class Suggestion:
    value: str
    label: str


def field_kind(name: str) -> str | None:
    """The kind of a subscription's field."""
    return FIELDS[name][1] if name in FIELDS else None


def sentence(rule: Rule, prompts: Mapping[str, str]) -> str:
    """As in "Visitors where seats is at least 4 and there is a subscription where …"."""
    match rule:
        case All(()) | NoneOf(()):
            return "Everybody."
        case AnyOf(()):
            return "Nobody."
        case _:
            return f"Visitors where {_said(rule, prompts, is_top=True)}."


def value_suggestions(connections: Sequence[Chooseable]) -> dict[str, list[Suggestion]]:
    """What a subscription's field may hold, by the name of the field."""
    found: dict[str, list[Suggestion]] = {
        "standing": [Suggestion(one, "") for one in Standing],
        "plan": [],
        "plan_name": [],
        "coupons": [],
    }
    for one in connections:
        for item in (*one.items[ItemKind.PLAN], *one.items[ItemKind.COUPON]):
            if isinstance(item, Plan):
                found["plan"].append(Suggestion(item.external_id, item.name))
                found["plan_name"].append(Suggestion(item.name, ""))
            elif isinstance(item, Coupon):
                found["coupons"].append(Suggestion(item.code, item.name))
    return found


def _said(rule: Rule, prompts: Mapping[str, str], *, is_top: bool = False) -> str:
    match rule:
        case All(rules):
            text = " and ".join(_said(one, prompts) for one in rules) or "anything holds"
        case AnyOf(rules):
            text = " or ".join(_said(one, prompts) for one in rules) or "nothing holds"
        case NoneOf((Some(of, inner),)):
            return f"there is no {of} where {_said(inner, prompts)}"
        case NoneOf(rules):
            inner = " or ".join(_said(one, prompts) for one in rules)
            return f"not ({inner})" if rules else "anything holds"
        case Some(of, inner):
            return f"there is a {of} where {_said(inner, prompts)}"
        case Condition():
            return _condition(rule, prompts)
    return text if is_top or len(rule.rules) < 2 else f"({text})"


def _condition(rule: Condition, prompts: Mapping[str, str]) -> str:
    name = _named(rule.trait, prompts)
    told = OPERATORS[rule.operator]
    if rule.value is None:
        return f"{name} {told}"
    if rule.operator in {Operator.WITHIN_LAST_DAYS, Operator.WITHIN_NEXT_DAYS}:
        return f"{name} {told.replace('…', show(rule.value))}"
    return f"{name} {told} {_value(rule.value)}"


def _named(trait: str, prompts: Mapping[str, str]) -> str:
    parts = trait.split(".")
    if len(parts) == 3 and parts[0] == "prompt":
        return f"“{prompts.get(parts[1], parts[1])}” {parts[2]}"
    return trait.replace("_", " ") if trait in FIELDS else trait


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        show(value).replace('"', "“", 1).replace('"', "”", 1)
        if isinstance(value, str)
        else show(value)
    )
