"""Prompts, segments and visitors in Chromium: by keyboard, in light and dark, wide and narrow."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from browser import NARROW, WIDE, axe, overflow, shoot
from builders import a_prompt, a_step
from console.billing_rig import BilledApp, BilledHouse, a_billed_house
from journeys.rig import cancel, chargify, coupon
from standfast.domain.interaction import Kind
from standfast.domain.prompt import Answer, Budget, FieldKind, FormField, Limits
from standfast.domain.rules.model import read_rule

SIZES = {"wide": WIDE, "narrow": NARROW}
RULE = {
    "type": "all",
    "rules": [
        {"type": "trait", "trait": "seats", "operator": "at_least", "value": 3},
        {
            "type": "none",
            "rules": [
                {
                    "type": "some",
                    "of": "subscription",
                    "rule": {
                        "type": "trait",
                        "trait": "coupons",
                        "operator": "contains",
                        "value": "TEN",
                    },
                }
            ],
        },
    ],
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BilledHouse]:
    with a_billed_house(tmp_path_factory.mktemp("chromium") / "data") as stage:
        yield stage


@pytest.fixture(scope="module")
def lived_in(stage: BilledHouse) -> tuple[BilledApp, dict[str, str]]:
    """Something stands on every page; the paths by name."""
    kim = stage.site.add_customer("kim", plan="pro")
    billed = stage.open()
    billed.connect()
    billed.sync()
    house = billed.house
    house.save_visitor.save(billed.app, "kim", {"chargify_id": kim.id, "seats": 5, "tags": ["a"]})
    house.save_visitor.save(billed.app, "lea", {"chargify_id": 99, "seats": 2}, is_test=True)
    segment = house.save_segment.save(billed.app, name="Big", rule=read_rule(RULE)).segment
    prompt = billed.publish("Stay with us", coupon("STAY30"))
    for kind in (Kind.IMPRESSION, Kind.IMPRESSION, Kind.DISMISS):
        billed.happened(prompt, kind, "kim")
    billed.click(prompt, kim, ("add_coupon", {"coupon": "STAY30"}))
    billed.work()
    return billed, {
        "prompts": "/prompts",
        "prompt": f"/prompts/{prompt}",
        "prompt-new": "/prompts/new?from=loyalty",
        "prompt-asking": f"/prompts/{asking(billed)}",
        "prompt-versions": f"/prompts/{prompt}/versions?old=draft&new=1",
        "segments": "/segments",
        "segment": f"/segments/{segment.id}",
        "visitors": "/visitors?trait=seats&having=have",
        "visitor": "/visitors/profile?user_id=kim",
        "why": "/visitors/why?user_id=lea&page_address=/account",
        "visitors-import": "/visitors/import",
        "traits": "/traits",
    }


def asking(billed: BilledApp) -> str:
    """A draft with all that an author can say, some of it wrong."""
    survey = FormField(
        "reason",
        "Why do you want to leave?",
        FieldKind.CHOICE,
        (Answer("CH1", "It is too dear for us"), Answer("CH2", "We do not use it enough")),
        required=True,
    )
    cancelling = cancel("end_of_period", reason_code="{{ answer.reason }}")
    pausing = chargify("pause", for_days="{{ answer.days }}")
    step = a_step(accept=(cancelling,), decline=(pausing,), form=(survey,), title="Leave?")
    body = a_prompt(
        steps=(step,), show_price=True, limits=Limits(100, 10, "winback", Budget(250_000, 1_250))
    )
    return billed.house.publish_prompt.save_draft(billed.app, name="Leaving", body=body).id


def enter(page: Page, stage: BilledHouse) -> None:
    token = stage.visitor().token or ""
    page.context.add_cookies([{"name": "standfast-session", "value": token, "url": stage.url}])


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
class TestEveryPage:
    @pytest.fixture
    def page_options(self, size: str, theme: str) -> dict[str, Any]:
        return {**SIZES[size], "color_scheme": theme, "bypass_csp": True}

    def test_it_fits_its_window_and_axe_finds_nothing(
        self, page: Page, stage: BilledHouse, lived_in, size: str, theme: str
    ) -> None:
        billed, paths = lived_in
        enter(page, stage)
        trouble: dict[str, object] = {}
        for name, path in paths.items():
            page.goto(f"{stage.url}/apps/{billed.app}{path}")
            page.wait_for_load_state("networkidle")
            shoot(page, f"console/{name}-{theme}-{size}")
            found = axe(page), overflow(page)
            if found[0] or found[1] > 0:
                trouble[name] = found

        assert trouble == {}


@pytest.fixture
def editor(page: Page, stage: BilledHouse, lived_in) -> Page:
    billed, paths = lived_in
    enter(page, stage)
    page.goto(f"{stage.url}/apps/{billed.app}{paths['prompt-new']}")
    return page


def test_a_coupon_is_found_and_chosen_by_keyboard(editor: Page) -> None:
    box = editor.get_by_role("combobox", name="Coupon", exact=True)
    box.focus()
    box.press("ArrowDown")
    options = editor.locator(".combobox-list:visible [role=option]")
    expect(options.filter(has_text="STAY30")).to_contain_text("30 % off every charge")

    box.fill("stay")
    expect(options).to_have_count(1)
    box.press("Escape")
    expect(editor.get_by_role("listbox")).to_be_hidden()
    box.fill("stay")
    box.press("Enter")

    told = editor.locator(".action-told")
    expect(told).to_contain_text("STAY30: 30 % off every charge")
    expect(editor.get_by_role("combobox", name="Coupon", exact=True)).to_be_focused()
    expect(editor.get_by_role("combobox", name="Coupon", exact=True)).to_have_value(
        "STAY30 – 30 % off every charge"
    )


def test_the_preview_is_drawn_by_the_tag_and_follows_the_form(editor: Page) -> None:
    frame = editor.frame_locator("[data-preview-frame]")
    dialog = frame.get_by_role("dialog")
    expect(dialog.get_by_text("Thank you for staying")).to_be_visible()

    title = editor.get_by_label("Title")
    title.fill("Ten off, for you")
    expect(dialog.get_by_text("Ten off, for you")).to_be_visible()
    expect(title).to_be_focused()

    editor.get_by_role("button", name="Refused").click()
    expect(dialog.get_by_text("We could not make this change")).to_be_visible()
    editor.get_by_role("button", name="Needs payment").click()
    expect(dialog.get_by_text("Please add a payment method or confirm")).to_be_visible()
    for name in ("Phone", "Dark", "Offer"):
        editor.get_by_role("button", name=name, exact=True).click()
    expect(dialog.get_by_text("Ten off, for you")).to_be_visible()


def test_the_preview_shows_questions_and_a_price_as_they_are_written(editor: Page) -> None:
    dialog = editor.frame_locator("[data-preview-frame]").get_by_role("dialog")

    editor.get_by_role("button", name="Add a survey").click()
    editor.get_by_role("textbox", name="Question 1").fill("Why do you stay?")
    editor.get_by_role("textbox", name="Choice 1", exact=True).fill("It is good")
    editor.get_by_role("textbox", name="Choice 2", exact=True).fill("It is cheap")

    survey = dialog.get_by_role("radiogroup", name="Why do you stay?")
    expect(survey.get_by_role("radio")).to_have_count(2)
    expect(survey.get_by_role("radio", name="It is cheap")).to_be_visible()
    editor.get_by_role("switch", name="Show the price first").check()
    expect(dialog.get_by_text("For example: $29.00 due now")).to_be_visible()
    editor.get_by_label("Answered by").select_option("date")
    expect(editor.get_by_role("textbox", name="Choice 1", exact=True)).to_have_count(0)
    expect(dialog.get_by_label("Why do you stay?")).to_have_attribute("type", "date")
    editor.get_by_role("switch", name="Show the price first").uncheck()
    expect(dialog.get_by_text("For example:")).to_have_count(0)


def test_a_change_is_filled_by_an_answer_without_leaving_the_page(editor: Page) -> None:
    editor.get_by_role("combobox", name="Action 1").select_option("chargify:cancel_subscription")
    editor.get_by_role("button", name="Add a survey").click()
    editor.get_by_role("textbox", name="Question 1").fill("Why?")

    editor.get_by_label("Reason code: filled by").select_option("answer:reason")

    expect(editor.get_by_label("Reason code: filled by")).to_have_value("answer:reason")
    expect(editor.get_by_role("combobox", name="Reason code", exact=True)).to_have_count(0)
    expect(editor.get_by_role("textbox", name="Question 1")).to_have_value("Why?")


def test_a_form_drawn_anew_is_still_unsaved(editor: Page) -> None:
    told: list[str] = []

    def stay(dialog: Dialog) -> None:
        told.append(dialog.type)
        dialog.dismiss()

    editor.on("dialog", stay)
    expect(editor.get_by_text("Unsaved changes")).to_be_hidden()

    editor.get_by_role("button", name="Add a page").click()
    expect(editor.get_by_role("textbox", name="Page 2")).to_be_visible()
    expect(editor.get_by_text("Unsaved changes")).to_be_visible()
    editor.get_by_role("link", name="Segments").first.click()
    assert told == ["beforeunload"]

    editor.get_by_role("button", name="Save draft").click()
    expect(editor.get_by_text("The draft is saved.")).to_be_visible()


def test_a_finding_leads_to_its_field(editor: Page) -> None:
    editor.get_by_role("button", name="Add a page").click()
    expect(editor.get_by_role("heading", name="missing before it can start")).to_be_visible()

    editor.get_by_role("link", name="Accept button, action 1, coupon").click()

    expect(editor.get_by_role("combobox", name="Coupon", exact=True)).to_be_in_viewport()


def test_starting_asks_first_and_takes_the_form_along(editor: Page) -> None:
    editor.get_by_label("Name", exact=True).fill("Started at once")
    box = editor.get_by_role("combobox", name="Coupon", exact=True)
    box.fill("TEN")
    box.press("Enter")
    expect(editor.locator(".action-told")).to_contain_text("TEN")

    editor.get_by_role("button", name="Start…").click()
    dialog = editor.get_by_role("dialog", name="Start this prompt?")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Save and start").click()

    expect(editor.get_by_text("The prompt is live.")).to_be_visible()
    expect(editor.get_by_role("heading", level=1)).to_contain_text("Started at once")


def test_the_count_follows_every_change(page: Page, stage: BilledHouse, lived_in) -> None:
    billed, paths = lived_in
    enter(page, stage)
    page.goto(f"{stage.url}/apps/{billed.app}{paths['segment']}")
    expect(page.locator("#count")).to_contain_text("1 of 2 visitors")

    page.get_by_label("Value").first.fill("1")

    expect(page.locator("#count")).to_contain_text("2 of 2 visitors")
    page.get_by_role("button", name="Condition").last.click()
    expect(page.get_by_label("Trait", exact=True)).to_have_count(2)
    expect(page.locator("#count")).to_contain_text("Not complete yet")
