"""A process may be killed at any instant: the bill changes once and the truth is told."""

import hashlib
import hmac
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest

from journeys.billing_site import BillingSite, Customer
from journeys.processes import CUT_SECONDS, Stage, furnishing, playing
from journeys.rig import Rig, cancel, coupon, until
from journeys.shop import state_of
from standfast.connectors.chargify.webhooks import SIGNATURE

Setting = TypeVar("Setting")


class Play(Protocol):
    def __call__(
        self, set_up: Callable[[Rig], Setting]
    ) -> AbstractContextManager[tuple[Stage, Setting]]: ...


@pytest.fixture
def play(tmp_path: Path, site: BillingSite, database_url: str | None) -> Play:
    """`with play(set_up) as (stage, what set_up answered)`: the stage is set, the process runs."""
    data = tmp_path / "data"

    @contextmanager
    def begin(set_up: Callable[[Rig], Setting]) -> Generator[tuple[Stage, Setting]]:
        with furnishing(data, site, database_url) as rig:
            answered, shop = set_up(rig), rig.shop
        with playing(data, site, shop, database_url) as stage:
            yield stage, answered

    return begin


@contextmanager
def clicking(
    stage: Stage, who: Customer, *prompts: dict[str, Any], is_awaited: bool = True
) -> Generator[Future[Any]]:
    """The click is on its way; its answer may never come."""
    shop = stage.shop
    deeds = [{"token": one["token"], "kind": "accept", "step": "offer"} for one in prompts]
    body = {"app": shop.app, "identity": shop.identity(who), "interactions": deeds}
    hand = ThreadPoolExecutor(1)
    yield hand.submit(shop.asked, "/v1/interactions", body)
    hand.shutdown(wait=is_awaited)


def shown(stage: Stage, who: Customer) -> list[dict[str, Any]]:
    return stage.shop.decide(stage.shop.identity(who))["prompts"]


def told_again(stage: Stage, who: Customer, prompt: dict[str, Any]) -> dict[str, Any]:
    """The visitor clicks once more, as people do; it is the same click."""
    return stage.shop.click(stage.shop.identity(who), prompt)


def kinds_of(stage: Stage, result: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in stage.shop.run(result)["attempts"]]


def buying(rig: Rig) -> Customer:
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"))
    return ada


def test_killed_before_the_intent_the_click_is_done_afterwards(play: Play) -> None:
    with play(buying) as (stage, ada):
        (prompt,) = shown(stage, ada)
        with (
            stage.site.held("GET", "/payment_profiles.json") as fault,
            clicking(stage, ada, prompt),
        ):
            stage.site.chargify.wait_until_held(fault)
            stage.kill()
            stage.site.chargify.release(fault)
            stage.start()

            result = told_again(stage, ada, prompt)

        assert state_of(result) == "succeeded"
        assert kinds_of(stage, result) == ["created", "intent", "outcome"]
        assert stage.site.subscription(ada)["state"] == "active"
        assert stage.site.writes() == ["POST /subscriptions.json"]


def test_killed_while_its_write_waits_for_its_turn_it_is_done_afterwards_without_a_doubt(
    play: Play,
) -> None:
    def two_customers(rig: Rig) -> tuple[Customer, Customer]:
        both = rig.customer("ada"), rig.customer("ben")
        rig.offer(coupon())
        return both

    with play(two_customers) as (stage, (ada, ben)):
        (adas,), (bens,) = shown(stage, ada), shown(stage, ben)
        site = stage.site
        # Ben is told to slow down for the whole site: Ada's write waits, and has no intent yet.
        path = f"/customers/{ben.id}/subscriptions.json"
        site.chargify.fault("GET", path, "status", status=429, headers={"Retry-After": "8"})
        with (
            site.held("GET", f"/customers/{ada.id}/subscriptions.json") as adas_read,
            clicking(stage, ada, adas),
        ):
            site.chargify.wait_until_held(adas_read)
            with clicking(stage, ben, bens, is_awaited=False):
                until(lambda: "outcome" in kinds_of_pending(stage, ben), "the site is paused")
            site.chargify.release(adas_read)
            until(lambda: all(one["finished"] for one in site.calls()), "the read is answered")
            assert kinds_of_pending(stage, ada) == ["created"]
            stage.kill()
            assert site.writes() == []
            stage.start()

            result = told_again(stage, ada, adas)

        assert state_of(result) == "succeeded"
        assert kinds_of(stage, result) == ["created", "intent", "outcome"]
        assert site.subscription(ada)["coupon_codes"] == ["TEN"]
        assert len([one for one in site.effects() if str(ada.subscription) in one]) == 1


