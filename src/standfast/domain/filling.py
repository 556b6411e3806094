"""Fills the parameters of an action with what the visitor answered and what is known of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from standfast.contract.actions import ActionSpec, ParameterKind, ParameterSpec
from standfast.domain.offer import ANSWER
from standfast.domain.prompt import FieldKind, FormField
from standfast.domain.visitor import TraitValue

_TEMPLATE = re.compile(r"\{\{ (answer|visitor)\.([A-Za-z_][A-Za-z0-9_-]{0,63}) \}\}")
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class SourceKind(StrEnum):
    ANSWER = "answer"
    """What the visitor answers in the form of the step."""
    VISITOR = "visitor"
    """A trait from a trusted source; never what the page says unsigned."""


@dataclass(frozen=True)
class Source:
    """Where a parameter's value comes from, when not from the author."""

    kind: SourceKind
    key: str

    @property
    def template(self) -> str:
        return f"{{{{ {self.kind}.{self.key} }}}}"


def lacks_answer(parameters: Mapping[str, str], answers: Mapping[str, str]) -> bool:
    """Whether a question that fills one of these has not been answered yet."""
    sources = (source_of(value) for value in parameters.values())
    wanted = {one.key for one in sources if one and one.kind is SourceKind.ANSWER}
    return any(not answers.get(key, "").strip() for key in wanted)


class Unfit(Exception):
    """A value cannot be used. The message is the remedy."""


class AnswerUnfit(Exception):
    """What the visitor answered cannot be used; `key` is the question, the message the remedy."""

    def __init__(self, key: str, remedy: str) -> None:
        self.key = key
        super().__init__(remedy)


class TraitUnfit(Exception):
    """What is known of the visitor cannot fill the parameter; the visitor cannot mend it."""


def source_of(value: str) -> Source | None:
    """As in "{{ answer.reason }}" or "{{ visitor.seats }}"; None for anything else."""
    found = _TEMPLATE.fullmatch(value)
    return Source(SourceKind(found[1]), found[2]) if found else None


def check_answers(form: Iterable[FormField], answers: Mapping[str, str]) -> None:
    """Every answer fits its question, and no required one is missing.

    Raises `AnswerUnfit` for the first that does not.
    """
    for field in form:
        answer = answers.get(field.key, "").strip()
        if answer:
            _check_answer(field, answer)
        elif field.required:
            raise AnswerUnfit(field.key, f"Please answer: {field.label}")


def filled(
    parameters: Mapping[str, str],
    spec: ActionSpec,
    *,
    answers: Mapping[str, str],
    traits: Mapping[str, TraitValue],
) -> dict[str, str]:
    """The parameters with every value in its place, each checked by its kind.

    Only a parameter whose spec allows it is filled; one without a value is left out.
    Raises `AnswerUnfit`, `TraitUnfit`.
    """
    result: dict[str, str] = {}
    for key, value in parameters.items():
        if ANSWER not in value:
            result[key] = value
            continue
        source, parameter = source_of(value), spec.parameter(key)
        if source is None or parameter is None or not parameter.may_be_answered:
            continue
        found = _found(source, parameter, answers, traits)
        if found:
            result[key] = found
    return result


def fitted(parameter: ParameterSpec, value: str) -> str:
    """The value as the action takes it: trimmed, and cut where it is a text. Raises `Unfit`."""
    value = value.strip()
    match parameter.kind:
        case ParameterKind.NUMBER:
            return str(_number(value, parameter.least, parameter.most))
        case ParameterKind.DATE:
            return _day(value)
        case ParameterKind.CHOICE:
            return _choice(value, [one.value for one in parameter.choices])
        case _:
            return value[: parameter.max_length]


def _found(
    source: Source,
    parameter: ParameterSpec,
    answers: Mapping[str, str],
    traits: Mapping[str, TraitValue],
) -> str:
    if source.kind is SourceKind.ANSWER:
        return _answered(source.key, parameter, answers)
    return _known(source.key, parameter, traits)


def _answered(key: str, parameter: ParameterSpec, answers: Mapping[str, str]) -> str:
    answer = answers.get(key, "").strip()
    if not answer:
        if parameter.required:
            raise AnswerUnfit(key, "Please answer this; the change needs it.")
        return ""
    try:
        return fitted(parameter, answer)
    except Unfit as unfit:
        raise AnswerUnfit(key, str(unfit)) from unfit


def _known(key: str, parameter: ParameterSpec, traits: Mapping[str, TraitValue]) -> str:
    value = traits.get(key)
    text = "" if value is None or isinstance(value, list) else _text(value)
    if not text.strip():
        if parameter.required:
            raise TraitUnfit(f"{parameter.label} comes from the trait {key}, which is not set.")
        return ""
    try:
        return fitted(parameter, text)
    except Unfit as unfit:
        told = f"{parameter.label} comes from the trait {key}, which is {text[:60]!r}. {unfit}"
        raise TraitUnfit(told) from unfit


def _text(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _check_answer(field: FormField, answer: str) -> None:
    try:
        match field.kind:
            case FieldKind.CHOICE:
                _choice(answer, [one.value for one in field.choices])
            case FieldKind.NUMBER:
                _number(answer, None, None)
            case FieldKind.DATE:
                _day(answer)
            case FieldKind.TEXT:
                pass
    except Unfit as unfit:
        raise AnswerUnfit(field.key, str(unfit)) from unfit


def _number(text: str, least: int | None, most: int | None) -> int:
    number = int(text) if _WHOLE.fullmatch(text) else None
    low = number is not None and least is not None and number < least
    high = number is not None and most is not None and number > most
    if number is None or low or high:
        raise Unfit(f"Please write a whole number{_bounds(least, most)}.")
    return number


def _bounds(least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if least is not None:
        return f" of at least {least}"
    return f" of at most {most}" if most is not None else ""


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text if _DAY.fullmatch(text) else "").isoformat()
    except ValueError as error:
        raise Unfit("Please choose a day, written as 2027-01-31.") from error


def _choice(text: str, choices: list[str]) -> str:
    if text not in choices:
        raise Unfit(f"Please choose one of these: {', '.join(choices)}.")
    return text
