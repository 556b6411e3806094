"""Chargify is down: the click is kept and done later, or, where the prompt says so, refused."""

from dataclasses import replace

import pytest

from journeys.billing_site import Customer
from journeys.rig import QUICK, Rig, coupon
from journeys.shop import state_of
from standfast.config import Durations
from standfast.domain.prompt import ResultTexts

TEXTS = ResultTexts(
    succeeded="Your ten percent are on.",
    pending="We have it. It is done within the hour, and shown here.",
    refused="This cannot be done just now. Nothing was changed.",
    fallback_link="https://shop.example/help",
)


@pytest.fixture
def durations() -> Durations:
    return replace(QUICK, accept_wait=0.3)


def _offered(rig: Rig, *, waits: bool) -> Customer:
    ada = rig.customer()
    rig.offer(coupon(), texts=TEXTS, waits_when_down=waits)
    return ada


def test_a_click_that_waits_is_told_so_and_done_once_when_chargify_is_back(rig: Rig) -> None:
    ada = _offered(rig, waits=True)
    prompt = rig.show(ada)
    rig.site.chargify.down()

    early = rig.shop.click(rig.shop.identity(ada), prompt)
    again = rig.shop.click(rig.shop.identity(ada), prompt)
    rig.site.chargify.down(is_down=False)
    late = rig.shop.follow(early)

    assert [one["message"] for one in early["runs"] + again["runs"]] == [TEXTS.pending] * 2
    assert [one["message"] for one in late["runs"]] == [TEXTS.succeeded]
    assert rig.site.subscription(ada)["coupon_codes"] == ["TEN"]
    assert len(rig.site.effects()) == 1


def test_a_click_that_does_not_wait_is_refused_at_once_and_never_done(rig: Rig) -> None:
    ada = _offered(rig, waits=False)
    prompt = rig.show(ada)
    rig.site.chargify.down()

    result = rig.shop.click(rig.shop.identity(ada), prompt)
    rig.site.chargify.down(is_down=False)
    rig.clock.advance(3600)

    (run,) = result["runs"]
    assert (run["state"], run["message"], run["link"]) == (
        "refused",
        TEXTS.refused,
        TEXTS.fallback_link,
    )
    assert rig.shop.run(result)["reason"] == "site_down"
    assert rig.site.subscription(ada)["coupon_codes"] == []
    assert rig.site.writes() == []


def test_when_chargify_is_up_a_prompt_that_does_not_wait_is_like_any_other(rig: Rig) -> None:
    ada = _offered(rig, waits=False)

    assert state_of(rig.shop.follow(rig.accept(ada))) == "succeeded"


def test_a_write_whose_answer_is_lost_is_looked_up_though_the_prompt_does_not_wait(
    rig: Rig,
) -> None:
    ada = _offered(rig, waits=False)
    rig.site.chargify.fault("POST", "/subscriptions/*/add_coupon", "cut_after")

    late = rig.shop.follow(rig.accept(ada))

    assert state_of(late) == "succeeded"
    assert len(rig.site.effects()) == 1
