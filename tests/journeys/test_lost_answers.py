"""What may have happened is looked up before anything is sent again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from journeys.billing_site import Customer
from journeys.rig import QUICK, Rig, cancel, coupon, until
from journeys.shop import state_of
from standfast.config import Durations
from standfast.domain.prompt import AttachedAction


@pytest.fixture
def database_url() -> None:
    """The ledger's own tests hold both databases to every outcome; some are told again below."""


@dataclass(frozen=True)
class Change:
    """`write` is the request that makes it; `is_made` looks at the customer's subscriptions."""

    has: str | None
    action: Callable[[Rig], AttachedAction]
    write: tuple[str, str]
    is_made: Callable[[list[dict[str, Any]]], bool]


CHANGES = {
    "create": Change(
        None,
        lambda rig: rig.create("pro"),
        ("POST", "/subscriptions.json"),
        lambda found: [one["state"] for one in found] == ["active"],
    ),
    "cancel now": Change(
        "basic",
        lambda _: cancel("now"),
        ("DELETE", "/subscriptions/*.json"),
        lambda found: [one["state"] for one in found] == ["canceled"],
    ),
    "cancel later": Change(
        "basic",
        lambda _: cancel("end_of_period"),
        ("POST", "/subscriptions/*/delayed_cancel.json"),
        lambda found: [one["cancel_at_end_of_period"] for one in found] == [True],
    ),
    "add coupon": Change(
        "basic",
        lambda _: coupon("STACK5", when_present="stack"),
        ("POST", "/subscriptions/*/add_coupon.json"),
        lambda found: [one["coupon_codes"] for one in found] == [["STACK5"]],
    ),
}
each_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())


def _offered(rig: Rig, change: Change) -> Customer:
    ada = rig.customer(plan=change.has)
    rig.offer(change.action(rig))
    return ada


def _made_once(rig: Rig, ada: Customer, change: Change, result: dict[str, Any]) -> bool:
    """The run says it, the truth says it, and one write alone had an effect."""
    return (
        state_of(result) == "succeeded"
        and change.is_made(rig.site.subscriptions(ada))
        and len(rig.site.effects()) == 1
    )


LOST: dict[str, dict[str, object]] = {
    "the connection breaks": {"kind": "cut_after"},
    "a proxy answers 502": {"kind": "status", "status": 502, "after": True},
    "a proxy answers with a page": {
        "kind": "status",
        "status": 200,
        "body": "<html></html>",
        "after": True,
    },
}


@each_change
@pytest.mark.parametrize("lost", LOST.values(), ids=LOST.keys())
def test_a_lost_answer_is_looked_up_and_nothing_is_done_twice(
    rig: Rig, change: Change, lost: dict[str, Any]
) -> None:
    ada = _offered(rig, change)
    rig.site.chargify.fault(*change.write, **lost)

    result = rig.accept(ada)

    assert _made_once(rig, ada, change, result)
    kinds = [one["kind"] for one in rig.shop.run(result)["attempts"]]
    assert kinds.count("intent") == 1
    assert len(rig.site.writes()) == 1


@each_change
def test_a_request_that_was_lost_before_its_effect_is_sent_again(rig: Rig, change: Change) -> None:
    ada = _offered(rig, change)
    rig.site.chargify.fault(*change.write, "cut_before")

    result = rig.accept(ada)

    assert _made_once(rig, ada, change, result)
    kinds = [one["kind"] for one in rig.shop.run(result)["attempts"]]
    assert kinds.index("look_up") < len(kinds) - 1 - kinds[::-1].index("intent")


@each_change
def test_a_failing_read_costs_nothing_but_time(rig: Rig, change: Change) -> None:
    ada = _offered(rig, change)
    rig.site.chargify.fault("GET", "/customers/*.json", "status", status=503, times=2)

    assert _made_once(rig, ada, change, rig.accept(ada))
    assert len(rig.site.writes()) == 1


