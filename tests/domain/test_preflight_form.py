"""What is found wrong with questions, with what their answers fill, and with price and limits."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from builders import a_prompt, a_step, an_action
from choosy import CHOOSY
from standfast.contract.actions import ActionSpec, ParameterKind, ParameterSpec
from standfast.domain.finding import Finding
from standfast.domain.preflight import PreflightBiller, preflight
from standfast.domain.prompt import (
    Answer,
    Budget,
    Button,
    ButtonBody,
    FieldKind,
    FormField,
    Limits,
    PromptBody,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PARAMETERS = "steps[0].buttons.accept.actions[0].parameters"
PAUSE = ActionSpec(
    "pause",
    "Pause",
    "Pauses.",
    (
        ParameterSpec(
            "days", "Days", ParameterKind.NUMBER, "How long?",
            required=True, may_be_answered=True, least=1, most=365,
        ),
        ParameterSpec("until", "Until", ParameterKind.DATE, "When?", may_be_answered=True),
        ParameterSpec("note", "Note", ParameterKind.TEXT, "Why?", may_be_answered=True),
    ),
    moves_money=False,
)  # fmt: skip
PRICED = replace(PAUSE, key="switch", has_preview=True)
CHARGE = replace(PRICED, key="charge", title="Charge", moves_money=True)
SPEC = replace(CHOOSY, actions=(PAUSE, PRICED, CHARGE))
DAYS = FormField(
    "days",
    "How long?",
    FieldKind.CHOICE,
    (Answer("30", "A month"), Answer("60", "Two months")),
    required=True,
)
TEXT = FormField("text", "Why?")


def pausing(*form: FormField, action: str = "pause", **parameters: str) -> PromptBody:
    given = {"days": "30", **parameters}
    step = a_step(accept=(an_action(action, connector="choosy", **given),), form=form)
    return a_prompt(steps=(step,))


def found_in(body: PromptBody) -> tuple[Finding, ...]:
    nothing = lambda action, parameters: None  # noqa: E731
    biller = PreflightBiller(SPEC, None, {}, nothing, "USD", nothing)
    return preflight(body, segments=(), billers={"choosy": biller}, now=NOW)


def changed(body: PromptBody, **changes: Any) -> PromptBody:
    return msgspec.structs.replace(body, **changes)


@pytest.mark.parametrize(
    "body",
    [
        pausing(),
        pausing(DAYS, days="{{ answer.days }}"),
        pausing(TEXT, note="{{ answer.text }}"),
        pausing(days="{{ visitor.pause_days }}"),
        changed(pausing(action="switch"), show_price=True),
        changed(pausing(), limits=Limits(100, 10, "winback", Budget(10_000, 500))),
    ],
)
def test_what_is_right_is_not_found(body: PromptBody) -> None:
    assert found_in(body) == ()


FAULTS: dict[str, tuple[PromptBody, str, str]] = {
    "an answer to no question": (
        pausing(days="{{ answer.days }}"),
        "answer_unknown",
        f"{PARAMETERS}.days",
    ),
    "an optional answer to what the change needs": (
        pausing(msgspec.structs.replace(DAYS, required=False), days="{{ answer.days }}"),
        "answer_optional",
        f"{PARAMETERS}.days",
    ),
    "a choice the change cannot take": (
        pausing(
            msgspec.structs.replace(DAYS, choices=(*DAYS.choices, Answer("999", "Years"))),
            days="{{ answer.days }}",
        ),
        "answer_unfit",
        f"{PARAMETERS}.days",
    ),
    "a number out of its bounds": (
        pausing(days="400"),
        "number_out_of_range",
        f"{PARAMETERS}.days",
    ),
    "no number": (pausing(days="many"), "number_out_of_range", f"{PARAMETERS}.days"),
    "a day that is none": (
        pausing(until="2026-02-30"),
        "day_malformed",
        f"{PARAMETERS}.until",
    ),
    "two surveys": (
        pausing(DAYS, msgspec.structs.replace(DAYS, key="b")),
        "form_too_long",
        "steps[0].form[1].label",
    ),
    "four inputs": (
        pausing(*(FormField(f"q{n}", "Why?") for n in range(4))),
        "form_too_long",
        "steps[0].form[3].label",
    ),
    "two questions of one name": (pausing(TEXT, TEXT), "question_key", "steps[0].form[0].key"),
    "a question without words": (
        pausing(FormField("a", " ")),
        "text_empty",
        "steps[0].form[0].label",
    ),
    "a survey of one choice": (
        pausing(msgspec.structs.replace(DAYS, choices=DAYS.choices[:1])),
        "choice_count",
        "steps[0].form[0].label",
    ),
    "two choices of one value": (
        pausing(msgspec.structs.replace(DAYS, choices=(Answer("30", "A"), Answer("30", "B")))),
        "choice_value",
        "steps[0].form[0].choices[0].value",
    ),
    "a choice without words": (
        pausing(msgspec.structs.replace(DAYS, choices=(Answer("30", "A"), Answer("60", "")))),
        "text_empty",
        "steps[0].form[0].choices[1].label",
    ),
    "a price nobody can tell": (
        changed(pausing(), show_price=True),
        "price_unknown",
        "show_price",
    ),
    "a price of nothing": (changed(a_prompt(), show_price=True), "price_of_nothing", "show_price"),
    "nobody may accept": (
        changed(pausing(), limits=Limits(total=0)),
        "limit_too_small",
        "limits.total",
    ),
    "a tag of two words": (
        changed(pausing(), limits=Limits(once_per_tag="win back")),
        "tag_malformed",
        "limits.once_per_tag",
    ),
    "an empty budget": (
        changed(pausing(), limits=Limits(budget=Budget(0))),
        "budget_too_small",
        "limits.budget.amount_in_cents",
    ),
    "a cost beyond the budget": (
        changed(pausing(), limits=Limits(budget=Budget(100, 101))),
        "cost_out_of_range",
        "limits.budget.fixed_cost_in_cents",
    ),
}


@pytest.mark.parametrize(("body", "code", "where"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_found_with_its_place_and_what_to_do(
    body: PromptBody, code: str, where: str
) -> None:
    found = found_in(body)

    assert [(one.code, one.where, one.blocks) for one in found] == [(code, where, True)] or (
        code in {"question_key", "choice_value"}
        and (code, where) == (found[0].code, found[0].where)
    )
    assert all(one.text for one in found)


OTHERS = (Button.SECONDARY_ACCEPT, Button.DECLINE)


def with_another(button: Button, action: str) -> PromptBody:
    """It shows the price of its accept first; another button does this."""
    priced = pausing(action="switch")
    another = ButtonBody("Or this", pausing(action=action).actions())
    step = priced.steps[0]
    step = msgspec.structs.replace(step, buttons={**step.buttons, button: another})
    return changed(priced, steps=(step,), show_price=True)


@pytest.mark.parametrize("button", OTHERS)
def test_the_price_of_what_moves_no_money_is_not_asked_for(button: Button) -> None:
    assert found_in(with_another(button, "pause")) == ()


@pytest.mark.parametrize("button", OTHERS)
def test_nothing_that_moves_money_stands_where_its_price_is_not_shown(button: Button) -> None:
    body = with_another(button, "charge")

    (found,) = found_in(body)

    assert (found.code, found.blocks) == ("price_not_shown", True)
    assert found.where == f"steps[0].buttons.{button}.actions[0]"
    assert found.text == (
        "Charge moves money, and the price is shown for the accept button alone. Take it from "
        "this button, move it to the accept button, or switch “Show the price first” off."
    )
    assert found_in(changed(body, show_price=False)) == ()
