"""What is wrong with a step's questions, and with what is to be filled by their answers."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from standfast.contract.actions import ActionSpec, ParameterKind, ParameterSpec
from standfast.contract.connector import ConnectorSpec
from standfast.domain.filling import SourceKind, Unfit, fitted, source_of
from standfast.domain.finding import Finding
from standfast.domain.offer import ANSWER
from standfast.domain.prompt import AttachedAction, Button, FieldKind, FormField, PromptBody, Step

INPUTS_LIMIT: Final = 3
CHOICES_LIMIT: Final = 20
QUESTION_LIMIT: Final = 300

_UNFIT = {
    ParameterKind.CHOICE: "choice_unknown",
    ParameterKind.NUMBER: "number_out_of_range",
    ParameterKind.DATE: "day_malformed",
}
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def check_form(step: Step, where: str) -> Iterator[Finding]:
    """Up to three inputs, or one survey: more is a page of its own."""
    surveys = sum(one.kind is FieldKind.CHOICE for one in step.form)
    if surveys > 1 or (surveys and len(step.form) > 1) or len(step.form) > INPUTS_LIMIT:
        text = f"Ask one survey question, or up to {INPUTS_LIMIT} others; take the rest out."
        yield Finding("form_too_long", text, f"{where}.form[{len(step.form) - 1}].label")
    keys = Counter(one.key for one in step.form)
    for place, field in enumerate(step.form):
        yield from _question(field, f"{where}.form[{place}]", is_double=keys[field.key] > 1)


def _question(field: FormField, where: str, *, is_double: bool) -> Iterator[Finding]:
    if is_double or not _KEY.fullmatch(field.key):
        text = "Give every question a name of its own: letters, digits, _ and -, a letter first."
        yield Finding("question_key", text, f"{where}.key")
    if not 0 < len(field.label.strip()) <= QUESTION_LIMIT:
        text = f"Write the question, in at most {QUESTION_LIMIT} characters."
        yield Finding("text_empty", text, f"{where}.label")
    if field.kind is FieldKind.CHOICE:
        yield from _choices(field, where)


def _choices(field: FormField, where: str) -> Iterator[Finding]:
    if not 1 < len(field.choices) <= CHOICES_LIMIT:
        text = f"Give 2 to {CHOICES_LIMIT} choices."
        yield Finding("choice_count", text, f"{where}.label")
    values = Counter(one.value for one in field.choices)
    for place, choice in enumerate(field.choices):
        at = f"{where}.choices[{place}]"
        if not choice.label.strip() or len(choice.label) > QUESTION_LIMIT:
            text = f"Write what the visitor reads, in at most {QUESTION_LIMIT} characters."
            yield Finding("text_empty", text, f"{at}.label")
        if not choice.value.strip() or values[choice.value] > 1:
            text = "Give every choice a value of its own; it is what the change gets."
            yield Finding("choice_value", text, f"{at}.value")


def check_parameter(
    parameter: ParameterSpec, value: str, step: Step, where: str
) -> Iterator[Finding]:
    """A value of the author's fits the kind; one that is filled later can be."""
    if ANSWER in value:
        yield from _filled_later(parameter, value, step, where)
        return
    try:
        fitted(parameter, value)
    except Unfit as unfit:
        yield Finding(_UNFIT.get(parameter.kind, "value_unfit"), str(unfit), where)
    if len(value) > parameter.max_length:
        text = f"Write at most {parameter.max_length} characters."
        yield Finding("text_too_long", text, where)


def _filled_later(
    parameter: ParameterSpec, value: str, step: Step, where: str
) -> Iterator[Finding]:
    source = source_of(value)
    if not parameter.may_be_answered:
        text = f"{parameter.label} cannot be filled by the visitor; choose it here."
        yield Finding("answer_not_allowed", text, where)
    elif source is None:
        text = "Write {{ answer.<question> }} or {{ visitor.<trait> }} and nothing else."
        yield Finding("answer_malformed", text, where)
    elif source.kind is SourceKind.ANSWER:
        yield from _answered(parameter, step.field(source.key), source.key, where)