def test_a_coupon_that_a_look_up_cannot_see_is_not_guessed(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(coupon())
    rig.site.chargify.fault("POST", "/subscriptions/*/add_coupon.json", "cut_after")
    rig.site.chargify.fault("GET", "/subscriptions/*.json", "status", status=500, times=3)

    result = rig.accept(ada)

    assert state_of(result) == "succeeded"
    findings = [
        one["body"]["finding"]["is"]
        for one in rig.shop.run(result)["attempts"]
        if one["kind"] == "look_up"
    ]
    assert findings == ["Obscure", "Obscure", "Obscure", "Succeeded"]
    assert len(rig.site.writes()) == 1


class TestOnPostgresql:
    """What would cost money twice."""

    @pytest.fixture
    def database_url(self, postgresql_url: str) -> str:
        return postgresql_url

    @pytest.mark.parametrize("kind", ["cut_after", "cut_before"])
    def test_a_subscription_whose_answer_was_lost_is_created_once(
        self, rig: Rig, kind: str
    ) -> None:
        change = CHANGES["create"]
        ada = _offered(rig, change)
        rig.site.chargify.fault(*change.write, kind)

        assert _made_once(rig, ada, change, rig.accept(ada))


class TestWhileTheBillerIsAway:
    """Clicks are answered pending and done later."""

    @pytest.fixture
    def durations(self) -> Durations:
        return replace(QUICK, accept_wait=0.1)

    @each_change
    def test_a_click_while_the_biller_is_down_is_done_when_it_is_back(
        self, rig: Rig, change: Change
    ) -> None:
        ada = _offered(rig, change)
        rig.site.chargify.down()

        early = rig.accept(ada)
        until(lambda: _tries(rig, early) >= 2, "it is tried while the biller is down")
        rig.site.chargify.down(is_down=False)
        late = rig.shop.follow(early)

        assert state_of(early) in {"accepted", "retrying"}
        assert _made_once(rig, ada, change, late)

    def test_a_charge_is_given_up_an_hour_after_the_click_and_nothing_has_happened(
        self, rig: Rig
    ) -> None:
        ada = rig.customer(plan=None)
        rig.offer(rig.create("pro"))
        rig.site.chargify.down()
        early = rig.accept(ada)

        rig.clock.advance(3601)
        until(lambda: rig.shop.run(early)["state"] == "failed", "the run is given up")
        rig.site.chargify.down(is_down=False)

        assert rig.site.subscriptions(ada) == []
        assert state_of(rig.shop.follow(early)) == "failed"

    def test_a_cancellation_is_never_given_up(self, rig: Rig) -> None:
        ada = rig.customer()
        rig.offer(cancel("now"))
        rig.site.chargify.down()
        early = rig.accept(ada)

        rig.clock.advance(3 * 86_400)
        rig.site.chargify.down(is_down=False)
        until(lambda: rig.shop.run(early)["state"] == "succeeded", "it is cancelled in the end")

        assert rig.site.subscription(ada)["state"] == "canceled"

    def test_a_site_that_asks_us_to_slow_down_is_left_alone_for_so_long(self, rig: Rig) -> None:
        ada = rig.customer()
        rig.offer(coupon())
        rig.site.chargify.fault(
            "GET", "/customers/*", "status", status=429, headers={"Retry-After": "1"}
        )

        early = rig.accept(ada)
        late = rig.shop.follow(early)

        assert state_of(early) in {"accepted", "retrying"}
        assert state_of(late) == "succeeded"
        refused, *_ = [one for one in rig.site.calls() if one["status"] == 429]
        after = rig.site.calls(since=refused["n"])
        assert _seconds_between(refused, after[0]) >= 0.9
        assert len(rig.site.effects()) == 1


def _tries(rig: Rig, result: dict[str, Any]) -> int:
    kinds = [one["kind"] for one in rig.shop.run(result)["attempts"]]
    return kinds.count("outcome") + kinds.count("look_up")


def _seconds_between(first: dict[str, Any], second: dict[str, Any]) -> float:
    at = [datetime.fromisoformat(one["at"]) for one in (first, second)]
    return (at[1] - at[0]).total_seconds()
