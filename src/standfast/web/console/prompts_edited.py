"""A prompt while it is being edited: texts as they were typed, one field per path of the body.

The fields are named as preflight names its findings, so that every finding finds its field.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from standfast.domain.offer import ANSWER
from standfast.domain.prompt import Button
from standfast.web.console.prompts_limits import LIMITS
from standfast.web.console.prompts_questions import (
    FROM,
    EditedChoice,
    EditedQuestion,
    add_question,
    offer_choices,
    read_parameters,
    read_questions,
    rows,
)

STEP = "steps[0]"
FORM = f"{STEP}.form"
RE_SHOW = ("after_accept", "after_decline", "after_dismiss")
TEXTS = ("succeeded", "pending", "refused", "needs_visitor", "fallback_link")
GO_ON = "go_on"
REFUSE = "refuse"

Fields = Mapping[str, str]


@dataclass
class EditedAction:
    """`key` is "connector:action", empty before one is chosen."""

    key: str = ""
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    stops: bool = True


@dataclass
class EditedButton:
    label: str = ""
    actions: list[EditedAction] = field(default_factory=list[EditedAction])


@dataclass
class EditedPage:
    """`path` may carry a query and a hash, as in "/pricing?plan=pro#top"; an expression may not."""

    path: str = ""
    is_regex: bool = False


@dataclass
class EditedReShow:
    rule: str = "never"
    amount: str = ""
    unit: str = "days"


@dataclass
class EditedPrompt:
    name: str = ""
    title: str = ""
    message: str = ""
    buttons: dict[Button, EditedButton] = field(default_factory=dict[Button, EditedButton])
    pages: list[EditedPage] = field(default_factory=list[EditedPage])
    manual: str = ""
    delay: str = ""
    starts_at: str = ""
    ends_at: str = ""
    priority: str = ""
    included: list[str] = field(default_factory=list[str])
    excluded: list[str] = field(default_factory=list[str])
    re_show: dict[str, EditedReShow] = field(default_factory=dict[str, EditedReShow])
    texts: dict[str, str] = field(default_factory=dict[str, str])
    questions: list[EditedQuestion] = field(default_factory=list[EditedQuestion])
    show_price: bool = False
    waits_when_down: bool = True
    limits: dict[str, str] = field(default_factory=dict[str, str])

    def segments(self, which: str) -> list[str]:
        return self.included if which == "included" else self.excluded


def read_edited(fields: Fields) -> EditedPrompt:
    """What the form holds. Rows are read until the first number that is missing."""
    return EditedPrompt(
        name=fields.get("name", ""),
        title=fields.get(f"{STEP}.title", ""),
        message=fields.get(f"{STEP}.message", ""),
        buttons={kind: _button(fields, f"{STEP}.buttons.{kind}") for kind in Button},
        pages=[
            EditedPage(fields[f"{row}.path"], f"{row}.is_regex" in fields)
            for row in rows(fields, "triggers.pages", ".path")
        ],
        manual=fields.get("triggers.manual", ""),
        delay=fields.get("triggers.delay_seconds", ""),
        starts_at=fields.get("schedule.starts_at", ""),
        ends_at=fields.get("schedule.ends_at", ""),
        priority=fields.get("priority", ""),
        included=[fields[name] for name in rows(fields, "included_segments")],
        excluded=[fields[name] for name in rows(fields, "excluded_segments")],
        re_show={name: _re_show(fields, f"re_show.{name}") for name in RE_SHOW},
        texts={name: fields.get(f"texts.{name}", "") for name in TEXTS},
        questions=read_questions(fields, FORM),
        show_price="show_price" in fields,
        waits_when_down=fields.get("waits_when_down") != REFUSE,
        limits={name: fields.get(name, "") for name in LIMITS},
    )


def change(edited: EditedPrompt, deed: str) -> bool:
    """Do what a button of the form asks, as in "remove_page:1"; False for what is no such deed."""
    verb, *words = deed.split(":")
    done = DEEDS.get(verb)
    if done is None:
        return False
    try:
        done(edited, *words)
    except (IndexError, ValueError, KeyError, TypeError):
        return False  # a form of an older page; it is shown again as it is
    return True


def _button(fields: Fields, stem: str) -> EditedButton:
    actions = [_action(fields, row) for row in rows(fields, f"{stem}.actions", ".action")]
    return EditedButton(fields.get(f"{stem}.label", ""), actions)


def _action(fields: Fields, stem: str) -> EditedAction:
    stops = fields.get(f"{stem}.stop_on_error") != GO_ON
    return EditedAction(fields.get(f"{stem}.action", ""), read_parameters(fields, stem), stops)


def _re_show(fields: Fields, stem: str) -> EditedReShow:
    return EditedReShow(
        rule=fields.get(f"{stem}.rule", "never"),
        amount=fields.get(f"{stem}.after_seconds", ""),
        unit=fields.get(f"{stem}.unit", "days"),
    )


def _add_page(edited: EditedPrompt) -> None:
    edited.pages.append(EditedPage())


def _remove_page(edited: EditedPrompt, place: str) -> None:
    del edited.pages[int(place)]


def _add_segment(edited: EditedPrompt, which: str) -> None:
    edited.segments(which).append("")


def _remove_segment(edited: EditedPrompt, which: str, place: str) -> None:
    del edited.segments(which)[int(place)]


def _add_action(edited: EditedPrompt, button: str) -> None:
    edited.buttons[Button(button)].actions.append(EditedAction())


def _remove_action(edited: EditedPrompt, button: str, place: str) -> None:
    del edited.buttons[Button(button)].actions[int(place)]


def _move(by: int) -> Callable[[EditedPrompt, str, str], None]:
    def move(edited: EditedPrompt, button: str, place: str) -> None:
        actions = edited.buttons[Button(button)].actions
        here, there = int(place), int(place) + by
        if 0 <= there < len(actions):
            actions[here], actions[there] = actions[there], actions[here]

    return move


def _add_question(edited: EditedPrompt, kind: str) -> None:
    add_question(edited.questions, kind)


def _remove_question(edited: EditedPrompt, place: str) -> None:
    del edited.questions[int(place)]


def _add_choice(edited: EditedPrompt, place: str) -> None:
    edited.questions[int(place)].choices.append(EditedChoice())


def _remove_choice(edited: EditedPrompt, place: str, choice: str) -> None:
    del edited.questions[int(place)].choices[int(choice)]


def _refresh(edited: EditedPrompt) -> None:
    """The form is only drawn again, with the fields of what was newly chosen."""
    offer_choices(edited.questions)


DEEDS: Mapping[str, Callable[..., None]] = {
    "add_page": _add_page,
    "remove_page": _remove_page,
    "add_segment": _add_segment,
    "remove_segment": _remove_segment,
    "add_action": _add_action,
    "remove_action": _remove_action,
    "up": _move(-1),
    "down": _move(1),
    "add_question": _add_question,
    "remove_question": _remove_question,
    "add_choice": _add_choice,
    "remove_choice": _remove_choice,
    "refresh": _refresh,
}

_MANUAL = re.compile(r"^triggers\.manual\[\d+\]\.name$")
_PARAMETER = re.compile(r"^steps\[0\]\.buttons\.(\w+)\.actions\[(\d+)\]\.parameters\.(\w+)$")


def field_of(where: str, edited: EditedPrompt) -> str:
    """The name of the field that a finding speaks of."""
    if _MANUAL.fullmatch(where):
        return "triggers.manual"
    if where.endswith(".connector"):
        return where.removesuffix(".connector") + ".action"
    if re.fullmatch(r".*\.actions\[\d+\]", where):
        return f"{where}.action"
    if where == "triggers":
        return "triggers.pages[0].path"
    if where in {"steps", f"{STEP}.buttons", f"{STEP}.key"}:
        return f"{STEP}.title"
    return f"{where}{FROM}" if _is_filled_later(where, edited) else where


def _is_filled_later(where: str, edited: EditedPrompt) -> bool:
    """Then there is no field for the value, only the choice of what fills it."""
    found = _PARAMETER.fullmatch(where)
    if not found:
        return False
    actions = edited.buttons[Button(found[1])].actions
    place = int(found[2])
    return place < len(actions) and ANSWER in actions[place].parameters.get(found[3], "")
