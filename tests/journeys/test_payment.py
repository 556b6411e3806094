"""Who has no card is led to give one and then gets what they clicked; a declined card is told."""

from typing import Any

from journeys.billing_site import DECLINED, Customer
from journeys.rig import Rig, until
from journeys.shop import state_of
from standfast.domain.prompt import ResultTexts

AWAY_SECONDS = 10


def _clicked_without_a_card(rig: Rig) -> tuple[Customer, dict[str, Any]]:
    ada = rig.customer(plan=None, card=None)
    rig.offer(rig.create("pro"))
    return ada, rig.accept(ada)


def test_without_a_card_the_customer_is_sent_to_give_one(rig: Rig) -> None:
    ada, result = _clicked_without_a_card(rig)

    (run,) = result["runs"]
    assert run["state"] == "waiting_for_visitor"
    assert run["message"] == ResultTexts().needs_visitor
    assert run["link"].startswith("https://acme.billingportal.com/manage/")
    assert rig.site.writes() == []
    assert rig.site.subscriptions(ada) == []


def test_who_comes_back_with_a_card_gets_what_they_clicked(rig: Rig) -> None:
    ada, _ = _clicked_without_a_card(rig)
    rig.site.add_card(ada)
    rig.clock.advance(AWAY_SECONDS)

    (pending,) = rig.shop.decide(rig.shop.identity(ada))["pending"]
    rig.shop.follow(pending, wait_ms=0)
    later = rig.shop.follow(pending)

    assert state_of(later) == "succeeded"
    assert rig.site.subscription(ada)["state"] == "active"
    assert rig.site.writes() == ["POST /subscriptions.json"]


def test_who_comes_back_without_a_card_is_asked_again(rig: Rig) -> None:
    _, result = _clicked_without_a_card(rig)
    rig.clock.advance(AWAY_SECONDS)

    rig.shop.follow(result, wait_ms=0)
    later = rig.shop.follow(result)

    assert state_of(later) == "waiting_for_visitor"
    assert rig.site.writes() == []


def test_who_never_comes_back_is_not_charged_for_a_card_they_give_later(rig: Rig) -> None:
    ada, result = _clicked_without_a_card(rig)
    rig.clock.advance(25 * 3600)

    until(lambda: rig.shop.run(result)["state"] == "cancelled", "the run is given up")
    rig.site.add_card(ada)
    assert rig.site.writes() == []


def test_a_plan_that_wants_no_card_is_created_without_one(rig: Rig) -> None:
    ada = rig.customer(plan=None, card=None)
    rig.offer(rig.create("free"))

    assert state_of(rig.accept(ada)) == "succeeded"
    assert rig.site.subscription(ada)["state"] == "active"


def test_a_declined_card_is_a_refusal_with_its_reason(rig: Rig) -> None:
    ada = rig.customer(plan=None, card=DECLINED)
    rig.offer(rig.create("pro"))

    result = rig.accept(ada)

    assert state_of(result) == "refused"
    assert rig.shop.run(result)["reason"] == "payment_declined"
    assert rig.site.subscriptions(ada) == []
