"""No offer is shown that could not be kept, and a click on one that no longer can is told so."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from journeys.billing_site import Customer
from journeys.rig import Rig, cancel, coupon
from journeys.shop import state_of
from standfast.domain.prompt import AttachedAction

Happening = Callable[[Rig, Customer], object]
DAY = 86_400


@pytest.fixture
def database_url() -> None:
    """Judgement does not depend on the database."""


def _add_until_tomorrow(rig: Rig) -> AttachedAction:
    tomorrow = (rig.clock.now() + timedelta(days=1)).date()
    rig.site.add_coupon("SHORT", percentage="15", end_date=tomorrow.isoformat())
    return coupon("SHORT")


CANNOT: dict[str, tuple[Callable[[Rig], AttachedAction], Happening, str]] = {
    "the plan was retired": (
        lambda rig: rig.create("pro"),
        lambda rig, _: rig.site.retire_plan("pro"),
        "plan_retired",
    ),
    "they have the plan already": (
        lambda rig: rig.create("pro"),
        lambda rig, ada: rig.site.subscribe(ada, "pro"),
        "already_subscribed",
    ),
    "the coupon was retired": (
        lambda _: coupon("TEN"),
        lambda rig, _: rig.site.retire_coupon("TEN"),
        "coupon_retired",
    ),
    "another coupon is there": (
        lambda _: coupon("TEN"),
        lambda rig, ada: rig.site.put_coupon_on(ada, "STACK5"),
        "coupon_present",
    ),
    "another coupon is there and ours does not stack": (
        lambda _: coupon("TEN", when_present="stack"),
        lambda rig, ada: rig.site.put_coupon_on(ada, "STACK5"),
        "coupon_not_stackable",
    ),
    "there is no subscription to give a coupon to": (
        lambda _: coupon("TEN"),
        lambda rig, ada: rig.site.cancel(ada),
        "no_subscription",
    ),
    "there are two subscriptions to the plan": (
        lambda rig: cancel("now", plan=rig.site.plans["basic"]),
        lambda rig, ada: rig.site.subscribe(ada, "basic"),
        "several_subscriptions",
    ),
}
each_case = pytest.mark.parametrize(
    ("action", "happen", "reason"), CANNOT.values(), ids=CANNOT.keys()
)


@each_case
def test_an_offer_that_cannot_be_kept_is_hidden_and_an_open_one_refused(
    rig: Rig, action: Callable[[Rig], AttachedAction], happen: Happening, reason: str
) -> None:
    ada = rig.customer()
    rig.offer(action(rig))
    prompt = rig.show(ada)
    happen(rig, ada)
    rig.sync()
    mark = rig.site.mark()

    assert rig.shop.shown(rig.shop.identity(ada)) == []
    result = rig.shop.click(rig.shop.identity(ada), prompt)

    assert result["refusal"]["reason"] == reason
    told = result["refusal"]["message"]
    assert told.startswith("We could not make this change. Nothing was charged.")
    assert result["runs"] == []
    assert rig.site.calls(since=mark) == []


UNNOTICED: dict[str, tuple[Callable[[Rig], AttachedAction], Happening, str]] = {
    **CANNOT,
    # Here the biller itself is asked, and its words do not tell a retired plan from a wrong one.
    "the plan was retired": (*CANNOT["the plan was retired"][:2], "plan_unknown"),
    "they have moved to a plan of another family": (
        lambda _: coupon("TEN"),
        lambda rig, ada: (rig.site.cancel(ada), rig.site.subscribe(ada, "backup")),
        "coupon_unknown",
    ),
}


@pytest.mark.parametrize(("action", "happen", "reason"), UNNOTICED.values(), ids=UNNOTICED.keys())
def test_what_the_mirror_has_not_heard_of_is_refused_by_the_fresh_look(
    rig: Rig, action: Callable[[Rig], AttachedAction], happen: Happening, reason: str
) -> None:
    ada = rig.customer()
    rig.offer(action(rig))
    happen(rig, ada)
    mark = rig.site.mark()

    result = rig.accept(ada)

    assert state_of(result) == "refused"
    assert rig.shop.run(result)["reason"] == reason
    assert rig.site.effects(since=mark) == []


DONE_BEFORE: dict[str, tuple[AttachedAction, Happening]] = {
    "the coupon is there": (coupon("TEN"), lambda rig, ada: rig.site.put_coupon_on(ada, "TEN")),
    "the subscription is cancelled": (cancel("now"), lambda rig, ada: rig.site.cancel(ada)),
}


@pytest.mark.parametrize("is_noticed", [True, False], ids=["synced", "not synced"])
@pytest.mark.parametrize(("action", "happen"), DONE_BEFORE.values(), ids=DONE_BEFORE.keys())
def test_what_is_done_already_is_not_offered_and_a_click_on_it_is_a_success_that_says_so(
    rig: Rig, action: AttachedAction, happen: Happening, is_noticed: bool
) -> None:
    ada = rig.customer()
    rig.offer(action)
    prompt = rig.show(ada)
    happen(rig, ada)
    if is_noticed:
        rig.sync()
        assert rig.shop.shown(rig.shop.identity(ada)) == []
    mark = rig.site.mark()

    result = rig.shop.click(rig.shop.identity(ada), prompt)

    assert state_of(result) == "succeeded"
    assert rig.shop.run(result)["already"] is True
    assert rig.site.writes(since=mark) == []


def test_an_expired_coupon_is_not_offered_and_an_open_offer_of_it_refused(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(_add_until_tomorrow(rig))
    rig.clock.advance(DAY - 60)  # the token is younger than a day, the coupon's last day is over
    (prompt,) = rig.shop.decide(rig.shop.identity(ada))["prompts"]
    rig.clock.advance(DAY - 3600)
    mark = rig.site.mark()

    assert rig.shop.shown(rig.shop.identity(ada)) == []
    result = rig.shop.click(rig.shop.identity(ada), prompt)

    assert result["refusal"]["reason"] == "coupon_expired"
    assert rig.site.writes(since=mark) == []


def test_a_coupon_that_expired_at_the_biller_only_is_refused_by_the_biller(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(_add_until_tomorrow(rig))
    rig.site.chargify.move_clock(offset_seconds=3 * DAY)

    result = rig.accept(ada)

    assert state_of(result) == "refused"
    assert rig.shop.run(result)["reason"] == "coupon_expired"
    assert rig.site.subscription(ada)["coupon_codes"] == []


def test_a_coupon_of_another_family_is_shown_to_nobody(rig: Rig) -> None:
    rig.customer("ada", plan="basic")
    ben = rig.customer("ben", plan="backup")
    rig.offer(coupon("TEN"))

    assert rig.shop.shown(rig.shop.identity(ben)) == []
    assert "coupon_not_for_plan" in rig.shop.explain(ben)["offer"]["actual"]


def test_of_two_subscriptions_the_newest_is_taken_where_the_prompt_says_so(rig: Rig) -> None:
    ada = rig.customer()
    second = rig.site.subscribe(ada, "basic")
    rig.offer(cancel("now", which="newest"))

    assert state_of(rig.accept(ada)) == "succeeded"
    assert [one["id"] for one in rig.site.subscriptions(ada) if one["state"] == "canceled"] == [
        second
    ]


def test_stackable_coupons_are_stacked_where_the_prompt_says_so(rig: Rig) -> None:
    ada = rig.customer()
    rig.site.put_coupon_on(ada, "STACK5")
    rig.offer(coupon("STACK7", when_present="stack"))

    assert state_of(rig.accept(ada)) == "succeeded"
    assert rig.site.subscription(ada)["coupon_codes"] == ["STACK5", "STACK7"]


def test_a_paused_prompt_refuses_an_open_offer(rig: Rig) -> None:
    ada = rig.customer()
    prompt_id = rig.offer(coupon())
    prompt, mark = rig.show(ada), rig.site.mark()
    rig.pause(prompt_id)

    assert rig.shop.shown(rig.shop.identity(ada)) == []
    result = rig.shop.click(rig.shop.identity(ada), prompt)

    assert result["refusal"]["reason"] == "offer_changed"
    assert rig.site.calls(since=mark) == []


def test_a_connection_that_is_switched_off_shows_nothing_and_sends_nothing(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(coupon())
    prompt, mark = rig.show(ada), rig.site.mark()
    rig.switch(is_active=False)

    assert rig.shop.shown(rig.shop.identity(ada)) == []
    result = rig.shop.click(rig.shop.identity(ada), prompt)

    assert result["refusal"]["reason"] == "connection_inactive"
    assert rig.site.calls(since=mark) == []


def test_a_newer_version_does_not_take_back_what_was_shown(rig: Rig) -> None:
    ada = rig.customer()
    prompt_id = rig.offer(coupon("TEN"))
    prompt = rig.show(ada)
    rig.republish(prompt_id, coupon("STAY30"))

    result = rig.shop.click(rig.shop.identity(ada), prompt)

    assert state_of(result) == "succeeded"
    assert rig.site.subscription(ada)["coupon_codes"] == ["TEN"]