def test_killed_while_the_call_is_under_way_and_then_lost_it_is_done_once(play: Play) -> None:
    with play(buying) as (stage, ada):
        (prompt,) = shown(stage, ada)
        stage.site.chargify.settings(cut_seconds=CUT_SECONDS)
        fault = stage.site.chargify.fault("POST", "/subscriptions.json", "hold_before")
        with clicking(stage, ada, prompt):
            stage.site.chargify.wait_until_held(fault)
            stage.kill()
            stage.start()

            result = told_again(stage, ada, prompt)

        assert state_of(result) == "succeeded"
        assert [one["state"] for one in stage.site.subscriptions(ada)] == ["active"]
        assert len(stage.site.effects()) == 1
        assert kinds_of(stage, result)[:4] == ["created", "intent", "rescued", "look_up"]


def test_killed_between_effect_and_outcome_it_is_found_and_not_repeated(play: Play) -> None:
    with play(buying) as (stage, ada):
        (prompt,) = shown(stage, ada)
        with (
            stage.site.held("POST", "/subscriptions.json", after=True) as fault,
            clicking(stage, ada, prompt),
        ):
            stage.site.chargify.wait_until_held(fault)
            stage.kill()
            stage.start()

            result = told_again(stage, ada, prompt)

        assert state_of(result) == "succeeded"
        assert kinds_of(stage, result) == ["created", "intent", "rescued", "look_up"]
        assert [one["state"] for one in stage.site.subscriptions(ada)] == ["active"]
        assert stage.site.writes() == ["POST /subscriptions.json"]


def test_killed_between_outcome_and_answer_the_outcome_is_told_and_not_repeated(
    play: Play,
) -> None:
    def two_offers(rig: Rig) -> Customer:
        ada = rig.customer()
        rig.offer(coupon(), name="Coupon", priority=2)
        rig.offer(cancel("end_of_period"), name="Leave", priority=1)
        return ada

    with play(two_offers) as (stage, ada):
        gift, leave = shown(stage, ada)
        # One answer for two clicks; a customer's runs go in order, so the first has its outcome
        # when the second begins to write.
        with (
            stage.site.held("POST", "/subscriptions/*/delayed_cancel.json") as fault,
            clicking(stage, ada, gift, leave) as answer,
        ):
            stage.site.chargify.wait_until_held(fault)
            assert not answer.done()
            stage.kill()
            stage.site.chargify.release(fault)
            stage.start()

            first, second = told_again(stage, ada, gift), told_again(stage, ada, leave)

        assert kinds_of(stage, first) == ["created", "intent", "outcome"]
        assert state_of(first) == state_of(second) == "succeeded"
        truth = stage.site.subscription(ada)
        assert (truth["coupon_codes"], truth["cancel_at_end_of_period"]) == (["TEN"], True)
        assert len([one for one in stage.site.writes() if "add_coupon" in one]) == 1


def kinds_of_pending(stage: Stage, who: Customer) -> list[str]:
    """The journal so far of the click that is under way; empty before it is stored."""
    found = stage.shop.decide(stage.shop.identity(who))["pending"]
    return [kind for one in found for kind in kinds_of(stage, stage.shop.follow(one, wait_ms=0))]


def test_a_webhook_that_was_answered_survives_the_process(play: Play) -> None:
    """Killed before it was worked off: Chargify, told 200, will not send it again."""

    def hearing(rig: Rig) -> tuple[Customer, str]:
        ada = rig.customer()
        rig.offer(cancel("now"))
        rig.connect(shared_key="shared-key")
        rig.wait_for_syncs()
        return ada, f"/hooks/chargify/{rig.connection_id()}"

    with play(hearing) as (stage, (ada, path)):
        site = stage.site
        body = f"id=1&event=subscription_state_change&payload[customer][id]={ada.id}".encode()
        mark = hmac.new(b"shared-key", body, hashlib.sha256).hexdigest()
        with site.held("GET", f"/customers/{ada.id}/subscriptions.json") as fault:
            answer = stage.shop.client.post(path, content=body, headers={SIGNATURE: mark})
            site.chargify.wait_until_held(fault)
            stage.kill()
        site.cancel(ada)
        stage.start()

        until(lambda: shown(stage, ada) == [], "the cancellation is known")

        assert answer.status_code == 200
