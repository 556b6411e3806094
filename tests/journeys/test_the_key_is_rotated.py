"""A refused key hides offers and keeps clicks waiting, until somebody enters one that opens."""

from dataclasses import replace
from typing import Any

import pytest

from journeys.billing_site import Customer
from journeys.rig import QUICK, Rig, cancel, coupon, until
from journeys.shop import state_of
from standfast.config import Durations
from standfast.store.connections import Health, find_connection

NEW_KEY = "key-of-standfast-N3wN3w"


@pytest.fixture
def durations() -> Durations:
    return replace(QUICK, accept_wait=0.1)


def _rotate(rig: Rig) -> None:
    rig.site.chargify.settings(api_key=NEW_KEY)


def _health(rig: Rig) -> tuple[Health, str]:
    with rig.house.database.reading() as reader:
        found = find_connection(reader, rig.shop.app, "chargify")
    assert found is not None
    return found.health, found.health_detail


def _is_broken(rig: Rig) -> bool:
    return _health(rig)[0] is Health.BROKEN


def _clicked_on_a_broken_connection(rig: Rig) -> tuple[Customer, Customer, dict[str, Any]]:
    ada, ben = rig.customer("ada"), rig.customer("ben")
    rig.offer(coupon())
    _rotate(rig)
    early = rig.accept(ada)
    until(lambda: _is_broken(rig), "the connection is known to be broken")
    return ada, ben, early


def test_three_refused_keys_break_the_connection_and_it_says_what_to_do(rig: Rig) -> None:
    _clicked_on_a_broken_connection(rig)

    assert len([one for one in rig.site.calls() if one["status"] == 401]) == 3
    assert "Enter a new key" in _health(rig)[1]


def test_offers_are_hidden_and_open_ones_refused_while_the_key_is_refused(rig: Rig) -> None:
    _, ben, _ = _clicked_on_a_broken_connection(rig)
    mark = rig.site.mark()

    assert rig.shop.shown(rig.shop.identity(ben)) == []
    assert "Enter a new key" in rig.shop.explain(ben)["offer"]["actual"]
    assert rig.site.calls(since=mark) == []
    assert rig.site.effects() == []


def test_a_waiting_click_is_done_when_a_new_key_is_saved(rig: Rig) -> None:
    ada, ben, early = _clicked_on_a_broken_connection(rig)
    assert state_of(rig.shop.follow(early, wait_ms=50)) == "retrying"

    rig.connect(api_key=NEW_KEY)
    late = rig.shop.follow(early)

    assert state_of(late) == "succeeded"
    assert rig.site.subscription(ada)["coupon_codes"] == ["TEN"]
    assert len(rig.site.effects()) == 1
    assert rig.shop.shown(rig.shop.identity(ben)) == ["Offer"]


def test_one_refusal_alone_breaks_nothing(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    rig.site.chargify.fault("DELETE", "/subscriptions/*.json", "status", status=401)

    late = rig.shop.follow(rig.accept(ada))

    assert state_of(late) == "succeeded"
    assert not _is_broken(rig)
    assert len(rig.site.effects()) == 1


def test_a_blocked_account_breaks_the_connection_at_once(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    text = '{"errors": ["Your Chargify account has been canceled."]}'
    rig.site.chargify.fault(
        "GET", "/customers/*", "status", status=403, body=text, content_type="application/json"
    )

    rig.accept(ada)

    until(lambda: _is_broken(rig), "the connection is known to be broken")
    assert "blocked" in _health(rig)[1]
    assert rig.site.effects() == []
