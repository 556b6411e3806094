"""What the visitor answers, or is known to be, goes to the bill; what does not fit goes nowhere."""

from typing import Any

import msgspec
import pytest

from builders import a_prompt, a_step
from journeys.rig import Rig, cancel, coupon
from standfast.domain.prompt import (
    Answer,
    AttachedAction,
    Button,
    ButtonBody,
    FieldKind,
    FormField,
    ResultTexts,
)

WHY = FormField(
    "why", "Why?", FieldKind.CHOICE, (Answer("CH1", "Too dear"), Answer("CH2", "No use")), True
)
TEXT = FormField("text", "Anything else?")
DAYS = FormField("days", "For how many days?", FieldKind.NUMBER, required=True)
OWN = ResultTexts(succeeded="Both are done.", refused="Nothing was changed.")


def asking(rig: Rig, *form: FormField, **parameters: str) -> None:
    """A live prompt whose accept cancels with these."""
    rig.sync()
    rig.publish(a_prompt(steps=(a_step(accept=(cancel("now", **parameters),), form=form),)))


def test_a_form_answer_travels_to_the_cancellation(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    asking(rig, TEXT, message="{{ answer.text }}")

    answer = rig.shop.clicked(
        rig.shop.identity(ada), rig.show(ada)["token"], values={"text": "Too dear for me"}
    )

    assert answer.json()["results"][0]["runs"][0]["state"] == "succeeded"
    assert rig.site.subscription(ada)["cancellation_message"] == "Too dear for me"


def test_a_survey_s_choice_travels_as_its_value(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    asking(rig, WHY, reason_code="{{ answer.why }}")

    rig.shop.clicked(rig.shop.identity(ada), rig.show(ada)["token"], values={"why": "CH1"})

    assert rig.site.subscription(ada)["reason_code"] == "CH1"


@pytest.mark.parametrize(
    ("form", "values", "field", "remedy"),
    [
        (WHY, {"why": "CH9"}, "why", "Please choose one of these: CH1, CH2."),
        (WHY, {}, "why", "Please answer: Why?"),
        (DAYS, {"days": "soon"}, "days", "Please write a whole number."),
    ],
)
def test_an_answer_that_does_not_fit_is_told_and_nothing_is_written(
    rig: Rig, form: FormField, values: dict[str, str], field: str, remedy: str
) -> None:
    ada = rig.customer(plan="basic")
    asking(rig, form, message=f"{{{{ answer.{form.key} }}}}")
    prompt = rig.show(ada)

    answer = rig.shop.clicked(rig.shop.identity(ada), prompt["token"], values=values)

    told = answer.json()
    assert answer.status_code == 422
    assert (told["field"], told["detail"]) == (f"interactions[0].values.{field}", remedy)
    assert rig.site.writes() == []
    good = {"why": "CH1", "days": "3"}
    again = rig.shop.clicked(rig.shop.identity(ada), prompt["token"], values=good).json()
    assert again["results"][0]["runs"][0]["state"] == "succeeded"


def test_who_declines_owes_no_answer(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    asking(rig, WHY, reason_code="{{ answer.why }}")

    answer = rig.shop.clicked(
        rig.shop.identity(ada), rig.show(ada)["token"], "decline", values={"why": "half an ans"}
    )

    assert answer.json()["results"][0]["runs"] == []


def test_the_page_learns_the_questions_and_which_buttons_want_them(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    asking(rig, WHY, reason_code="{{ answer.why }}")

    (step,) = rig.show(ada)["steps"]

    assert [one["key"] for one in step["form"]] == ["why"]
    assert step["buttons"]["accept"] == {"label": "Yes, please", "must_answer": True}
    assert step["buttons"]["decline"] == {"label": "No, thanks", "must_answer": False}


def test_a_trusted_trait_fills_a_parameter(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    asking(rig, message="{{ visitor.team }}")

    identity = rig.shop.identity(ada, traits={"team": "Support"})
    (prompt,) = rig.shop.decide(identity)["prompts"]
    rig.shop.click(identity, prompt)

    assert rig.site.subscription(ada)["cancellation_message"] == "Support"


def test_what_the_page_says_unsigned_fills_nothing(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    asking(rig, message="{{ visitor.team }}")

    identity = rig.shop.identity(ada)
    (prompt,) = rig.shop.decide(identity, traits={"team": "Forged"})["prompts"]
    rig.shop.click(identity, prompt)

    assert rig.site.subscription(ada)["cancellation_message"] in {None, ""}


# --- one sentence of what happened and what did not ---------------------------------------------


def both(rig: Rig, *actions: AttachedAction) -> dict[str, Any]:
    """What became of one click that does all of this."""
    ada = rig.customer(plan="basic")
    rig.sync()
    rig.publish(a_prompt(steps=(a_step(accept=actions),), texts=OWN))
    prompt = rig.show(ada)
    rig.site.retire_coupon("TEN")
    return rig.shop.click(rig.shop.identity(ada), prompt)


def test_where_all_went_well_the_author_s_own_words_are_read(rig: Rig) -> None:
    result = both(rig, coupon("STAY30"), cancel("end_of_period"))

    assert {run["state"] for run in result["runs"]} == {"succeeded"}
    assert result["message"] == "Both are done."


def test_where_nothing_was_done_the_author_s_own_words_are_read(rig: Rig) -> None:
    result = both(rig, coupon("TEN"), cancel("end_of_period"))

    assert [run["state"] for run in result["runs"]] == ["refused", "cancelled"]
    assert result["message"] == "Nothing was changed."


def test_of_several_changes_the_visitor_reads_which_were_made_and_which_were_not(rig: Rig) -> None:
    go_on = msgspec.structs.replace(coupon("TEN"), stop_on_error=False)

    result = both(rig, go_on, cancel("end_of_period"))

    assert [run["state"] for run in result["runs"]] == ["refused", "succeeded"]
    spec = rig.house.registry.get("chargify").spec
    not_added, ends = spec.action("add_coupon"), spec.action("cancel_subscription")
    assert not_added is not None
    assert ends is not None
    expected = f"{not_added.told(is_done=False)} {ends.told(is_done=True)}"
    assert result["message"] == expected


def test_a_declining_button_that_acts_wants_its_answers_too(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    rig.sync()
    step = a_step(form=(WHY,))
    acting = ButtonBody("No, cancel", (cancel("now", reason_code="{{ answer.why }}"),))
    buttons = {**step.buttons, Button.DECLINE: acting}
    rig.publish(a_prompt(steps=(msgspec.structs.replace(step, buttons=buttons),)))

    answer = rig.shop.clicked(rig.shop.identity(ada), rig.show(ada)["token"], "decline")

    assert answer.status_code == 422
    assert rig.site.writes() == []
