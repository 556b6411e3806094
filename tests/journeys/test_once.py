"""However often a visitor clicks, in however many tabs, the bill changes once."""

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from journeys.rig import QUICK, Rig, cancel, coupon
from journeys.shop import ORIGIN, state_of
from standfast.config import Durations


def at_once(*clicks: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(clicks)) as hands:
        return [one.result() for one in [hands.submit(click) for click in clicks]]


def test_a_double_click_is_one_interaction_with_one_run(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"))
    prompt, identity = rig.show(ada), rig.shop.identity(ada)

    answers = at_once(*[lambda: rig.shop.click(identity, prompt)] * 4)

    assert len({json.dumps(one["runs"]) for one in answers}) == 1
    assert state_of(answers[0]) == "succeeded"
    assert len(rig.site.subscriptions(ada)) == 1
    assert rig.site.writes() == ["POST /subscriptions.json"]


def test_two_tabs_are_shown_one_decision(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"))
    first_tab, second_tab = rig.show(ada), rig.show(ada)
    identity = rig.shop.identity(ada)

    answers = at_once(
        lambda: rig.shop.click(identity, first_tab), lambda: rig.shop.click(identity, second_tab)
    )

    assert first_tab["token"] != second_tab["token"]
    assert len({one["interaction"] for one in answers}) == 1
    assert len(rig.site.subscriptions(ada)) == 1


def test_of_accept_and_decline_at_once_the_first_counts_and_both_are_told(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    prompt, identity = rig.show(ada), rig.shop.identity(ada)

    accepted, declined = at_once(
        lambda: rig.shop.click(identity, prompt),
        lambda: rig.shop.click(identity, prompt, "decline"),
    )

    assert accepted["interaction"] == declined["interaction"]
    assert accepted["runs"] == declined["runs"]
    was_accepted = bool(accepted["runs"])
    truth = rig.site.subscription(ada)["state"]
    assert truth == ("canceled" if was_accepted else "active")
    assert len(rig.site.writes()) == was_accepted


@pytest.mark.parametrize("later", ["decline", "accept"])
def test_a_decline_after_an_accept_is_told_the_accepts_result(rig: Rig, later: str) -> None:
    ada = rig.customer()
    rig.offer(coupon())
    prompt, identity = rig.show(ada), rig.shop.identity(ada)
    first = rig.shop.click(identity, prompt)

    second = rig.shop.click(identity, prompt, later)

    assert second["runs"] == first["runs"]
    assert rig.site.subscription(ada)["coupon_codes"] == ["TEN"]


def test_an_accept_after_a_decline_does_nothing(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(coupon())
    prompt, identity = rig.show(ada), rig.shop.identity(ada)
    declined, mark = rig.shop.click(identity, prompt, "decline"), rig.site.mark()

    accepted = rig.shop.click(identity, prompt)

    assert accepted["interaction"] == declined["interaction"]
    assert accepted["runs"] == []
    assert rig.site.calls(since=mark) == []


def test_of_two_clicks_that_race_for_one_coupon_the_bill_shows_one(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(coupon("TEN"), name="First")
    rig.offer(coupon("STAY30"), name="Second")
    first, second = rig.shop.decide(rig.shop.identity(ada))["prompts"]
    identity = rig.shop.identity(ada)

    answers = at_once(
        lambda: rig.shop.click(identity, first), lambda: rig.shop.click(identity, second)
    )

    assert "succeeded" in {state_of(one) for one in answers if one["runs"]}
    assert len(rig.site.effects()) == 1
    assert len(rig.site.subscription(ada)["coupon_codes"]) == 1


class TestWhoDoesNotWait:
    """The answer comes before the change is made, and the page may be gone before the answer."""

    @pytest.fixture
    def durations(self) -> Durations:
        return replace(QUICK, accept_wait=0.1)

    def test_a_click_that_takes_long_is_answered_pending_and_can_be_followed(
        self, rig: Rig
    ) -> None:
        ada = rig.customer()
        rig.offer(coupon())
        with rig.site.held("POST", "/subscriptions/*/add_coupon.json"):
            early = rig.accept(ada)
            still = rig.shop.follow(early, wait_ms=50)

        late = rig.shop.follow(early)

        assert state_of(early) == state_of(still) == "accepted"
        assert early["runs"][0]["message"].startswith("We are on it.")
        assert state_of(late) == "succeeded"
        assert rig.site.subscription(ada)["coupon_codes"] == ["TEN"]

    def test_a_reload_finds_the_click_pending_and_follows_it(self, rig: Rig) -> None:
        ada = rig.customer()
        prompt_id = rig.offer(coupon())
        prompt, identity = rig.show(ada), rig.shop.identity(ada)
        with rig.site.held("POST", "/subscriptions/*/add_coupon.json") as fault:
            with closing(_clicking(rig, identity, prompt["token"])):
                rig.site.chargify.wait_until_held(fault)

            reloaded = rig.shop.decide(identity)
            (pending,) = reloaded["pending"]

        assert (pending["prompt"], pending["step"]) == (prompt_id, "offer")
        assert reloaded["prompts"] == []
        assert state_of(rig.shop.follow(pending)) == "succeeded"
        assert rig.shop.decide(identity)["pending"] == []

    def test_what_is_pending_is_told_to_nobody_else(self, rig: Rig) -> None:
        ada, eve = rig.customer("ada"), rig.customer("eve")
        rig.offer(coupon())
        with rig.site.held("POST", f"/subscriptions/{ada.subscription}/add_coupon.json"):
            rig.accept(ada)

            assert len(rig.shop.decide(rig.shop.identity(ada))["pending"]) == 1
            assert rig.shop.decide(rig.shop.identity(eve))["pending"] == []
            assert rig.shop.decide(None)["pending"] == []


def _clicking(rig: Rig, identity: str, token: str) -> socket.socket:
    """A browser that has sent a click and will close before it hears anything."""
    deed = {"token": token, "kind": "accept", "step": "offer"}
    body = {"app": rig.shop.app, "identity": identity, "interactions": [deed]}
    content = json.dumps(body).encode()
    address = urlsplit(str(rig.shop.client.base_url))
    lines = [
        "POST /v1/interactions HTTP/1.1",
        f"Host: {address.netloc}",
        f"Origin: {ORIGIN}",
        "Content-Type: text/plain",
        f"Content-Length: {len(content)}",
    ]
    assert address.hostname is not None
    browser = socket.create_connection((address.hostname, address.port or 80))
    browser.sendall("\r\n".join([*lines, "", ""]).encode() + content)
    return browser


def test_two_customers_do_not_wait_for_each_other(rig: Rig) -> None:
    ada, ben = rig.customer("ada"), rig.customer("ben")
    rig.offer(coupon())
    adas, bens = rig.show(ada), rig.show(ben)

    with rig.site.held("POST", f"/subscriptions/{ada.subscription}/add_coupon.json") as fault:
        with ThreadPoolExecutor(1) as hand:
            waiting = hand.submit(rig.shop.click, rig.shop.identity(ada), adas)
            rig.site.chargify.wait_until_held(fault)
            quick = rig.shop.click(rig.shop.identity(ben), bens)
            rig.site.chargify.release(fault)
        assert state_of(quick) == state_of(waiting.result()) == "succeeded"
