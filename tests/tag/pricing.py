"""Prices and clicks as the server would answer them, for the prompts of a test."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
from playwright.sync_api import Route, expect

from journeys.rig import chargify, coupon
from standfast.domain.prompt import FormField, ResultTexts
from tag.conftest import Scene, offer

DONE = ResultTexts(succeeded="As you wished.")
PRICE = "$9.00 due now, then $29.00 on 3 January 2027."


def pricing(scene: Scene, *answers: str | int | dict[str, Any]) -> list[dict[str, Any]]:
    """Prices as the server would answer them, one after the other.

    A number is a failure (0: no answer at all), a dict a problem in full.
    """
    asked: list[dict[str, Any]] = []

    def answer(route: Route) -> None:
        told = answers[min(len(asked), len(answers) - 1)]
        asked.append(json.loads(route.request.post_data or "{}"))
        if told == 0:
            route.abort()
        elif isinstance(told, dict):
            fulfil(route, told, status=told["status"])
        elif isinstance(told, int):
            problem = {"title": "No", "status": told, "detail": "The site does not answer."}
            fulfil(route, problem, status=told)
        else:
            fulfil(route, {"quote": f"q{len(asked)}", "text": told, "is_estimate": False})

    scene.page.route("**/v1/previews", answer)
    return asked


def fulfil(route: Route, body: object, *, status: int = 200) -> None:
    route.fulfill(
        status=status, body=json.dumps(body), headers={"access-control-allow-origin": "*"}
    )


def clicking(scene: Scene, *refusals: str | None) -> list[dict[str, Any]]:
    """Clicks as the server would answer them: with this refusal, or done."""
    clicks: list[dict[str, Any]] = []

    def answer(route: Route) -> None:
        (deed,) = json.loads(route.request.post_data or "{}")["interactions"]
        if deed["kind"] == "impression":
            return route.continue_()
        refusal = refusals[min(len(clicks), len(refusals) - 1)]
        clicks.append(deed)
        run = {"id": "r", "state": "succeeded", "message": "As you wished.", "link": None}
        result = {
            "interaction": "i",
            "show": True,
            "state": "refused" if refusal else "succeeded",
            "message": "No." if refusal else "As you wished.",
            "link": None,
            "is_settled": True,
            "runs": [] if refusal else [run],
            "result_token": "t",
            "refusal": {"reason": refusal, "message": "No."} if refusal else None,
        }
        return fulfil(route, {"results": [result]})

    scene.page.route("**/v1/interactions", answer)
    return clicks


def price_first(scene: Scene, *, by: Callable[[], object] = lambda: None) -> None:
    scene.customer()
    scene.offer(coupon("STAY30"), texts=DONE, show_price=True)
    scene.visit()
    by()
    expect(scene.dialog).to_be_visible()


def pause_first(scene: Scene, question: FormField) -> None:
    """A pause with its price, on the screen."""
    body = offer(chargify("pause", for_days="{{ answer.days }}"), texts=DONE, show_price=True)
    step = msgspec.structs.replace(body.steps[0], form=(question,))
    if not scene.rig.site.chargify.state():
        scene.customer()
    scene.rig.sync()
    scene.rig.publish(msgspec.structs.replace(body, steps=(step,)))
    scene.visit()