def _answered(
    parameter: ParameterSpec, field: FormField | None, key: str, where: str
) -> Iterator[Finding]:
    if field is None:
        text = f"This step asks no question {key}. Add it under Questions, or choose another value."
        yield Finding("answer_unknown", text, where)
        return
    if parameter.required and not field.required:
        text = f"The change needs it: make the question “{field.label or key}” required."
        yield Finding("answer_optional", text, where)
    for choice in field.choices:
        try:
            fitted(parameter, choice.value)
        except Unfit as unfit:
            text = f"The choice “{choice.label}” sends {choice.value!r}. {unfit}"
            yield Finding("answer_unfit", text, where)
            return


def check_price(body: PromptBody, specs: Mapping[str, ConnectorSpec]) -> Iterator[Finding]:
    """A price can be shown where every accept action can tell its own, and nothing else charges."""
    if not body.show_price:
        return
    yield from _unpriced(body, specs)
    actions = [
        action
        for step in body.steps
        for kind, button in step.buttons.items()
        if kind is Button.ACCEPT
        for action in button.actions
    ]
    if not actions:
        text = "The accept button changes nothing, so there is no price. Switch this off."
        yield Finding("price_of_nothing", text, "show_price")
    for action in actions:
        spec = _spec_of(action, specs)
        if spec is not None and not spec.has_preview:
            yield Finding("price_unknown", _no_price(spec), "show_price")


def _unpriced(body: PromptBody, specs: Mapping[str, ConnectorSpec]) -> Iterator[Finding]:
    """What a visitor could be charged for by another button, without having seen its price."""
    for place, step in enumerate(body.steps):
        for kind, button in step.buttons.items():
            for position, action in enumerate(button.actions):
                spec = _spec_of(action, specs)
                if kind is not Button.ACCEPT and spec is not None and spec.moves_money:
                    where = f"steps[{place}].buttons.{kind}.actions[{position}]"
                    yield Finding("price_not_shown", _not_shown(spec), where)


def _spec_of(action: AttachedAction, specs: Mapping[str, ConnectorSpec]) -> ActionSpec | None:
    known = specs.get(action.connector)
    return known.action(action.action) if known else None


def _not_shown(spec: ActionSpec) -> str:
    return (
        f"{spec.title} moves money, and the price is shown for the accept button alone. "
        "Take it from this button, move it to the accept button, or switch “Show the price first” "
        "off."
    )


def _no_price(spec: ActionSpec) -> str:
    return (
        f"{spec.title} cannot tell its price beforehand. "
        "Switch this off, or take that action from the accept button."
    )


def check_limits(body: PromptBody) -> Iterator[Finding]:
    """A limit is at least one, a budget more than nothing."""
    limits = body.limits
    for name in ("total", "per_day"):
        given: int | None = getattr(limits, name)
        if given is not None and given < 1:
            text = "Write a whole number of at least 1, or leave it empty for no limit."
            yield Finding("limit_too_small", text, f"limits.{name}")
    if limits.once_per_tag is not None and not _KEY.fullmatch(limits.once_per_tag):
        text = "Write one word of letters, digits, _ and -, a letter first."
        yield Finding("tag_malformed", text, "limits.once_per_tag")
    budget = limits.budget
    if budget is None:
        return
    if budget.amount_in_cents < 1:
        text = "Write an amount above 0, or leave it empty for no budget."
        yield Finding("budget_too_small", text, "limits.budget.amount_in_cents")
    if budget.fixed_cost_in_cents is not None and not (
        0 < budget.fixed_cost_in_cents <= budget.amount_in_cents
    ):
        text = "Write an amount above 0 that the budget covers, or leave it empty."
        yield Finding("cost_out_of_range", text, "limits.budget.fixed_cost_in_cents")
