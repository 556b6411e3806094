"""Questions, price and limits in the prompt editor, as a browser without script uses it."""

from collections.abc import Iterator
from html import unescape

import pytest

from console.billing_rig import BilledHouse, a_billed_house
from console.forms import fields_of
from console.prompt_desk import ACTION, Desk, connected_desk
from standfast.domain.prompt import Answer, Budget, FieldKind, FormField, Limits, PromptStatus

FORM = "steps[0].form"
REASON = f"{ACTION}.parameters.reason_code"
DAYS = f"{ACTION}.parameters.for_days"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BilledHouse]:
    with a_billed_house(tmp_path_factory.mktemp("questions") / "data") as stage:
        yield stage


@pytest.fixture
def desk(stage: BilledHouse) -> Desk:
    return connected_desk(stage)


def asking(desk: Desk, kind: str, rest: str = "/new?from=cancel") -> dict[str, str]:
    """The form with one question of this kind."""
    form = desk.fields(rest)
    return fields_of(desk.send("/new", form, do=f"add_question:{kind}").text, "editor")


def pausing(desk: Desk, kind: str = "number") -> dict[str, str]:
    form = {**asking(desk, kind, "/new"), f"{ACTION}.action": "chargify:pause", "name": "Pause"}
    return fields_of(desk.send("/new", form, do="refresh").text, "editor")


def saved(desk: Desk, form: dict[str, str], **changes: str) -> str:
    answer = desk.send("/new", form, **{"do": "save", **changes})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def test_a_survey_fills_the_reason_of_a_cancellation(desk: Desk) -> None:
    form = asking(desk, "choice")
    assert f"{FORM}[0].choices[1].label" in form
    form = fields_of(desk.send("/new", form, do="add_choice:0").text, "editor")
    survey = {
        f"{FORM}[0].label": "Why do you leave?",
        f"{FORM}[0].choices[0].label": "Too dear",
        f"{FORM}[0].choices[0].value": "CH1",
        f"{FORM}[0].choices[1].label": "Something else",
        f"{REASON}.from": "answer:reason",
    }

    prompt_id = saved(desk, form, **survey, do="start")

    prompt = desk.prompt(prompt_id)
    assert prompt.status is PromptStatus.LIVE
    choices = (Answer("CH1", "Too dear"), Answer("Something else", "Something else"))
    asked = FormField("reason", "Why do you leave?", FieldKind.CHOICE, choices, required=True)
    assert prompt.draft.steps[0].form == (asked,)
    (action,) = prompt.draft.actions()
    assert action.parameters["reason_code"] == "{{ answer.reason }}"
    again = desk.fields(f"/{prompt_id}")
    assert survey.items() <= {**again, f"{FORM}[0].choices[1].value": ""}.items()
    assert REASON not in again


def test_what_is_filled_by_an_answer_can_be_set_here_again(desk: Desk) -> None:
    prompt_id = saved(desk, pausing(desk), **{f"{DAYS}.from": "answer:answer"})
    assert desk.prompt(prompt_id).draft.actions()[0].parameters["for_days"] == "{{ answer.answer }}"

    form = {**desk.fields(f"/{prompt_id}"), f"{DAYS}.from": ""}
    form = fields_of(desk.send(f"/{prompt_id}", form, do="refresh").text, "editor")
    desk.send(f"/{prompt_id}", form, **{DAYS: "14", "do": "save"})

    assert desk.prompt(prompt_id).draft.actions()[0].parameters["for_days"] == "14"


def test_a_trait_can_fill_a_parameter(desk: Desk) -> None:
    desk.billed.house.save_visitor.save(desk.billed.app, "kim", {"pause_days": 14})
    form = pausing(desk)

    page = unescape(desk.send("/new", form, do="refresh").text)
    assert '<option value="visitor:pause_days">The customer’s trait pause_days</option>' in page
    prompt_id = saved(desk, form, **{f"{DAYS}.from": "visitor:pause_days"})

    (action,) = desk.prompt(prompt_id).draft.actions()
    assert action.parameters["for_days"] == "{{ visitor.pause_days }}"


def test_numbers_and_days_have_fields_of_their_kind(desk: Desk) -> None:
    form = pausing(desk)
    page = desk.send("/new", form, do="refresh").text

    assert f'name="{ACTION}.parameters.until" type="date"' in page
    assert "From 2 to 365." in page
    answer = desk.send("/new", form, **{DAYS: "400", "do": "refresh"})
    assert f'href="#f-{DAYS}"' in answer.text
    assert "Please write a whole number from 2 to 365." in answer.text


