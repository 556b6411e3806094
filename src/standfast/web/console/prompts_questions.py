"""The questions of a prompt while they are edited, and what their answers can fill."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from standfast.domain.filling import Source, SourceKind, source_of
from standfast.domain.prompt import Answer, FieldKind, FormField
from standfast.services.errors import FieldInvalid

MOST_ROWS = 50
KINDS = {
    FieldKind.CHOICE: "One of these",
    FieldKind.TEXT: "A text",
    FieldKind.NUMBER: "A number",
    FieldKind.DATE: "A day",
}
FROM = ".from"
"""Ends the name of the field that says where a parameter's value comes from."""

Fields = Mapping[str, str]


@dataclass
class EditedChoice:
    """An empty `value` is the label itself."""

    label: str = ""
    value: str = ""


@dataclass
class EditedQuestion:
    key: str = ""
    label: str = ""
    kind: str = FieldKind.TEXT
    required: bool = False
    choices: list[EditedChoice] = field(default_factory=list[EditedChoice])

    @property
    def is_survey(self) -> bool:
        return self.kind == FieldKind.CHOICE


def read_questions(fields: Fields, stem: str) -> list[EditedQuestion]:
    """Rows are read until the first number that is missing."""
    return [
        EditedQuestion(
            key=fields.get(f"{row}.key", ""),
            label=fields[f"{row}.label"],
            kind=fields.get(f"{row}.kind", FieldKind.TEXT),
            required=f"{row}.required" in fields,
            choices=[
                EditedChoice(fields[f"{one}.label"], fields.get(f"{one}.value", ""))
                for one in rows(fields, f"{row}.choices", ".label")
            ],
        )
        for row in rows(fields, stem, ".label")
    ]


def rows(fields: Fields, stem: str, suffix: str = "") -> list[str]:
    """The stems of all rows that are there, as in "pages[0]"."""
    found: list[str] = []
    for place in range(MOST_ROWS):
        if f"{stem}[{place}]{suffix}" not in fields:
            break
        found.append(f"{stem}[{place}]")
    return found


def edited_questions(form: Iterable[FormField]) -> list[EditedQuestion]:
    return [
        EditedQuestion(
            one.key,
            one.label,
            one.kind,
            one.required,
            [EditedChoice(choice.label, choice.value) for choice in one.choices],
        )
        for one in form
    ]


def form_of(questions: Iterable[EditedQuestion], stem: str) -> tuple[FormField, ...]:
    """Raises `FieldInvalid`."""
    return tuple(_field(one, f"{stem}[{place}]") for place, one in enumerate(questions))


def _field(edited: EditedQuestion, where: str) -> FormField:
    if edited.kind not in KINDS:
        raise FieldInvalid("Choose what is answered.", field=f"{where}.kind")
    kind = FieldKind(edited.kind)
    choices = edited.choices if kind is FieldKind.CHOICE else []
    return FormField(
        edited.key,
        edited.label,
        kind,
        tuple(
            Answer(one.value or one.label, one.label) for one in choices if one.label or one.value
        ),
        edited.required,
    )


def add_question(questions: list[EditedQuestion], kind: str) -> None:
    """With a name nobody needs to think of."""
    stem = "reason" if kind == FieldKind.CHOICE else "answer"
    known = {one.key for one in questions}
    names = (stem, *(f"{stem}_{number}" for number in range(2, MOST_ROWS)))
    key = next(one for one in names if one not in known)
    questions.append(EditedQuestion(key, kind=FieldKind(kind), required=True))
    offer_choices(questions)


def offer_choices(questions: Iterable[EditedQuestion]) -> None:
    """A survey has room for two choices at least."""
    for one in questions:
        while one.is_survey and len(one.choices) < 2:
            one.choices.append(EditedChoice())


# --- what fills a parameter ----------------------------------------------------------------------


def read_parameters(fields: Fields, stem: str) -> dict[str, str]:
    """By key; one that is filled later holds the template of its source."""
    prefix = f"{stem}.parameters."
    given = {
        name.removeprefix(prefix): value
        for name, value in fields.items()
        if name.startswith(prefix) and value
    }
    parameters = {key: value for key, value in given.items() if not key.endswith(FROM)}
    for key, value in given.items():
        kind, _, name = value.partition(":")
        if key.endswith(FROM) and kind in set(SourceKind):
            parameters[key.removesuffix(FROM)] = Source(SourceKind(kind), name).template
    return parameters


def source_value(parameter: str) -> str:
    """The option for this value of a parameter: "answer:why", or "" for one set by the author."""
    source = source_of(parameter)
    return f"{source.kind}:{source.key}" if source else ""


def source_options(
    questions: Iterable[EditedQuestion], traits: Iterable[str], chosen: str
) -> list[tuple[str, str]]:
    """Where a parameter's value may come from; what is chosen stays in the list."""
    options = {"": "What is set here"}
    options |= {
        f"{SourceKind.ANSWER}:{one.key}": f"The answer to “{one.label or one.key}”"
        for one in questions
        if one.key
    }
    options |= {f"{SourceKind.VISITOR}:{key}": f"The customer’s trait {key}" for key in traits}
    if chosen not in options:
        kind, _, key = chosen.partition(":")
        is_answer = kind == SourceKind.ANSWER
        options[chosen] = f"{'An answer nobody is asked for' if is_answer else 'The trait'}: {key}"
    return list(options.items())
