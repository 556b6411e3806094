"""From the click on a customer's page to the bill and back to the words in the prompt."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from browser import Complaints
from journeys.rig import Rig, cancel, coupon
from standfast.domain.prompt import AttachedAction, ResultTexts
from tag.conftest import Scene

DONE = ResultTexts(succeeded="Your next bills are 30 % lower.")

CHANGES: dict[str, tuple[str | None, Callable[[Rig], AttachedAction], dict[str, object]]] = {
    "create": (None, lambda rig: rig.create("pro"), {"state": "active"}),
    "cancel": ("basic", lambda _: cancel("end_of_period"), {"cancel_at_end_of_period": True}),
    "coupon": ("basic", lambda _: coupon("STAY30"), {"coupon_codes": ["STAY30"]}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_click_changes_the_bill_and_the_prompt_says_so(scene: Scene, change) -> None:
    plan, action, truth = change
    ada = scene.customer(plan=plan)
    scene.offer(action(scene.rig), texts=DONE)

    scene.visit()
    scene.button("Yes, please").click()

    expect(scene.status).to_have_text("Your next bills are 30 % lower.")
    assert truth.items() <= scene.rig.site.subscriptions(ada)[-1].items()
    assert len(scene.rig.site.effects()) == 1
    scene.button("Done").click()
    expect(scene.dialog).to_have_count(0)
    assert [one["state"] for one in scene.told("result")] == ["succeeded"]
    assert scene.stored() == ["impression", "accept"]


def test_two_quick_clicks_are_one_change(scene: Scene) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"), texts=DONE)
    scene.visit()

    with scene.rig.site.held("POST", "*/add_coupon.json") as fault:
        scene.button("Yes, please").dblclick()
        scene.rig.site.chargify.wait_until_held(fault)
        scene.dialog.press("Enter")

    expect(scene.status).to_have_text("Your next bills are 30 % lower.")
    assert scene.rig.site.effects() == ["POST " + _coupon_path(scene)]


def _coupon_path(scene: Scene) -> str:
    (subscription,) = scene.rig.site.chargify.state()
    return f"/subscriptions/{subscription['id']}/add_coupon.json"


def test_two_tabs_make_one_change_and_both_say_so(scene: Scene) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"), texts=DONE)
    scene.visit()
    other = Scene(scene.rig, scene.host, scene.page.context.new_page())
    other.visit()
    expect(other.dialog).to_be_visible()

    scene.button("Yes, please").click()
    other.button("Yes, please").click()

    for one in (scene, other):
        expect(one.status).to_have_text("Your next bills are 30 % lower.")
    assert len(scene.rig.site.effects()) == 1


def test_a_page_loaded_in_mid_request_shows_what_came_of_the_click(scene: Scene) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"), texts=DONE)
    scene.visit()
    with scene.rig.site.held("POST", "*/add_coupon.json") as fault:
        scene.button("Yes, please").click()
        scene.rig.site.chargify.wait_until_held(fault)
        scene.page.reload()
        expect(scene.status).to_have_text("We are on it. You will see the change in a moment.")

    expect(scene.status).to_have_text("Your next bills are 30 % lower.")
    assert len(scene.rig.site.effects()) == 1
    scene.button("Done").click()
    scene.page.reload()
    expect(scene.dialog).to_have_count(0)


def test_what_takes_longer_than_a_minute_is_promised(scene: Scene) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"))
    scene.page.clock.install()
    scene.page.route("**/v1/results", without_waiting)
    scene.visit()
    with scene.rig.site.held("POST", "*/add_coupon.json") as fault:
        scene.button("Yes, please").click()
        scene.rig.site.chargify.wait_until_held(fault)
        scene.page.reload()
        expect(scene.status).to_contain_text("We are on it.")

        scene.page.clock.fast_forward(61_000)

        expect(scene.status).to_contain_text("This takes longer than usual.")


def without_waiting(route: Route) -> None:
    asked = {**json.loads(route.request.post_data or ""), "wait_ms": 0}
    route.continue_(post_data=json.dumps(asked))


def test_a_refusal_is_told_with_a_way_on(scene: Scene) -> None:
    ada = scene.customer()
    texts = ResultTexts(
        refused="This offer has been used already.", fallback_link="https://acme.io/plans"
    )
    scene.offer(coupon("STAY30"), texts=texts)
    scene.visit()
    expect(scene.dialog).to_be_visible()
    scene.rig.site.cancel(ada)

    scene.button("Yes, please").click()

    expect(scene.status).to_have_text("This offer has been used already.")
    link = scene.dialog.get_by_role("link", name="See other options")
    expect(link).to_have_attribute("href", "https://acme.io/plans")
    expect(link).to_have_attribute("rel", "noreferrer")
    assert scene.rig.site.effects() == []


def test_who_needs_a_card_is_led_to_give_one_and_then_gets_the_offer(scene: Scene) -> None:
    ada = scene.customer(plan=None, card=None)
    scene.offer(scene.rig.create("pro"), texts=DONE)
    scene.visit()
    scene.button("Yes, please").click()
    expect(scene.status).to_have_text(ResultTexts().needs_visitor)
    link = scene.dialog.get_by_role("link", name="Continue")
    expect(link).to_have_attribute("href", re.compile(r"https://acme\.billingportal\.com/"))

    scene.rig.site.add_card(ada)
    scene.rig.clock.advance(10)
    scene.page.evaluate("dispatchEvent(new Event('focus'))")

    expect(scene.status).to_have_text("Your next bills are 30 % lower.")
    assert scene.rig.site.subscription(ada)["state"] == "active"


def test_a_decline_closes_the_prompt_and_changes_nothing(scene: Scene) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"))
    scene.visit()

    scene.button("No, thanks").click()

    expect(scene.dialog).to_have_count(0)
    assert scene.rig.site.effects() == []
    assert scene.stored() == ["impression", "decline"]
    assert [one["way"] for one in scene.told("closed")] == ["button"]


def test_a_failing_server_is_asked_again_for_the_same_change(
    scene: Scene, complaints: Complaints
) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"), texts=DONE)
    scene.visit()
    expect(scene.dialog).to_be_visible()
    bodies = failing(scene, times=2)
    complaints.allow("503")

    scene.button("Yes, please").click()

    expect(scene.status).to_have_text("Your next bills are 30 % lower.")
    assert len(bodies) == 3
    assert len(set(bodies)) == 1
    assert len(scene.rig.site.effects()) == 1


def test_a_server_out_of_reach_is_told_and_trying_again_is_safe(
    scene: Scene, complaints: Complaints
) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"), texts=DONE)
    scene.page.clock.install()
    scene.visit()
    expect(scene.dialog).to_be_visible()
    bodies = failing(scene, times=5)
    complaints.allow("503")

    with scene.page.expect_response("**/v1/interactions"):
        scene.button("Yes, please").click()
    for pause in (500, 1000, 2000, 4000):
        with scene.page.expect_response("**/v1/interactions"):
            scene.page.clock.fast_forward(pause)
    expect(scene.status).to_contain_text("We could not reach our server.")
    scene.button("Try again").click()

    expect(scene.status).to_have_text("Your next bills are 30 % lower.")
    assert len(bodies) == 6
    assert len(set(bodies)) == 1
    assert len(scene.rig.site.effects()) == 1


def failing(scene: Scene, *, times: int) -> list[str]:
    """The bodies of all clicks from now on, of which the first so many are answered with 503."""
    bodies: list[str] = []

    def answer(route: Route) -> None:
        bodies.append(route.request.post_data or "")
        if len(bodies) <= times:
            route.fulfill(status=503, headers={"access-control-allow-origin": "*"})
        else:
            route.continue_()

    scene.page.route("**/v1/interactions", answer)
    return bodies
