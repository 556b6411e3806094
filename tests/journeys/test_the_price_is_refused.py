"""Where an offer cannot be kept there is no price, and who asked for it reads why."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import msgspec
import pytest
import structlog
from structlog.testing import capture_logs
from structlog.typing import EventDict

from builders import a_prompt, a_step
from journeys.billing_site import Customer
from journeys.rig import Rig, chargify, coupon
from journeys.what_refusals_say import NOT_NOW
from standfast.domain.prompt import Button, ButtonBody, ResultTexts
from standfast.services.publish_prompt import PreflightFailed

NOT_ACTIVE = {
    "status": 422,
    "body": '{"errors": ["Subscription must be active"]}',
    "content_type": "application/json",
}
"""What Chargify documents of `POST …/migrations/preview.json`: the subscription has just ended."""


@pytest.fixture
def logged() -> Iterator[list[EventDict]]:
    """What is logged, which the journeys otherwise keep silent."""
    before = structlog.get_config()
    structlog.reset_defaults()
    with capture_logs() as events:
        yield events
    structlog.configure(**before)


def asked(rig: Rig, who: Customer, prompt: Mapping[str, Any]) -> httpx2.Response:
    body = {"app": rig.shop.app, "identity": rig.shop.identity(who), "token": prompt["token"]}
    return rig.shop.asked("/v1/previews", body, step="offer")


def test_an_offer_that_cannot_be_kept_has_no_price(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    prompt_id = rig.offer(rig.create("pro"), show_price=True)
    prompt = rig.show(ada)
    rig.site.subscribe(ada, "pro")  # elsewhere, meanwhile

    taken = asked(rig, ada, prompt)
    rig.pause(prompt_id)
    paused = asked(rig, ada, prompt)

    assert (taken.status_code, taken.json()["reason"]) == (409, "already_subscribed")
    assert taken.json()["message"] == (
        "We could not make this change. Nothing was charged. You have this plan already."
    )
    assert (paused.status_code, paused.json()["reason"]) == (409, "offer_changed")


def test_what_chargify_refuses_to_preview_is_told_as_a_click_would_be(
    rig: Rig, logged: list[EventDict]
) -> None:
    ada = rig.customer(plan="basic")
    switch = chargify("switch_plan", plan=rig.site.plans["pro"], when="now")
    rig.offer(switch, show_price=True)
    prompt = rig.show(ada)
    rig.site.chargify.fault(
        "POST", "/subscriptions/*/migrations/preview.json", "status", **NOT_ACTIVE
    )

    answer = asked(rig, ada, prompt)

    assert (answer.status_code, answer.json()["reason"]) == (409, "wrong_state")
    assert answer.json()["message"] == NOT_NOW
    assert "Subscription must be active" not in answer.text
    (why,) = [one["why"] for one in logged if one["event"] == "price.refused"]
    assert why.startswith("Chargify says: Subscription must be active.")


def test_the_authors_own_words_for_a_refusal_stand_in_place_of_the_price_too(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    texts = ResultTexts(refused="Not today. Write to us.")
    rig.offer(rig.create("pro"), show_price=True, texts=texts)
    prompt = rig.show(ada)
    rig.site.subscribe(ada, "pro")  # elsewhere, meanwhile

    assert asked(rig, ada, prompt).json()["message"] == "Not today. Write to us."


@pytest.mark.parametrize("button", ["secondary_accept", "decline"])
def test_a_prompt_that_shows_the_price_first_charges_by_no_other_button(
    rig: Rig, button: str
) -> None:
    rig.sync()
    step = a_step(accept=(coupon("TEN"),))
    other = ButtonBody("Start Pro", (rig.create("pro"),))
    step = msgspec.structs.replace(step, buttons={**step.buttons, Button(button): other})

    with pytest.raises(PreflightFailed) as refused:
        rig.publish(a_prompt(steps=(step,), show_price=True))

    assert refused.value.field == f"steps[0].buttons.{button}.actions[0]"
    rig.publish(a_prompt(steps=(step,)))
