"""The price that was shown is the price that is charged; where it is not, somebody is told."""

from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from builders import a_prompt, a_step
from journeys.billing_site import Customer
from journeys.rig import Rig, cancel, chargify, coupon
from journeys.shop import state_of
from standfast.contract.actions import Preview
from standfast.contract.catalogue import Money
from standfast.domain.action_run import ActionRun
from standfast.domain.prompt import FieldKind, FormField
from standfast.services.follow_result import PRICE_AGAIN
from standfast.store.bodies import unpacked
from standfast.store.interactions import find_interaction
from standfast.store.runs import get_run, list_entries

JsonObject = dict[str, Any]


def asked(
    rig: Rig, who: Customer | str | None, prompt_token: str, **more: object
) -> httpx2.Response:
    identity: JsonObject = (
        {"anonymous_id": "browser-1"} if who is None else {"identity": rig.shop.identity(who)}
    )
    body = {
        "app": rig.shop.app,
        **identity,
        "token": prompt_token,
        "step": "offer",
        "button": "accept",
    }
    return rig.shop.asked("/v1/previews", {**body, **more})


def price(rig: Rig, who: Customer, prompt: Mapping[str, Any], **more: object) -> JsonObject:
    answer = asked(rig, who, prompt["token"], **more)
    assert answer.is_success, answer.text
    return answer.json()


def click(
    rig: Rig, who: Customer, prompt: Mapping[str, Any], quote: str | None, kind: str = "accept"
) -> JsonObject:
    identity = rig.shop.identity(who)
    answer = rig.shop.clicked(identity, prompt["token"], kind, quote=quote)
    assert answer.is_success, answer.text
    (result,) = answer.json()["results"]
    return result


def run_of(rig: Rig, result: Mapping[str, Any], position: int = 0) -> ActionRun:
    with rig.house.database.reading() as reader:
        return get_run(reader, result["runs"][position]["id"])


def said_of_the_price(rig: Rig, run: ActionRun) -> JsonObject:
    with rig.house.database.reading() as reader:
        (said,) = [one.said["price"] for one in list_entries(reader, run.id) if "price" in one.said]
    return said


def change_price(rig: Rig, plan: str, cents: int) -> None:
    """The merchant thinks again."""
    path = f"/products/{rig.site.plans[plan]}/price_points"
    (point,) = rig.site.get(f"{path}.json")["price_points"]
    changed = rig.site.client.put(
        f"{path}/{point['id']}.json", json={"price_point": {"price_in_cents": cents}}
    )
    assert changed.is_success, changed.text


