"""Whatever Chargify refuses (chargify-api.md, 3.9 to 3.15) is told in words that people can use.

The visitor reads what became of the click; the operator what Chargify said and what to do. The
simulator gives the documented answer to the one write, everything else is real. The words stand
in `what_refusals_say.py`.
"""

import html
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import a_prompt
from connectors.chargify.refusals import CASES, PORTAL, PORTAL_REFUSALS, Case
from connectors.chargify.stages import WRITES
from console.rig import CHEAP, Visitor
from journeys.billing_site import BillingSite, Customer, billing_site
from journeys.rig import MovingClock, Rig, chargify, open_shop, served, standing_house, working
from journeys.what_refusals_say import (
    NOTHING_CHANGED,
    SAID,
    TO_DO,
    WAIT_FOR_THEM,
    WAITS,
)
from standfast.contract.actions import RefusalReason, Succeeded
from standfast.domain.prompt import ResultTexts
from standfast.domain.roles import Role
from standfast.services.one_time_links import OneTimeLinks
from standfast.services.passwords import Passwords
from standfast.services.permissions import SYSTEM
from standfast.services.sign_in import SignIn

PARAMETERS: dict[str, dict[str, str]] = {
    "create_subscription": {"plan": "pro"},
    "cancel_subscription": {"when": "now"},
    "add_coupon": {"coupon": "STACK7", "when_present": "stack"},
    "switch_plan": {"plan": "pro", "when": "now"},
    "pause": {"for_days": "20"},
    "extend_trial": {"days": "10"},
    "remove_coupon": {"coupon": "STACK5"},
}
OTHER_PARAMETERS: dict[str, dict[str, str]] = {
    "cancel_subscription": {"when": "end_of_period"},
    "switch_plan": {"plan": "pro", "when": "at_renewal"},
}
"""For the actions that are written in another way too."""
CASE = {case.id: case for case in CASES}
PORTAL_LINKS = "https://acme.billingportal.com/"
BANK = "https://acme.chargify.com/3d-secure/"


@dataclass
class Told:
    """The prompts by action and way, the customers by case; `operator` reads the console."""

    rig: Rig
    operator: Visitor
    prompts: dict[tuple[str, bool], str] = field(default_factory=dict[tuple[str, bool], str])
    customers: dict[str, Customer] = field(default_factory=dict[str, Customer])

    def offer(self, action: str, wanted: dict[str, str], *, is_other: bool) -> None:
        plan = {"plan": self.rig.site.plans[wanted["plan"]]} if "plan" in wanted else {}
        prompt = a_prompt(chargify(action, **wanted | plan))
        name = f"{action} otherwise" if is_other else action
        self.prompts[action, is_other] = self.rig.publish(prompt, name)

    def accept_offer(self, who: Customer, case: Case) -> dict[str, Any]:
        return self.accept(who, self.prompts[case.action, case.is_other])

    def accept(self, who: Customer, prompt_id: str) -> dict[str, Any]:
        """The answer to a click on this prompt of those that are shown."""
        identity = self.rig.shop.identity(who)
        shown = self.rig.shop.decide(identity)["prompts"]
        (prompt,) = [one for one in shown if one["prompt"] == prompt_id]
        return self.rig.shop.click(identity, prompt)

    def verdict(self, result: dict[str, Any]) -> list[str]:
        """The paragraphs that an operator finds on top of the run's page."""
        path = f"/apps/{self.rig.shop.app}/runs/{result['runs'][0]['id']}"
        page = self.operator.get(path).text.partition('<section class="verdict')[2]
        paragraphs = re.findall(r"<p[^>]*>(.*?)</p>", page.partition("<dl")[0], re.DOTALL)
        return [html.unescape(re.sub(r"<[^>]+>", "", one)).strip() for one in paragraphs]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    clock = MovingClock()
    with ExitStack() as stack:
        site = stack.enter_context(billing_site())
        data = tmp_path_factory.mktemp("refusals") / "data"
        house = stack.enter_context(standing_house(data, site, clock))
        stack.enter_context(working(house))
        client = stack.enter_context(served(house))
        rig = Rig(house, site, open_shop(house, client, clock), clock)
        told = Told(rig, signed_in(rig))
        stack.callback(Visitor.close_all)
        add_plan_with_a_trial(site)
        told.customers |= {case.id: a_customer(site, case) for case in CASES}
        rig.sync()
        for action in WRITES:
            told.offer(action, PARAMETERS.get(action, {}), is_other=False)
        for action, wanted in OTHER_PARAMETERS.items():
            told.offer(action, wanted, is_other=True)
        yield told


def signed_in(rig: Rig) -> Visitor:
    """An app administrator."""
    house, passwords = rig.house, Passwords(CHEAP)
    links = OneTimeLinks(house.database, passwords, house.clock)
    token = links.invite(SYSTEM, rig.shop.app, Role.APP_ADMIN)
    person = links.sign_up(
        token, name="Olga", login="olga@acme.io", password="a calm river at dawn"
    )
    session = SignIn(house.database, passwords, house.clock).begin(person, browser="A test")
    return Visitor(str(rig.shop.client.base_url), session)


def add_plan_with_a_trial(site: BillingSite) -> None:
    trial = {"name": "Try", "handle": "try", "price_in_cents": 900, "interval": 1}
    trial |= {"interval_unit": "month", "trial_price_in_cents": 0, "trial_interval": 14}
    product = {**trial, "trial_interval_unit": "day", "require_credit_card": True}
    site.post(f"/product_families/{site.families['boards']}/products.json", product=product)


