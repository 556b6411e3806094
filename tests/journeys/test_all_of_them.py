"""One click adds a coupon to all of a customer's subscriptions: a run for each, each done once."""

from typing import Any

import pytest

from journeys.billing_site import Customer
from journeys.rig import Rig, cancel, coupon, until
from journeys.test_operators_make_it_right import Console, ended, newest, state
from journeys.test_the_price_is_kept import asked, click, price, run_of
from standfast.connectors.chargify.add_coupon import SPEC
from standfast.domain.action_run import RunState
from standfast.domain.limits import Counter, Scope
from standfast.domain.prompt import Budget, Limits
from standfast.services.follow_result import PRICE_AGAIN
from standfast.store.limits import find_used

TO_ALL = coupon("TEN", which="all")
assert SPEC.spread is not None
PARTLY = SPEC.spread.partly_done


@pytest.fixture
def ada(rig: Rig) -> Customer:
    """Three subscriptions of 9.00 a month."""
    ada = rig.customer()
    for _ in range(2):
        rig.site.subscribe(ada, "basic")
    return ada


def accepted(rig: Rig, who: Customer) -> dict[str, Any]:
    """The result when every run has ended."""
    return settled(rig, rig.accept(who))


def settled(rig: Rig, result: dict[str, Any]) -> dict[str, Any]:
    until(lambda: rig.shop.follow(result)["state"] != "pending", "every run has ended")
    return rig.shop.follow(result)


def coupons(rig: Rig, who: Customer) -> list[list[str]]:
    return [one["coupon_codes"] for one in rig.site.subscriptions(who)]


def additions(rig: Rig, who: Customer, *, since: int = 0) -> list[str]:
    """What was really added, in order."""
    return [one for one in rig.site.effects(since=since) if one.endswith("/add_coupon.json")]


def path_of(subscription: dict[str, Any]) -> str:
    return f"POST /subscriptions/{subscription['id']}/add_coupon.json"


def used(rig: Rig, scope: Scope, prompt: str) -> int:
    counter = Counter(scope, prompt)
    with rig.house.database.reading() as reader:
        return find_used(reader, rig.shop.app, [counter]).get(counter, 0)


def test_three_subscriptions_are_three_runs_each_done_once(rig: Rig, ada: Customer) -> None:
    rig.offer(TO_ALL)

    result = accepted(rig, ada)

    assert [one["state"] for one in result["runs"]] == ["succeeded"] * 3
    assert result["message"] == "Done. Your subscription has been changed."
    assert coupons(rig, ada) == [["TEN"]] * 3
    assert additions(rig, ada) == [path_of(one) for one in rig.site.subscriptions(ada)]


def test_a_second_click_makes_no_fourth_run(rig: Rig, ada: Customer) -> None:
    rig.offer(TO_ALL)
    shown = rig.shop.identity(ada), rig.show(ada)

    results = [rig.shop.click(*shown) for _ in range(2)]

    assert results[0]["interaction"] == results[1]["interaction"]
    runs = settled(rig, results[1])["runs"]
    assert [one["id"] for one in runs] == [one["id"] for one in results[0]["runs"]]
    assert len(additions(rig, ada)) == len(runs) == 3


def test_a_lost_answer_of_one_is_looked_up_and_none_is_done_twice(rig: Rig, ada: Customer) -> None:
    rig.offer(TO_ALL)
    second = rig.site.subscriptions(ada)[1]["id"]
    rig.site.chargify.fault("POST", f"/subscriptions/{second}/add_coupon.json", "cut_after")

    result = accepted(rig, ada)

    assert result["state"] == "succeeded"
    assert len(additions(rig, ada)) == 3
    assert coupons(rig, ada) == [["TEN"]] * 3


def test_the_one_that_has_it_already_is_left_out(rig: Rig, ada: Customer) -> None:
    rig.site.put_coupon_on(ada, "TEN")
    rig.offer(TO_ALL)
    mark = rig.site.mark()

    result = accepted(rig, ada)

    assert len(result["runs"]) == 2
    _, *others = rig.site.subscriptions(ada)
    assert additions(rig, ada, since=mark) == [path_of(one) for one in others]


def test_the_budget_pays_for_each_and_the_click_is_one_accept(rig: Rig, ada: Customer) -> None:
    # 10 % of 9.00 a month: 12 x 0.90 = 10.80 for each
    prompt = rig.offer(TO_ALL, limits=Limits(total=1, budget=Budget(3_240)))

    result = accepted(rig, ada)

    assert len(result["runs"]) == 3
    assert used(rig, Scope.BUDGET, prompt) == 3_240
    assert used(rig, Scope.ACCEPTS, prompt) == 1


def test_a_budget_that_does_not_cover_all_of_them_hides_the_offer(rig: Rig, ada: Customer) -> None:
    rig.offer(TO_ALL, limits=Limits(budget=Budget(3_239)))

    assert rig.shop.decide(rig.shop.identity(ada))["prompts"] == []
    bob = rig.customer("bob")
    rig.sync()
    assert len(accepted(rig, bob)["runs"]) == 1


