"""A prompt whose price cannot be had: what the customer reads in its place."""

from typing import Any

import pytest
from playwright.sync_api import expect

from browser import Complaints, axe, shoot
from journeys.rig import chargify
from journeys.what_refusals_say import NOT_NOW
from standfast.domain.prompt import Answer, FieldKind, FormField
from tag.conftest import Scene
from tag.pricing import PRICE, clicking, pause_first, price_first, pricing

REFUSED: dict[str, Any] = {
    "title": "Conflict",
    "status": 409,
    "detail": "The offer cannot be kept now.",
    "reason": "already_subscribed",
    "message": "Nothing was charged. You have this plan already.",
}
NOT_ACTIVE = {
    "status": 422,
    "body": '{"errors": ["Subscription must be active"]}',
    "content_type": "application/json",
}
"""What Chargify documents of `POST …/migrations/preview.json`: the subscription has just ended."""


@pytest.mark.parametrize("failure", [0, 429, 503])
def test_a_price_that_cannot_be_had_for_a_moment_is_said_and_asked_for_again(
    scene: Scene, complaints: Complaints, failure: int
) -> None:
    asked = pricing(scene, *[failure] * 5, PRICE)
    complaints.allow("Failed to load resource")
    scene.page.clock.install()
    price_first(scene, by=lambda: scene.page.clock.run_for(100))
    for _ in range(4):
        with scene.page.expect_request("**/v1/previews"):
            scene.page.clock.fast_forward(4_000)
    expect(scene.dialog.get_by_text("We cannot tell the price now.")).to_be_visible()
    assert len(asked) == 5
    expect(scene.button("Yes, please")).to_have_attribute("aria-disabled", "true")
    assert axe(scene.page) == []

    scene.button("Try again").click()

    expect(scene.dialog.get_by_text(PRICE)).to_be_visible()
    expect(scene.button("Yes, please")).not_to_have_attribute("aria-disabled", "true")
    expect(scene.button("Yes, please")).to_be_focused()
    expect(scene.button("Try again")).to_have_count(0)


def test_a_failure_that_will_not_pass_is_not_asked_about_again(
    scene: Scene, complaints: Complaints
) -> None:
    asked = pricing(scene, 403, PRICE)
    complaints.allow("403")

    price_first(scene)

    expect(scene.dialog.locator("#amount")).to_have_text(
        "This did not work. Please reload the page."
    )
    expect(scene.button("Try again")).to_have_count(0)
    expect(scene.button("Yes, please")).to_have_attribute("aria-disabled", "true")
    assert len(asked) == 1


def test_a_refusal_in_place_of_the_price_tells_why_and_leaves_the_ways_out(
    scene: Scene, complaints: Complaints
) -> None:
    pricing(scene, REFUSED)
    complaints.allow("409")

    price_first(scene)

    told = scene.status.filter(has_text=REFUSED["message"])  # says itself what is new in it
    expect(told).to_have_id("amount")
    expect(told).to_have_text(REFUSED["message"])
    expect(scene.button("Try again")).to_have_count(0)
    expect(scene.button("Yes, please")).to_have_attribute("aria-disabled", "true")
    expect(scene.button("Yes, please")).to_have_attribute("aria-describedby", "amount")
    scene.button("No, thanks").click()
    expect(scene.dialog).to_have_count(0)


def test_a_refusal_is_gone_once_another_answer_has_a_price(
    scene: Scene, complaints: Complaints
) -> None:
    lengths = (Answer("14", "Two weeks"), Answer("60", "Two months"))
    survey = FormField("days", "For how long?", FieldKind.CHOICE, lengths, required=True)
    pricing(scene, PRICE, REFUSED, PRICE)
    complaints.allow("409")
    pause_first(scene, survey)
    scene.dialog.get_by_role("radio", name="Two weeks").check()
    expect(scene.dialog.locator("#amount.denied")).to_have_text(REFUSED["message"])

    scene.dialog.get_by_role("radio", name="Two months").check()

    expect(scene.dialog.locator("#amount.known")).to_have_text(PRICE)
    expect(scene.button("Yes, please")).not_to_have_attribute("aria-disabled", "true")


def test_what_the_page_itself_throws_is_not_told_to_the_customer(
    scene: Scene, complaints: Complaints
) -> None:
    """The page's own identity function fails where the token is to be a new one."""
    pricing(scene, 401)
    complaints.allow("401")
    scene.host.script = """let asked = 0; standfast("identify", async () => {
        if (asked++) throw new Error("token endpoint: ECONNREFUSED 10.0.0.7");
        return (await fetch("/token")).text();
    });"""
    scene.page.clock.install()
    price_first(scene, by=lambda: scene.page.clock.run_for(100))

    for _ in range(4):  # the tag's patience
        scene.page.clock.run_for(4_000)

    expect(scene.dialog.locator("#amount")).to_have_text("We cannot tell the price now.")
    expect(scene.button("Try again")).to_be_visible()


def test_a_refused_click_looks_the_same_where_a_price_was_shown(scene: Scene) -> None:
    pricing(scene, PRICE)
    clicking(scene, "wrong_state")
    price_first(scene)
    expect(scene.dialog.get_by_text(PRICE)).to_be_visible()

    scene.button("Yes, please").click()

    expect(scene.status.first).to_have_text("No.")
    box = scene.dialog.locator(".scroll > svg").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (56, 56)  # a round badge


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_chargify_refuses_to_preview_is_told_as_after_a_click(
    scene: Scene, complaints: Complaints, scheme: str
) -> None:
    complaints.allow("409")
    scene.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    scene.customer(plan="basic")
    switch = chargify("switch_plan", plan=scene.rig.site.plans["pro"], when="now")
    scene.offer(switch, show_price=True)
    scene.rig.site.chargify.fault(
        "POST", "/subscriptions/*/migrations/preview.json", "status", **NOT_ACTIVE
    )

    scene.visit()

    expect(scene.dialog.locator("#amount")).to_have_text(NOT_NOW)
    expect(scene.button("Try again")).to_have_count(0)
    assert axe(scene.page) == []
    shoot(scene.page, f"tag/price_refused_by_chargify-{scheme}")
    scene.button("Close").click()
    expect(scene.dialog).to_have_count(0)
    assert scene.rig.site.effects() == []
