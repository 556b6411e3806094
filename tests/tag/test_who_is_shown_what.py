"""What the server leaves to the tag: limits ask first, holdouts tell when they would have shown."""

import json
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from browser import Complaints
from journeys.rig import coupon, until
from standfast.domain.prompt import ManualTrigger, PageTrigger, Triggers
from tag.conftest import Scene


def limited(scene: Scene, *, show: bool | None) -> None:
    """As if the prompt had limits: the impression is answered so, or not at all."""

    def decide(route: Route) -> None:
        answer = route.fetch()
        body: dict[str, Any] = answer.json()
        for prompt in body["prompts"]:
            prompt["reserve"] = True
        route.fulfill(response=answer, body=json.dumps(body))

    def impression(route: Route) -> None:
        if '"impression"' not in (route.request.post_data or ""):
            route.continue_()
        elif show is not None:
            answer = route.fetch()
            body: dict[str, Any] = answer.json()
            body["results"][0]["show"] = show
            route.fulfill(response=answer, body=json.dumps(body))

    scene.page.route("**/v1/decide", decide)
    scene.page.route("**/v1/interactions", impression)


def test_a_limited_prompt_is_shown_when_its_place_was_kept(scene: Scene) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"))
    limited(scene, show=True)

    scene.visit()

    expect(scene.dialog).to_be_visible()


@pytest.mark.parametrize("show", [False, None], ids=["refused", "no answer"])
def test_a_limited_prompt_without_a_place_is_not_shown(scene: Scene, show: bool | None) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"))
    limited(scene, show=show)

    with scene.page.expect_request("**/v1/interactions"):
        scene.visit()
    scene.page.evaluate("new Promise(wake => setTimeout(wake, 400))")

    expect(scene.dialog).to_have_count(0)


def test_who_is_held_out_sees_nothing_and_is_counted_when_it_would_have_shown(
    scene: Scene,
) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"), triggers=Triggers(manual=(ManualTrigger("cancel"),)))
    scene.rig.house.change_holdout.change(scene.rig.shop.app, 100.0)
    scene.rig.clock.advance(2)
    with scene.page.expect_response("**/v1/decide"):
        scene.visit()
    assert scene.stored() == []

    scene.page.evaluate("standfast.open('cancel')")

    until(lambda: scene.stored() == ["holdout"], "the holdout is counted")
    expect(scene.dialog).to_have_count(0)


def test_of_two_prompts_the_first_by_priority_is_shown_alone(scene: Scene) -> None:
    scene.customer()
    scene.offer(coupon("TEN"), title="Second", priority=1)
    scene.offer(coupon("STAY30"), title="First", priority=2)

    scene.visit()

    expect(scene.dialog.get_by_role("heading")).to_have_text("First")
    expect(scene.page.locator("standfast-prompt")).to_have_count(1)


def test_a_server_that_is_away_leaves_the_page_alone(scene: Scene, complaints: Complaints) -> None:
    complaints.allow("ERR_FAILED")
    scene.page.route("**/v1/**", lambda route: route.abort())

    with scene.page.expect_request("**/v1/decide"):
        scene.visit()

    expect(scene.dialog).to_have_count(0)
    expect(scene.page.get_by_role("heading", name="Your plan")).to_be_visible()


def test_an_answer_for_a_page_that_was_left_is_not_used(scene: Scene) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"), triggers=Triggers(pages=(PageTrigger("/other"),)))
    held: list[Route] = []
    scene.page.route("**/v1/decide", lambda route: held.append(route), times=1)  # noqa: PLW0108 - it cannot wrap a builtin
    with scene.page.expect_request("**/v1/decide"):
        scene.visit("/other")

    with scene.page.expect_response("**/v1/decide"):
        scene.page.evaluate("history.pushState({}, '', '/')")
    held[0].continue_()
    scene.page.evaluate("new Promise(wake => setTimeout(wake, 200))")

    expect(scene.dialog).to_have_count(0)