def a_customer(site: BillingSite, case: Case) -> Customer:
    """Somebody for whom the action could be done, if Chargify would."""
    plans = {"create_subscription": None, "extend_trial": "try"}
    who = site.add_customer(case.id.replace("_", "-"), plan=plans.get(case.action, "basic"))
    match case.action:
        case "remove_coupon":
            site.put_coupon_on(who, "STACK5")
        case "reactivate":
            site.cancel(who)
        case "undo_cancellation":
            site.post(f"/subscriptions/{who.subscription}/delayed_cancel.json")
        case "undo_plan_change":
            later = {"product_handle": "pro", "product_change_delayed": True}
            path = f"/subscriptions/{who.subscription}.json"
            site.client.put(path, json={"subscription": later}).raise_for_status()
        case "resume":
            end = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
            hold = {"automatically_resume_at": f"{end}T00:00:00Z"}
            site.post(f"/subscriptions/{who.subscription}/hold.json", hold=hold)
        case "retry_payment":
            site.chargify.force(who.subscription, state="past_due", balance_in_cents=900)
        case _:
            pass
    return who


def will_say(site: BillingSite, call: tuple[str, str], status: int, body: object) -> None:
    """The documented answer, to the next such call."""
    site.chargify.fault(
        *call, "status", status=status, body=json.dumps(body), content_type="application/json"
    )


def refuse(site: BillingSite, case: Case) -> None:
    will_say(site, case.write, case.status, case.body)


each_case = pytest.mark.parametrize("case", CASES, ids=[one.id for one in CASES])


@each_case
def test_a_refusal_is_read_by_visitor_and_operator(told: Told, case: Case) -> None:
    who = told.customers[case.id]
    before = told.rig.site.subscriptions(who)
    refuse(told.rig.site, case)

    result = told.accept_offer(who, case)

    said = SAID[case.id]
    assert result["message"] == said.visitor
    if case.expected is Succeeded:
        assert (result["state"], result["link"]) == ("succeeded", None)
        assert told.verdict(result) == ["Done", said.operator]
    elif isinstance(case.expected, RefusalReason):
        advice = f"What to do: {TO_DO[case.expected]}"
        assert (result["state"], result["link"]) == ("refused", None)
        assert told.verdict(result) == ["Refused", said.operator, NOTHING_CHANGED, advice]
    else:
        advice = f"What to do: {WAIT_FOR_THEM}"
        is_of_the_bank = "3-D Secure" in said.operator
        assert result["state"] == "needs_visitor"
        assert result["link"].startswith(BANK if is_of_the_bank else PORTAL_LINKS)
        assert told.verdict(result) == ["Waiting for customer", WAITS, said.operator, advice]
    assert told.rig.site.subscriptions(who) == before


@pytest.mark.parametrize("said", PORTAL_REFUSALS.values(), ids=PORTAL_REFUSALS.keys())
def test_without_a_portal_both_read_the_same_and_no_link_is_shown(
    told: Told, said: tuple[int, object], request: pytest.FixtureRequest
) -> None:
    case, site = CASE["no_method_on_file"], told.rig.site
    who = site.add_customer(f"portal-{request.node.callspec.id.replace('_', '-')}")
    told.rig.sync()
    refuse(site, case)
    will_say(site, PORTAL, *said)

    result = told.accept_offer(who, case)

    words = SAID[case.id]
    assert (result["state"], result["link"]) == ("needs_visitor", None)
    assert result["message"] == words.visitor
    assert told.verdict(result) == [
        "Waiting for customer", WAITS, words.operator, f"What to do: {WAIT_FOR_THEM}"
    ]  # fmt: skip


def test_an_author_s_own_words_are_all_that_the_visitor_reads(told: Told) -> None:
    rig = told.rig
    who = rig.site.add_customer("bob", plan="basic")
    rig.sync()
    own = ResultTexts(refused="Sorry! Write to us.", fallback_link="https://acme.io/help")
    action = chargify("add_coupon", **PARAMETERS["add_coupon"])
    prompt_id = rig.publish(a_prompt(action, texts=own), "Own words")
    refuse(rig.site, CASE["archived"])

    result = told.accept(who, prompt_id)

    assert (result["message"], result["link"]) == ("Sorry! Write to us.", "https://acme.io/help")


def test_of_two_changes_of_which_none_was_made_the_first_one_says_why(told: Told) -> None:
    rig = told.rig
    who = rig.site.add_customer("cleo", plan="basic")
    rig.sync()
    first = chargify("add_coupon", **PARAMETERS["add_coupon"])
    prompt_id = rig.publish(a_prompt(first, chargify("cancel_subscription", when="now")), "Two")
    refuse(rig.site, CASE["archived"])

    result = told.accept(who, prompt_id)

    assert [run["state"] for run in result["runs"]] == ["refused", "cancelled"]
    assert result["message"] == SAID["archived"].visitor


def test_no_visitor_reads_the_vendor_s_words() -> None:
    read = " ".join(said.visitor for said in SAID.values())

    assert not re.search(r"chargify|coupon|product|422|error|invalid", read, re.IGNORECASE)


def test_every_refusal_has_its_words() -> None:
    assert SAID.keys() == CASE.keys()
