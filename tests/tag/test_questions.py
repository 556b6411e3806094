"""A prompt that asks something, on a customer's page."""

import json
from typing import Any

import msgspec
from playwright.sync_api import expect

from browser import Complaints, axe
from journeys.rig import cancel, chargify, coupon
from standfast.domain.prompt import Answer, AttachedAction, FieldKind, FormField, ResultTexts
from tag.conftest import Scene, offer

DONE = ResultTexts(succeeded="As you wished.")
WHY = FormField(
    "why",
    "Why do you leave?",
    FieldKind.CHOICE,
    (Answer("CH1", "Too dear"), Answer("CH2", "I do not use it")),
    required=True,
)
DAYS = FormField("days", "For how many days?", FieldKind.NUMBER, required=True)
DAY = FormField("day", "Until when?", FieldKind.DATE)
NOTE = FormField("note", "Anything else?")


def ask(scene: Scene, *form: FormField, does: AttachedAction) -> None:
    body = offer(does, texts=DONE)
    step = msgspec.structs.replace(body.steps[0], form=form)
    scene.rig.sync()
    scene.rig.publish(msgspec.structs.replace(body, steps=(step,)))
    scene.visit()
    expect(scene.dialog).to_be_visible()


def heard(scene: Scene, path: str) -> list[dict[str, Any]]:
    """The bodies of all requests to this path from now on."""
    bodies: list[dict[str, Any]] = []
    scene.page.on(
        "request",
        lambda one: bodies.append(json.loads(one.post_data or "{}")) if path in one.url else None,
    )
    return bodies


def test_a_survey_s_answer_goes_to_the_bill(scene: Scene) -> None:
    ada = scene.customer()
    ask(scene, WHY, does=cancel("now", reason_code="{{ answer.why }}"))

    scene.dialog.get_by_role("radio", name="Too dear").check()
    scene.button("Yes, please").click()

    expect(scene.status).to_have_text("As you wished.")
    assert scene.rig.site.subscription(ada)["reason_code"] == "CH1"
    assert axe(scene.page) == []


def test_a_click_without_the_answer_sends_nothing_and_says_where(scene: Scene) -> None:
    ada = scene.customer()
    ask(scene, WHY, does=cancel("now", reason_code="{{ answer.why }}"))
    clicks = heard(scene, "/v1/interactions")

    scene.button("Yes, please").click()

    group = scene.dialog.get_by_role("radiogroup", name="Why do you leave?")
    expect(group).to_have_accessible_description("Please answer this.")
    expect(group).to_have_attribute("aria-invalid", "true")
    expect(scene.dialog.get_by_role("radio", name="Too dear")).to_be_focused()
    assert clicks == []
    assert axe(scene.page) == []
    scene.page.keyboard.press("ArrowDown")
    expect(scene.dialog.get_by_role("radio", name="I do not use it")).to_be_checked()
    expect(group).to_have_accessible_description("")
    scene.button("Yes, please").click()
    expect(scene.status).to_have_text("As you wished.")
    assert scene.rig.site.subscription(ada)["reason_code"] == "CH2"


def test_inputs_are_labelled_and_a_required_one_is_wanted_before_it_is_sent(scene: Scene) -> None:
    scene.customer()
    ask(scene, DAYS, DAY, NOTE, does=chargify("pause", for_days="{{ answer.days }}"))
    clicks = heard(scene, "/v1/interactions")
    days = scene.dialog.get_by_role("textbox", name="For how many days?")
    assert scene.dialog.get_by_label("Until when? optional").get_attribute("type") == "date"
    expect(scene.dialog.get_by_role("textbox", name="Anything else? optional")).to_be_visible()

    scene.button("Yes, please").click()

    expect(days).to_be_focused()
    expect(days).to_have_accessible_description("Please answer this.")
    assert clicks == []
    days.fill("14")
    scene.dialog.get_by_label("Until when?").fill("2027-02-01")
    scene.button("Yes, please").click()
    expect(scene.status).to_have_text("As you wished.")
    (sent,) = clicks[0]["interactions"]
    assert sent["values"] == {"days": "14", "day": "2027-02-01", "note": ""}


def test_what_the_server_finds_wrong_with_an_answer_is_said_beside_it(
    scene: Scene, complaints: Complaints
) -> None:
    ada = scene.customer()
    ask(scene, DAYS, does=chargify("pause", for_days="{{ answer.days }}"))
    complaints.allow("422")
    days = scene.dialog.get_by_role("textbox", name="For how many days?")

    for unfit, remedy in (("a month", ""), ("5000", " from 2 to 365")):
        days.fill(unfit)
        scene.button("Yes, please").click()

        expect(days).to_have_accessible_description(f"Please write a whole number{remedy}.")
        expect(days).to_be_focused()
    assert scene.rig.site.effects() == []
    days.fill("30")
    scene.button("Yes, please").click()
    expect(scene.status).to_have_text("As you wished.")
    assert scene.rig.site.subscription(ada)["state"] == "on_hold"


def test_leaving_is_never_held_up_by_a_question(scene: Scene) -> None:
    scene.customer()
    ask(scene, DAYS, does=chargify("pause", for_days="{{ answer.days }}"))

    scene.dialog.get_by_role("textbox", name="For how many days?").fill("some")
    scene.button("No, thanks").click()

    expect(scene.dialog).to_have_count(0)
    assert scene.stored() == ["impression", "decline"]


def test_a_page_whose_prompts_ask_nothing_never_loads_the_extras(scene: Scene) -> None:
    scene.customer()
    loaded: list[str] = []
    scene.page.on("request", lambda one: loaded.append(one.url))
    scene.offer(coupon("STAY30"))

    scene.visit()

    expect(scene.dialog).to_be_visible()
    assert not any("extras" in one for one in loaded)


def test_a_prompt_whose_questions_cannot_be_loaded_is_not_shown(
    scene: Scene, complaints: Complaints
) -> None:
    scene.customer()
    scene.page.route("**/tag/extras-*", lambda route: route.abort())
    complaints.allow("extras|ERR_FAILED")
    body = offer(cancel("now", reason_code="{{ answer.why }}"))
    step = msgspec.structs.replace(body.steps[0], form=(WHY,))
    scene.rig.sync()
    scene.rig.publish(msgspec.structs.replace(body, steps=(step,)))

    with scene.page.expect_event("requestfailed"):
        scene.visit()

    expect(scene.dialog).to_have_count(0)
    assert scene.stored() == []
