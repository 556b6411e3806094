"""Only what we or the shop have signed counts, for whom and as long as it was signed for."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from journeys.billing_site import Customer
from journeys.rig import Rig, cancel, coupon
from journeys.shop import state_of

HOUR, DAY = 3600, 86_400


@pytest.fixture
def database_url() -> None:
    """Tokens are read before any database is asked."""


def _tampered(token: str, **changes: object) -> str:
    head, payload, mac = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**said, **changes}).encode()).rstrip(b"=")
    return f"{head}.{forged.decode()}.{mac}"


def _unsigned(token: str) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


BAD_IDENTITIES: dict[str, Callable[[Rig, Customer, Customer], str]] = {
    "forged": lambda rig, eve, _: rig.shop.forging().identity(eve),
    "tampered with": lambda rig, eve, ada: _tampered(
        rig.shop.identity(eve), chargify_id=str(ada.id)
    ),
    "unsigned": lambda rig, eve, _: _unsigned(rig.shop.identity(eve)),
    "expired": lambda rig, eve, _: rig.shop.identity(eve, iat=0, exp=600),
    "valid for too long": lambda rig, eve, _: rig.shop.identity(eve, exp=_in(rig, 2 * HOUR)),
    "from the future": lambda rig, eve, _: rig.shop.identity(
        eve, iat=_in(rig, 600), exp=_in(rig, 900)
    ),
    "for another app": lambda rig, eve, _: rig.shop.identity(eve, aud="app_other"),
    "for nobody": lambda rig, eve, _: rig.shop.identity(eve, sub=""),
}


def _in(rig: Rig, seconds: int) -> int:
    return int(rig.clock.now().timestamp()) + seconds


@pytest.mark.parametrize("make", BAD_IDENTITIES.values(), ids=BAD_IDENTITIES.keys())
def test_an_identity_that_does_not_hold_opens_nothing(
    rig: Rig, make: Callable[[Rig, Customer, Customer], str]
) -> None:
    ada, eve = rig.customer("ada"), rig.customer("eve")
    rig.offer(cancel("now"))
    prompt, bad, mark = rig.show(eve), make(rig, eve, ada), rig.site.mark()

    clicked = rig.shop.clicked(bad, prompt["token"])
    asked = rig.shop.asked("/v1/decide", {"app": rig.shop.app, "identity": bad})

    assert (clicked.status_code, asked.status_code) == (401, 401)
    assert rig.site.calls(since=mark) == []


def test_an_identity_that_expires_between_page_and_click_is_asked_for_again(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    early, prompt = rig.shop.identity(ada), rig.show(ada)
    rig.clock.advance(HOUR)

    assert rig.shop.clicked(early, prompt["token"]).status_code == 401
    assert state_of(rig.shop.click(rig.shop.identity(ada), prompt)) == "succeeded"


BAD_DECISIONS: dict[str, Callable[[Rig, str], str]] = {
    "forged": lambda _, token: f"{token[:-6]}AAAAAA",
    "tampered with": lambda _, token: ".".join([token[:8], token.split(".")[1][::-1], token[-43:]]),
    "no token": lambda _, token: "a.b.c",
}


@pytest.mark.parametrize("make", BAD_DECISIONS.values(), ids=BAD_DECISIONS.keys())
def test_a_decision_that_we_did_not_sign_is_refused(
    rig: Rig, make: Callable[[Rig, str], str]
) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    token, mark = rig.show(ada)["token"], rig.site.mark()

    answer = rig.shop.clicked(rig.shop.identity(ada), make(rig, token))

    assert answer.status_code == 403
    assert rig.site.calls(since=mark) == []


def test_a_decision_is_good_for_a_day(rig: Rig) -> None:
    ada, ben = rig.customer("ada"), rig.customer("ben")
    rig.offer(coupon())
    adas, bens = rig.show(ada), rig.show(ben)

    rig.clock.advance(DAY - 60)
    assert state_of(rig.shop.click(rig.shop.identity(ada), adas)) == "succeeded"

    rig.clock.advance(120)
    assert rig.shop.clicked(rig.shop.identity(ben), bens["token"]).status_code == 403
    assert rig.site.subscription(ben)["coupon_codes"] == []


def test_a_decision_of_another_visitor_is_refused(rig: Rig) -> None:
    ada, eve = rig.customer("ada"), rig.customer("eve")
    rig.offer(cancel("now"))
    prompt, mark = rig.show(ada), rig.site.mark()

    answer = rig.shop.clicked(rig.shop.identity(eve), prompt["token"])

    assert answer.status_code == 403
    assert rig.site.calls(since=mark) == []


def test_a_decision_of_another_app_is_refused(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    prompt, other, mark = rig.show(ada), rig.another_shop(), rig.site.mark()

    answer = other.clicked(other.identity(ada), prompt["token"])

    assert answer.status_code == 403
    assert rig.site.calls(since=mark) == []


def test_a_replayed_click_is_told_the_first_ones_result(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(coupon())
    prompt, first_identity = rig.show(ada), rig.shop.identity(ada)
    first = rig.shop.click(first_identity, prompt)
    rig.clock.advance(30)
    rig.site.client.delete(f"/subscriptions/{ada.subscription}/remove_coupon.json")

    replayed = rig.shop.click(first_identity, prompt)

    assert replayed["runs"] == first["runs"]
    assert replayed["interaction"] == first["interaction"]
    assert len(rig.site.writes()) == 1
    assert rig.site.subscription(ada)["coupon_codes"] == []


BAD_RESULTS: dict[str, Callable[[Rig, dict[str, Any], str], str]] = {
    "forged": lambda rig, result, _: f"{result['result_token'][:-6]}AAAAAA",
    "a decision token": lambda rig, result, decision: decision,
    "no token": lambda rig, result, _: "a.b.c",
}


@pytest.mark.parametrize("make", BAD_RESULTS.values(), ids=BAD_RESULTS.keys())
def test_a_result_token_that_does_not_hold_tells_nothing(
    rig: Rig, make: Callable[[Rig, dict[str, Any], str], str]
) -> None:
    ada = rig.customer()
    rig.offer(coupon())
    prompt = rig.show(ada)
    result = rig.shop.click(rig.shop.identity(ada), prompt)

    answer = rig.shop.asked("/v1/results", {"result_token": make(rig, result, prompt["token"])})

    assert answer.status_code == 403
    assert "runs" not in answer.json()


def test_a_result_token_is_good_for_a_day_and_is_no_decision(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(coupon())
    result = rig.accept(ada)
    token = result["result_token"]

    assert rig.shop.clicked(rig.shop.identity(ada), token).status_code == 403
    rig.clock.advance(DAY + 60)
    assert rig.shop.asked("/v1/results", {"result_token": token}).status_code == 403


def test_a_withdrawn_identity_key_opens_nothing_a_second_later(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    identity = rig.shop.identity(ada)
    prompt = rig.show(ada)

    rig.house.manage_app.retire_identity_key(rig.shop.app, rig.shop.kid)
    rig.clock.advance(1)

    assert rig.shop.clicked(identity, prompt["token"]).status_code == 401
    assert rig.site.subscription(ada)["state"] == "active"
