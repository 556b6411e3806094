"""What a visitor answers, and what is known of them, fills the parameters of an action."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfast.contract.actions import ActionSpec, Choice, ParameterKind, ParameterSpec
from standfast.domain.filling import (
    AnswerUnfit,
    Source,
    SourceKind,
    TraitUnfit,
    check_answers,
    filled,
    source_of,
)
from standfast.domain.prompt import Answer, FieldKind, FormField


def parameter(kind: ParameterKind, **changes: object) -> ParameterSpec:
    values = {"required": False, "may_be_answered": True, **changes}
    return ParameterSpec("one", "How long", kind, "Help.", **values)  # type: ignore[arg-type]


def fill(spec: ParameterSpec, value: str = "{{ answer.a }}", answers=None, traits=None) -> object:
    action = ActionSpec("pause", "Pause", "Pauses.", (spec,), moves_money=False)
    given = filled({"one": value}, action, answers=answers or {}, traits=traits or {})
    return given.get("one")


LENGTH = parameter(ParameterKind.NUMBER, least=1, most=365)
WHEN = parameter(
    ParameterKind.CHOICE, choices=(Choice("now", "Now"), Choice("later", "At the end"))
)


@pytest.mark.parametrize(
    ("spec", "answer", "expected"),
    [
        (LENGTH, "30", "30"),
        (LENGTH, " 030 ", "30"),
        (LENGTH, "+365", "365"),
        (parameter(ParameterKind.NUMBER), "-5", "-5"),
        (parameter(ParameterKind.DATE), "2028-02-29", "2028-02-29"),
        (WHEN, "later", "later"),
        (parameter(ParameterKind.TEXT, max_length=4), "expensive", "expe"),
        (parameter(ParameterKind.REASON_CODE), "CH1", "CH1"),
        (LENGTH, "  ", None),
    ],
)
def test_an_answer_is_read_by_its_kind(spec: ParameterSpec, answer: str, expected: str | None):
    assert fill(spec, answers={"a": answer}) == expected


@pytest.mark.parametrize(
    ("spec", "answer", "remedy"),
    [
        (LENGTH, "0", "Please write a whole number from 1 to 365."),
        (LENGTH, "366", "Please write a whole number from 1 to 365."),
        (LENGTH, "a month", "Please write a whole number from 1 to 365."),
        (LENGTH, "1.5", "Please write a whole number from 1 to 365."),
        (LENGTH, "٣", "Please write a whole number from 1 to 365."),
        (
            parameter(ParameterKind.NUMBER, least=2),
            "1",
            "Please write a whole number of at least 2.",
        ),
        (parameter(ParameterKind.NUMBER, most=2), "3", "Please write a whole number of at most 2."),
        (
            parameter(ParameterKind.DATE),
            "2027-02-29",
            "Please choose a day, written as 2027-01-31.",
        ),
        (parameter(ParameterKind.DATE), "20270131", "Please choose a day, written as 2027-01-31."),
        (WHEN, "never", "Please choose one of these: now, later."),
        (
            parameter(ParameterKind.TEXT, required=True),
            " ",
            "Please answer this; the change needs it.",
        ),
    ],
)
def test_an_answer_that_does_not_fit_is_told_with_its_remedy(
    spec: ParameterSpec, answer: str, remedy: str
):
    with pytest.raises(AnswerUnfit) as unfit:
        fill(spec, answers={"a": answer})

    assert (unfit.value.key, str(unfit.value)) == ("a", remedy)


@pytest.mark.parametrize(
    ("trait", "expected"),
    [(30, "30"), (30.0, "30"), ("30", "30"), (None, None), (["30"], None)],
)
def test_a_trait_fills_a_parameter(trait: object, expected: str | None):
    assert fill(LENGTH, "{{ visitor.days }}", traits={"days": trait}) == expected


@pytest.mark.parametrize("trait", ["soon", 0, True, 1.5])
def test_a_trait_that_does_not_fit_names_itself(trait: object):
    with pytest.raises(TraitUnfit, match="How long comes from the trait days, which is"):
        fill(LENGTH, "{{ visitor.days }}", traits={"days": trait})


def test_a_needed_trait_that_is_not_set_is_told():
    needed = parameter(ParameterKind.TEXT, required=True)

    with pytest.raises(TraitUnfit, match="the trait days, which is not set"):
        fill(needed, "{{ visitor.days }}")


def test_a_parameter_that_may_not_be_answered_is_left_out():
    closed = parameter(ParameterKind.TEXT, may_be_answered=False)

    assert fill(closed, answers={"a": "mine"}) is None
    assert fill(LENGTH, "{{ answer.a }} days", answers={"a": "3"}) is None


def test_what_the_author_wrote_is_not_touched():
    assert fill(LENGTH, "30", answers={"a": "5"}) == "30"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ answer.why }}", Source(SourceKind.ANSWER, "why")),
        ("{{ visitor.seats }}", Source(SourceKind.VISITOR, "seats")),
        ("{{ page.seats }}", None),
        ("{{answer.why}}", None),
        ("why", None),
    ],
)
def test_a_source_is_read_and_written_back(text: str, expected: Source | None):
    assert source_of(text) == expected
    assert expected is None or expected.template == text


WHY = FormField(
    "why", "Why?", FieldKind.CHOICE, (Answer("CH1", "Too dear"), Answer("CH2", "Other")), True
)
DAY = FormField("day", "From when?", FieldKind.DATE)


@pytest.mark.parametrize(
    ("answers", "key"),
    [
        ({}, "why"),
        ({"why": "Too dear"}, "why"),
        ({"why": "CH1", "day": "tomorrow"}, "day"),
        ({"why": " "}, "why"),
    ],
)
def test_a_form_s_answers_are_checked_one_by_one(answers: dict[str, str], key: str):
    with pytest.raises(AnswerUnfit) as unfit:
        check_answers((WHY, DAY), answers)

    assert unfit.value.key == key


def test_answers_that_fit_are_taken():
    check_answers((WHY, DAY), {"why": "CH2"})
    check_answers((WHY, DAY), {"why": "CH2", "day": "2027-02-01", "more": "x"})


@given(st.text(max_size=40))
def test_nothing_but_a_number_within_its_bounds_ever_gets_through(answer: str):
    try:
        found = fill(LENGTH, answers={"a": answer})
    except AnswerUnfit:
        return
    assert found is None or 1 <= int(str(found)) <= 365