def test_what_was_shown_is_charged_and_kept_with_the_click(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"), show_price=True)
    prompt = rig.show(ada)

    shown = price(rig, ada, prompt)
    result = click(rig, ada, prompt, shown["quote"])

    assert shown["due_now"] == {"amount_in_cents": 2_900, "currency": "USD"}
    assert shown["next_charge"] == shown["due_now"]
    assert shown["text"].startswith("$29.00 due now, then $29.00 on ")
    assert shown["is_estimate"] is False
    assert state_of(result) == "succeeded"
    run = run_of(rig, result)
    assert run.quoted is not None
    assert (run.quoted.due_now, run.result.charged) == (Money(2_900, "USD"), Money(2_900, "USD"))
    assert run.incident == ""
    assert said_of_the_price(rig, run) == {
        "promise": "kept",
        "said": "Charged $29.00, shown $29.00.",
    }
    with rig.house.database.reading() as reader:
        row = find_interaction(reader, rig.shop.app, result["interaction"])
    assert row is not None
    assert unpacked(row.quote, Preview) == run.quoted


def test_another_price_than_the_one_shown_is_an_incident(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"), show_price=True)
    prompt = rig.show(ada)
    shown = price(rig, ada, prompt)
    change_price(rig, "pro", 3_100)

    result = click(rig, ada, prompt, shown["quote"])

    run = run_of(rig, result)
    assert run.state == "succeeded"
    assert run.incident == "Charged $31.00, shown $29.00."
    assert said_of_the_price(rig, run)["promise"] == "broken"


def test_a_price_after_a_lost_answer_is_held_against_the_charge_all_the_same(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"), show_price=True)
    prompt = rig.show(ada)
    shown = price(rig, ada, prompt)
    change_price(rig, "pro", 3_100)
    rig.site.chargify.fault("POST", "/subscriptions.json", "cut_after")

    result = click(rig, ada, prompt, shown["quote"])

    rig.finished(result)
    assert run_of(rig, result).incident == "Charged $31.00, shown $29.00."


def test_a_change_now_is_charged_within_what_was_shown(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    switch = chargify("switch_plan", plan=rig.site.plans["pro"], when="now")
    rig.offer(switch, show_price=True)
    prompt = rig.show(ada)

    shown = price(rig, ada, prompt)
    result = click(rig, ada, prompt, shown["quote"])

    assert shown["text"].startswith("At most $20.01 due now, then $29.00 on ")
    assert said_of_the_price(rig, run_of(rig, result))["promise"] == "kept"


def test_an_estimate_is_shown_as_one_and_is_not_held_against_the_charge(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    rig.offer(coupon("TEN"), show_price=True)
    prompt = rig.show(ada)

    shown = price(rig, ada, prompt)
    result = click(rig, ada, prompt, shown["quote"])

    assert shown["text"].startswith("Nothing due now, then about $8.10 on ")
    assert shown["is_estimate"] is True
    assert run_of(rig, result).incident == ""


def test_each_of_two_changes_keeps_its_own_part_of_the_price(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    rig.offer(
        rig.create("backup"),
        chargify("cancel_subscription", plan=rig.site.plans["basic"], when="now"),
        show_price=True,
    )
    prompt = rig.show(ada)

    shown = price(rig, ada, prompt)
    result = click(rig, ada, prompt, shown["quote"])

    assert shown["due_now"]["amount_in_cents"] == 300
    dues = [run_of(rig, result, position).quoted for position in (0, 1)]
    assert [one and one.due_now.amount_in_cents for one in dues] == [300, 0]


def test_without_a_price_where_one_is_shown_first_nothing_is_sent(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"), show_price=True)
    prompt = rig.show(ada)
    mark = rig.site.mark()

    result = click(rig, ada, prompt, None)

    assert result["refusal"] == {"reason": "quote_refused", "message": PRICE_AGAIN}
    assert result["message"] == PRICE_AGAIN
    assert result["runs"] == []
    assert rig.site.calls(since=mark) == []


def test_a_price_that_is_over_is_shown_again_and_then_accepted(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"), show_price=True)
    prompt = rig.show(ada)
    old = price(rig, ada, prompt)
    rig.clock.advance(900)

    late = click(rig, ada, prompt, old["quote"])
    result = click(rig, ada, prompt, price(rig, ada, prompt)["quote"])

    assert late["refusal"]["reason"] == "quote_refused"
    assert state_of(result) == "succeeded"
    assert len(rig.site.subscriptions(ada)) == 1


def test_no_price_but_their_own_counts_for_a_visitor(rig: Rig) -> None:
    ada, bob = rig.customer("ada", plan=None), rig.customer("bob", plan=None)
    rig.offer(rig.create("pro"), name="Pro", show_price=True)
    prompt, bobs = rig.show(ada), rig.show(bob)
    own = price(rig, ada, prompt)["quote"]
    other = price(rig, bob, bobs)["quote"]
    mark = rig.site.mark()

    kid, payload, mac = own.split(".")
    forged = [other, f"{kid}.{payload[:-2]}AA.{mac}", "", "x" * 5_000, prompt["token"]]
    refusals = [click(rig, ada, prompt, quote)["refusal"]["reason"] for quote in forged]

    assert refusals == ["quote_refused"] * len(forged)
    assert rig.site.calls(since=mark) == []
    assert state_of(click(rig, ada, prompt, own)) == "succeeded"


def test_the_price_of_another_offer_does_not_count(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    rig.offer(coupon("TEN"), name="Cheap", show_price=True, priority=2)
    dear = rig.publish(a_prompt(rig.create("pro"), show_price=True), name="Dear")
    cheap, costly = rig.shop.decide(rig.shop.identity(ada))["prompts"]
    assert costly["prompt"] == dear

    result = click(rig, ada, costly, price(rig, ada, cheap)["quote"])

    assert result["refusal"]["reason"] == "quote_refused"
    assert len(rig.site.subscriptions(ada)) == 1


def test_the_same_click_again_is_told_of_the_first_without_a_price(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"), show_price=True)
    prompt = rig.show(ada)
    first = click(rig, ada, prompt, price(rig, ada, prompt)["quote"])

    again = click(rig, ada, prompt, None)

    assert again["runs"] == first["runs"]


def test_a_decline_that_cancels_needs_no_price(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    rig.sync()
    step = a_step(accept=(coupon("TEN"),), decline=(cancel("now"),))
    rig.publish(a_prompt(steps=(step,), show_price=True))

    assert state_of(click(rig, ada, rig.show(ada), None, "decline")) == "succeeded"


def test_what_an_answer_will_decide_is_told_once_it_is_answered(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    rig.sync()
    pause = chargify("pause", for_days="{{ answer.days }}")
    question = FormField(key="days", label="For how many days?", kind=FieldKind.NUMBER)
    step = a_step(accept=(pause,), form=(question,))
    rig.publish(a_prompt(steps=(step,), show_price=True))
    prompt = rig.show(ada)

    before = price(rig, ada, prompt)
    after = price(rig, ada, prompt, values={"days": "60"})
    odd = asked(rig, ada, prompt["token"], values={"days": "many"})

    assert before["text"] == "Nothing due now"
    assert after["text"].startswith("Nothing due now, then $9.00 on ")
    assert (odd.status_code, odd.json()["field"]) == (422, "values.days")


# Who is told a price


@pytest.mark.parametrize("who", [None, "nobody"])
def test_a_price_is_told_to_customers_who_are_signed_in(rig: Rig, who: str | None) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"), show_price=True)
    token = rig.show(ada)["token"]

    answer = asked(rig, who, token)

    assert answer.status_code == (401 if who is None else 403)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"step": "nowhere"}, 422, "step"),
        ({"button": "decline"}, 422, "button"),
        ({"button": "secondary_accept"}, 422, "button"),
        ({"button": "everything"}, 422, "button"),
        ({"token": "x.y.z"}, 403, "token"),
        ({"values": 7}, 422, "values"),
    ],
)
def test_what_is_wrong_with_a_question_is_told_by_its_field(
    rig: Rig, wrong: JsonObject, status: int, field: str | None
) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"), show_price=True)

    answer = asked(rig, ada, rig.show(ada)["token"], **wrong)

    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.text


def test_a_site_that_does_not_answer_is_asked_again_in_a_moment(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"), show_price=True)
    prompt = rig.show(ada)
    rig.site.chargify.down()

    answer = asked(rig, ada, prompt["token"])
    rig.site.chargify.down(is_down=False)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert price(rig, ada, prompt)["quote"]


def test_asking_changes_nothing_at_the_site(rig: Rig) -> None:
    ada = rig.customer(plan="basic")
    rig.offer(rig.create("pro"), show_price=True)
    before = rig.site.chargify.state()

    price(rig, ada, rig.show(ada))

    assert rig.site.chargify.state() == before