def test_an_answer_nobody_gives_leads_to_the_choice_of_what_fills_it(desk: Desk) -> None:
    prompt_id = saved(desk, pausing(desk), **{f"{DAYS}.from": "answer:answer"})
    form = desk.fields(f"/{prompt_id}")

    page = desk.send(f"/{prompt_id}", form, do="remove_question:0").text

    assert "This step asks no question answer." in page
    assert f'href="#f-{DAYS}.from"' in page
    assert f'id="f-{DAYS}.from"' in page
    assert "An answer nobody is asked for: answer" in page


def test_questions_and_choices_go_as_they_came(desk: Desk) -> None:
    form = asking(desk, "choice")
    form = fields_of(desk.send("/new", form, do="add_choice:0").text, "editor")
    form[f"{FORM}[0].choices[2].label"] = "The third"

    form = fields_of(desk.send("/new", form, do="remove_choice:0:0").text, "editor")
    assert form[f"{FORM}[0].choices[1].label"] == "The third"
    assert f"{FORM}[0].choices[2].label" not in form

    form = fields_of(desk.send("/new", form, do="remove_question:0").text, "editor")
    assert f"{FORM}[0].label" not in form


@pytest.mark.parametrize(
    "deed", ["remove_question:4", "add_choice:9", "remove_choice:0:9", "add_question:song"]
)
def test_a_button_of_an_older_page_harms_nothing(desk: Desk, deed: str) -> None:
    form = asking(desk, "text")

    assert desk.send("/new", form, do=deed).status_code in {200, 303}


def test_three_questions_are_enough(desk: Desk) -> None:
    form = asking(desk, "text")
    for kind in ("number", "date"):
        form = fields_of(desk.send("/new", form, do=f"add_question:{kind}").text, "editor")

    page = desk.send("/new", form, do="refresh").text

    assert [form[f"{FORM}[{place}].key"] for place in range(3)] == [
        "answer",
        "answer_2",
        "answer_3",
    ]
    assert "add_question" not in page


def test_price_limits_and_waiting_come_back_as_they_were_saved(desk: Desk) -> None:
    changes = {
        "show_price": "on",
        "waits_when_down": "refuse",
        "limits.total": "100",
        "limits.per_day": "10",
        "limits.once_per_tag": "winback",
        "limits.budget.amount_in_cents": "2500.00",
        "limits.budget.fixed_cost_in_cents": "12.50",
    }

    prompt_id = desk.save(**changes)

    draft = desk.prompt(prompt_id).draft
    assert draft.limits == Limits(100, 10, "winback", Budget(250_000, 1_250))
    assert (draft.show_price, draft.waits_when_down) == (True, False)
    assert changes.items() <= desk.fields(f"/{prompt_id}").items()


def test_a_prompt_without_limits_has_none(desk: Desk) -> None:
    draft = desk.prompt(desk.save()).draft

    assert draft.limits == Limits()
    assert (draft.show_price, draft.waits_when_down) == (False, True)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("limits.total", "many"),
        ("limits.per_day", "-1"),
        ("limits.total", "1.5"),
        ("limits.budget.amount_in_cents", "a lot"),
        ("limits.budget.amount_in_cents", "1.005"),
        ("limits.budget.amount_in_cents", "NaN"),
        ("limits.budget.amount_in_cents", "1e400"),
    ],
)
def test_a_limit_that_cannot_be_read_is_told_at_its_field(
    desk: Desk, field: str, text: str
) -> None:
    answer = desk.send("/new", desk.fields("/new?from=loyalty"), **{field: text, "do": "save"})

    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert fields_of(answer.text, "editor")[field] == text


def test_a_cost_without_a_budget_is_told_at_the_budget(desk: Desk) -> None:
    form = desk.fields("/new?from=loyalty")

    answer = desk.send("/new", form, **{"limits.budget.fixed_cost_in_cents": "5", "do": "save"})

    assert 'href="#f-limits.budget.amount_in_cents"' in answer.text


def test_an_action_says_what_it_needs_may_cost_and_how_it_is_taken_back(desk: Desk) -> None:
    page = unescape(desk.ada.get(desk.path("/new?from=cancel")).text)

    assert "<dt>Needs</dt>" in page
    assert "<dt>May cost</dt>" in page
    assert "By “Undo" in page