def test_the_price_that_is_shown_is_the_sum_and_each_run_is_held_to_its_own(
    rig: Rig, ada: Customer
) -> None:
    rig.offer(TO_ALL, show_price=True)
    prompt = rig.show(ada)

    shown = price(rig, ada, prompt)
    result = click(rig, ada, prompt, shown["quote"])

    # 9.00 less 10 % is 8.10
    assert shown["next_charge"] == {"amount_in_cents": 3 * 810, "currency": "USD"}
    assert shown["text"].startswith("Nothing due now, then about $24.30 ")
    settled(rig, result)
    assert [run_of(rig, result, position).incident for position in range(3)] == [""] * 3
    assert coupons(rig, ada) == [["TEN"]] * 3


def test_when_there_is_one_more_than_was_priced_the_price_is_shown_again(
    rig: Rig, ada: Customer
) -> None:
    rig.offer(TO_ALL, show_price=True)
    prompt = rig.show(ada)
    shown = price(rig, ada, prompt)
    rig.site.subscribe(ada, "basic")
    rig.sync()

    refused = click(rig, ada, prompt, shown["quote"])
    again = price(rig, ada, prompt)
    result = click(rig, ada, prompt, again["quote"])

    assert refused["refusal"] == {"reason": "quote_refused", "message": PRICE_AGAIN}
    assert refused["runs"] == []
    assert again["next_charge"]["amount_in_cents"] == 4 * 810
    assert settled(rig, result)["state"] == "succeeded"
    assert coupons(rig, ada) == [["TEN"]] * 4


def test_one_refusal_stops_no_other_and_the_customer_reads_that_it_is_not_on_all(
    rig: Rig, ada: Customer
) -> None:
    rig.offer(TO_ALL)
    shown = rig.shop.identity(ada), rig.show(ada)
    rig.site.put_coupon_on(ada, "STACK5")  # on the first, since it was shown

    result = settled(rig, rig.shop.click(*shown))

    assert [one["state"] for one in result["runs"]] == ["refused", "succeeded", "succeeded"]
    assert (result["state"], result["message"]) == ("refused", PARTLY)
    assert coupons(rig, ada) == [["STACK5"], ["TEN"], ["TEN"]]


def test_a_later_step_is_stopped_by_any_of_them(rig: Rig, ada: Customer) -> None:
    rig.offer(TO_ALL, cancel(which="newest"))
    shown = rig.shop.identity(ada), rig.show(ada)
    rig.site.put_coupon_on(ada, "STACK5")

    result = settled(rig, rig.shop.click(*shown))

    states = [one["state"] for one in result["runs"]]
    assert states == ["refused", "succeeded", "succeeded", "cancelled"]
    assert result["message"] == f"{PARTLY} Your subscription could not be cancelled."
    assert [one["state"] for one in rig.site.subscriptions(ada)] == ["active"] * 3


def test_more_runs_than_a_click_can_hold_are_refused_before_any(rig: Rig) -> None:
    # 9 subscriptions, 2 coupons: 18 runs
    ada = rig.customer()
    for _ in range(8):
        rig.site.subscribe(ada, "basic")
    both = [coupon(one, which="all", when_present="stack") for one in ("STACK5", "STACK7")]
    rig.offer(*both, show_price=True)
    prompt = rig.show(ada)

    told = asked(rig, ada, prompt["token"])

    assert (told.status_code, told.json()["reason"]) == (409, "several_subscriptions")
    rig.republish(prompt["prompt"], *both)
    result = rig.accept(ada)
    assert result["refusal"]["reason"] == "several_subscriptions"
    assert coupons(rig, ada) == [[]] * 9


def test_where_all_are_refused_the_prompts_own_text_is_read(rig: Rig, ada: Customer) -> None:
    rig.offer(TO_ALL)
    shown = rig.shop.identity(ada), rig.show(ada)
    rig.site.chargify.fault(
        "POST", "/subscriptions/*/add_coupon.json", "status", times=None, status=422
    )

    result = settled(rig, rig.shop.click(*shown))

    assert {one["state"] for one in result["runs"]} == {"refused"}
    assert result["message"].startswith("We could not make this change. Nothing was charged.")


def test_while_one_is_under_way_nothing_is_said_of_the_others(rig: Rig, ada: Customer) -> None:
    rig.offer(TO_ALL)
    shown = rig.shop.identity(ada), rig.show(ada)
    third = rig.site.subscriptions(ada)[2]["id"]

    with rig.site.held("POST", f"/subscriptions/{third}/add_coupon.json"):
        clicked = rig.shop.clicked(shown[0], shown[1]["token"], wait_ms=0).json()["results"][0]
        until(lambda: len(additions(rig, ada)) == 2, "two are done")
        until(lambda: states_of(rig, clicked).count("succeeded") == 2, "both are settled")
        now = rig.shop.follow(clicked, wait_ms=0)

    assert (now["state"], now["message"]) == (
        "pending",
        "We are on it. You will see the change in a moment.",
    )
    assert settled(rig, clicked)["state"] == "succeeded"


def states_of(rig: Rig, result: dict[str, Any]) -> list[str]:
    return [one["state"] for one in rig.shop.follow(result, wait_ms=0)["runs"]]


def test_one_run_is_taken_back_from_its_own_subscription_only(rig: Rig, ada: Customer) -> None:
    rig.offer(TO_ALL)
    result = accepted(rig, ada)
    second = result["runs"][1]["id"]

    assert Console(rig).post(second, "undo", reason="Not on that one.") == 303

    undo = newest(rig)
    ended(rig, undo, RunState.SUCCEEDED)
    assert coupons(rig, ada) == [["TEN"], [], ["TEN"]]
    assert state(rig, second) is RunState.SUCCEEDED
