"""Every state of the prompt, drawn by the preview: accessible, within its window, pictured."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import NARROW, WIDE, axe, overflow, shoot
from standfast.web.tag_files import TagFiles
from tag.conftest import PreviewPage

LONG = "\n\n".join(f"Paragraph {n}. " + "You keep everything you have made. " * 6 for n in range(9))
RICH = (
    "<p>Take <b>30 % off</b> your next three bills.</p>"
    "<p><i>No new contract.</i><br>Cancel whenever you like.</p>"
    '<p>See <a href="https://acme.io/terms">the terms</a>.</p>'
)
TEXTS = {
    "succeeded": "Your next three bills are 30 % lower.",
    "pending": "We are on it. You will see the change in a moment.",
    "refused": "We could not make this change. Nothing was charged.",
    "needs_visitor": "We need a payment method first.",
    "fallback_link": "https://acme.io/plans",
}
BUTTONS = {
    "accept": {"label": "Take 30 % off"},
    "secondary_accept": {"label": "Pause for two months"},
    "decline": {"label": "No, cancel my plan"},
}
TWO = {"accept": {"label": "Start Pro now"}, "decline": {"label": "Not now"}}
WANTING = {"accept": {"label": "Start Pro now", "must_answer": True}, "decline": {"label": "No"}}
STEP: dict[str, Any] = {
    "key": "offer",
    "title": "Before you go: stay for 30 % less",
    "message": "We would be sorry to see you leave. Keep your boards, your team and your history.",
    "buttons": BUTTONS,
}
PRICE = "$12.34 due now, then $29.00 on 3 January 2027."
REFUSAL = (
    "We could not make this change. Nothing was charged. "
    "Your subscription does not allow it at the moment."
)
SURVEY = {
    "key": "why",
    "label": "Why do you want to leave?",
    "kind": "choice",
    "choices": [
        {"value": "CH1", "label": "It is too dear for us"},
        {"value": "CH2", "label": "We do not use it enough"},
        {"value": "CH3", "label": "We have found something that fits the way we work better"},
        {"value": "CH4", "label": "Something else"},
    ],
    "required": True,
}
INPUTS = [
    {"key": "days", "label": "For how many days?", "kind": "number", "required": True},
    {"key": "until", "label": "Until when?", "kind": "date", "required": False},
    {"key": "note", "label": "Anything else?", "kind": "text", "required": False},
]
STATES: dict[str, dict[str, Any]] = {
    "offer": {},
    "offer_rich": {"step": {**STEP, "message": RICH, "buttons": TWO}},
    "offer_long": {"step": {**STEP, "message": LONG}},
    "offer_right_to_left": {
        "dir": "rtl",
        "step": {
            **STEP,
            "title": "לפני שהולכים",
            "message": "נשארים ומשלמים פחות ב־30 אחוז.",
            "buttons": TWO,
        },
    },
    "offer_unbroken": {
        "step": {
            **STEP,
            "title": "W" * 90,
            "message": "w" * 300,
            "buttons": {"accept": {"label": "W" * 80}},
        }
    },
    "survey": {"step": {**STEP, "buttons": TWO, "form": [SURVEY]}},
    "inputs": {"step": {**STEP, "buttons": TWO, "form": INPUTS}},
    "price": {"step": {**STEP, "buttons": TWO}, "price": PRICE},
    "price_unknown": {"step": {**STEP, "buttons": TWO}, "price": ""},
    "price_refused": {"step": {**STEP, "buttons": TWO}, "price_refused": REFUSAL},
    "survey_and_price_refused": {
        "step": {**STEP, "buttons": TWO, "form": [SURVEY]},
        "price_refused": REFUSAL,
    },
    "survey_and_price": {"step": {**STEP, "buttons": TWO, "form": [SURVEY]}, "price": PRICE},
    "inputs_right_to_left": {"dir": "rtl", "step": {**STEP, "buttons": TWO, "form": INPUTS}},
    "working": {"state": "working"},
    "succeeded": {"state": "succeeded"},
    "pending": {"state": "pending"},
    "needs_visitor": {"state": "needs_visitor"},
    "refused": {"state": "refused"},
    "unreachable": {"state": "unreachable"},
}


@pytest.fixture(params=["wide", "narrow"])
def size(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def page_options(size: str, scheme: str) -> dict[str, Any]:
    return {
        **(WIDE if size == "wide" else NARROW),
        "color_scheme": scheme,
        "reduced_motion": "reduce",
    }


@pytest.mark.slow
def test_every_state_is_accessible_and_fits_its_window(
    previews: PreviewPage, page: Page, size: str, scheme: str
) -> None:
    previews.visit(page)
    for name, changes in STATES.items():
        previews.show(page, {"step": STEP, "texts": TEXTS, **changes})
        expect(page.get_by_role("dialog")).to_be_visible()
        shoot(page, f"tag/{name}-{scheme}-{size}")
        box = page.get_by_role("dialog").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= page.evaluate("innerWidth")
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= page.evaluate("innerHeight")
        assert overflow(page) <= 0
        assert axe(page) == [], name


@pytest.mark.slow
def test_questions_left_open_are_marked_and_still_fit(
    previews: PreviewPage, page: Page, size: str, scheme: str
) -> None:
    """A click on the accept button, with nothing answered."""
    previews.visit(page)
    for name, form in {"survey": [SURVEY], "inputs": INPUTS}.items():
        step = {**STEP, "buttons": WANTING, "form": form}
        previews.show(page, {"step": step, "texts": TEXTS})

        page.get_by_role("button", name="Start Pro now").click()

        expect(page.get_by_text("Please answer this.")).to_be_visible()
        shoot(page, f"tag/{name}_unanswered-{scheme}-{size}")
        assert overflow(page) <= 0
        assert axe(page) == [], name


def test_the_preview_in_a_frame_takes_no_focus_from_the_editor(
    previews: PreviewPage, page: Page
) -> None:
    page.goto(previews.url + "/editor")
    title = page.get_by_role("textbox", name="Title")
    title.focus()

    for letter in "Stay":
        page.keyboard.type(letter)
        step = {**STEP, "title": title.input_value()}
        page.evaluate(
            """one => document.querySelector("iframe").contentWindow.postMessage(
                {standfastPreview: one}, location.origin)""",
            {"step": step},
        )
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("heading", name=title.input_value(), exact=True)).to_be_visible()

    assert title.input_value() == "Stay"
    shoot(page, "tag/preview-in-a-frame")
    assert axe(page) == []


def test_the_previews_path_is_known_to_the_console() -> None:
    files = TagFiles()
    assert files.find(files.preview_path) is not None
