"""Plans, coupons and subscriptions are as the billing system has them, soon after a change."""

import pytest

from builders import a_prompt
from databases import KINDS
from journeys.rig import Rig, cancel, coupon, until
from journeys.shop import state_of
from standfast.services.publish_prompt import PreflightFailed


@pytest.fixture
def database_url() -> None:
    """The store's tests hold both databases to what a pass writes."""


def test_the_schedule_alone_brings_news_in(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(coupon())
    ben = rig.site.add_customer("ben", plan="basic")

    assert rig.shop.shown(rig.shop.identity(ben)) == []
    rig.clock.advance(3601)

    until(lambda: rig.shop.shown(rig.shop.identity(ben)) == ["Offer"], "ben is known")
    assert rig.shop.shown(rig.shop.identity(ada)) == ["Offer"]


def test_what_is_retired_at_the_biller_is_retired_here_and_its_prompt_does_not_start_again(
    rig: Rig,
) -> None:
    ada = rig.customer()
    prompt_id = rig.offer(coupon("TEN"))
    rig.site.retire_coupon("TEN")
    rig.sync()

    assert rig.shop.shown(rig.shop.identity(ada)) == []
    rig.pause(prompt_id)
    with pytest.raises(PreflightFailed):
        rig.house.publish_prompt.resume(rig.shop.app, prompt_id)


def test_a_subscription_that_ended_outside_is_no_longer_offered_anything(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(coupon())
    rig.site.cancel(ada)

    rig.sync()

    assert rig.shop.shown(rig.shop.identity(ada)) == []


def test_a_sync_that_fails_half_way_leaves_what_was_known(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    rig.site.chargify.fault("GET", "/subscriptions.json", "cut_before", times=2)
    rig.house.sync_connections.request(rig.connect().id)
    until(lambda: len([one for one in rig.site.calls() if one["cut"]]) == 2, "the pass has failed")

    assert rig.shop.shown(rig.shop.identity(ada)) == ["Offer"]
    assert state_of(rig.accept(ada)) == "succeeded"


def test_a_click_during_a_sync_does_not_wait_for_it(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    with rig.site.held("GET", "/customers.json") as fault:
        rig.house.sync_connections.request(rig.connect().id)
        rig.site.chargify.wait_until_held(fault)

        assert state_of(rig.accept(ada)) == "succeeded"


def test_a_sync_that_read_before_the_click_does_not_undo_what_the_click_taught(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"), name="First")
    rig.publish(a_prompt(cancel("now")), "Second")
    first, *_ = rig.shop.decide(rig.shop.identity(ada))["prompts"]
    connection = rig.connect().id
    with rig.site.held("GET", "/subscriptions.json", after=True) as fault:
        mark = rig.site.mark()
        rig.house.sync_connections.request(connection)
        rig.site.chargify.wait_until_held(fault)
        rig.shop.click(rig.shop.identity(ada), first)
    until(lambda: _is_answered(rig, mark, "/subscriptions.json"), "the pass has read its page")
    rig.wait_for_syncs()

    assert rig.shop.shown(rig.shop.identity(ada)) == []


def _is_answered(rig: Rig, mark: int, path: str) -> bool:
    return any(one["path"] == path and one["finished"] for one in rig.site.calls(since=mark))


class TestOnBothDatabases:
    @pytest.fixture(params=KINDS)
    def database_url(self, request: pytest.FixtureRequest) -> str | None:
        return None if request.param == "sqlite" else request.getfixturevalue("postgresql_url")

    def test_a_sync_asked_for_while_one_is_under_way_is_done_after_it(self, rig: Rig) -> None:
        rig.sync()
        connection = rig.connect().id
        with rig.site.held("GET", "/products.json") as fault:
            rig.house.sync_connections.request(connection)
            rig.site.chargify.wait_until_held(fault)
            mark = rig.site.mark()
            rig.house.sync_connections.request(connection)

        until(
            lambda: "/products.json" in {one["path"] for one in rig.site.calls(since=mark)},
            "the second pass has begun",
        )
