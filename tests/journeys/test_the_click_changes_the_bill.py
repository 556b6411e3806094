"""The offer that was shown is the change that was made, once, and the customer sees the result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from journeys.billing_site import Customer
from journeys.rig import Rig, cancel, coupon
from journeys.shop import state_of
from standfast.domain.prompt import AttachedAction


@dataclass(frozen=True)
class Change:
    """`truth` is what must be true of the customer's newest subscription."""

    has: str | None
    action: Callable[[Rig], AttachedAction]
    truth: dict[str, object]


CHANGES = {
    "create": Change(None, lambda rig: rig.create("pro"), {"state": "active"}),
    "cancel now": Change("basic", lambda _: cancel("now"), {"state": "canceled"}),
    "cancel later": Change(
        "basic",
        lambda _: cancel("end_of_period"),
        {"state": "active", "cancel_at_end_of_period": True},
    ),
    "add coupon": Change("basic", lambda _: coupon("TEN"), {"coupon_codes": ["TEN"]}),
}
each_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())


def newest(rig: Rig, who: Customer) -> dict[str, Any]:
    return rig.site.subscriptions(who)[-1]


@each_change
def test_an_accepted_offer_is_done_once_and_the_answer_says_so(rig: Rig, change: Change) -> None:
    ada = rig.customer(plan=change.has)
    rig.offer(change.action(rig))

    result = rig.accept(ada)

    assert state_of(result) == "succeeded"
    assert result["runs"][0]["message"] == "Done. Your subscription has been changed."
    assert change.truth.items() <= newest(rig, ada).items()
    assert len(rig.site.writes()) == len(rig.site.effects()) == 1


@each_change
def test_the_very_next_decision_knows_what_the_click_has_changed(rig: Rig, change: Change) -> None:
    ada = rig.customer(plan=change.has)
    rig.offer(change.action(rig), name="First")
    rig.offer(change.action(rig), name="Second")
    first, _ = rig.shop.decide(rig.shop.identity(ada))["prompts"]
    mark = rig.site.mark()

    rig.shop.click(rig.shop.identity(ada), first)

    assert rig.shop.shown(rig.shop.identity(ada)) == []
    lists = {"/customers.json", "/subscriptions.json"}
    read = {one["path"] for one in rig.site.calls(since=mark) if one["method"] == "GET"}
    assert not read & lists


def test_a_created_subscription_is_known_by_its_run_and_lists_every_step(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"))

    result = rig.accept(ada)
    run = rig.shop.run(result)

    assert newest(rig, ada)["reference"] == f"sf-{run['id']}"
    assert run["reference"] == str(newest(rig, ada)["id"])
    assert [one["kind"] for one in run["attempts"]] == ["created", "intent", "outcome"]
    assert run["attempts"][1]["body"]["call"]["path"] == "/subscriptions.json"


def test_two_actions_of_one_button_are_done_in_order(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    rig.offer(coupon("TEN"), cancel("end_of_period"))

    result = rig.accept(ada)

    assert [run["state"] for run in result["runs"]] == ["succeeded", "succeeded"]
    number = ada.subscription
    assert rig.site.writes() == [
        f"POST /subscriptions/{number}/add_coupon.json",
        f"POST /subscriptions/{number}/delayed_cancel.json",
    ]


def test_a_step_that_is_refused_stops_the_ones_after_it(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    rig.offer(coupon("TEN"), cancel("now"))
    rig.site.retire_coupon("TEN")

    result = rig.accept(ada)

    assert [run["state"] for run in result["runs"]] == ["refused", "cancelled"]
    assert rig.site.subscription(ada)["state"] == "active"
