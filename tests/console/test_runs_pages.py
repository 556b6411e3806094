"""The list of runs, and the story of one from the click to the bill."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from console.billing_rig import BilledApp, BilledHouse, a_billed_house
from console.rig import Visitor, somebody
from journeys.billing_site import DECLINED
from journeys.rig import cancel, coupon
from standfast.contract.actions import RefusalReason
from standfast.domain.action_run import RunState
from standfast.domain.roles import Role
from standfast.store.schema import action_attempts
from standfast.web.console.runs_words import REMEDIES, STATES

LOST = "/subscriptions/*/delayed_cancel.json"


@dataclass
class Told:
    """An app in which something happened: the runs by what became of them."""

    stage: BilledHouse
    billed: BilledApp
    ada: Visitor
    runs: dict[str, str]
    prompts: dict[str, str]

    def path(self, rest: str = "") -> str:
        return f"/apps/{self.billed.app}/runs{rest}"

    def list(self, query: str = "") -> str:
        return self.ada.get(self.path(query)).text

    def story(self, name: str) -> str:
        return self.ada.get(self.path(f"/{self.runs[name]}")).text


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with a_billed_house(tmp_path_factory.mktemp("runs") / "data") as stage:
        billed = stage.open()
        billed.connect()
        site = stage.site
        kim, lea = site.add_customer("kim", plan="pro"), site.add_customer("lea", plan="basic")
        jo = site.add_customer("jo", card=DECLINED)
        iris = site.add_customer("iris", card=None)
        max_ = site.add_customer("max", plan="basic")
        billed.sync()
        leaving = billed.publish("Leaving", cancel("end_of_period", reason_code="CH1"))
        offer = billed.publish("Offer", coupon("STAY30"))
        runs: dict[str, str] = {}

        def clicked(name: str, prompt: str, who, *actions) -> None:
            for position, run in enumerate(billed.click(prompt, who, *actions)):
                runs[f"{name}{position or ''}"] = run
            billed.work()
            billed.clock.advance(10)
            billed.work()
            billed.clock.advance(3_600)

        asked = {"when": "end_of_period", "reason_code": "CH1"}
        site.chargify.fault("POST", LOST, "cut_after", times=1)
        clicked("lost", leaving, kim, ("cancel_subscription", asked))
        subscribe = ("create_subscription", {"plan": site.plans["pro"]})
        clicked("declined", offer, jo, subscribe, ("add_coupon", {"coupon": "TEN"}))
        clicked("cardless", offer, iris, subscribe)
        site.chargify.fault("POST", "/subscriptions/*/add_coupon.json", "status", status=401)
        clicked("keyless", offer, max_, ("add_coupon", {"coupon": "STAY30"}))
        runs["fresh"] = billed.click(offer, lea, ("add_coupon", {"coupon": "STAY30"}))[0]
        prompts = {"leaving": leaving, "offer": offer}
        yield Told(stage, billed, stage.visitor(), runs, prompts)


def rows(page: str) -> list[str]:
    """The user ids of the list, in order."""
    return re.findall(r'<span class="breakable">([^<]*)</span>', page)


def moments(page: str) -> list[str]:
    return re.findall(r'<span class="moment-title">([^<]*)</span>', page)


def states(page: str) -> list[str]:
    """The states the run came into, in order."""
    return re.findall(r'<p class="turns">.*?</svg>([^<]*)</span>', page)


def test_every_run_is_listed_newest_first_with_its_state_in_plain_words(told: Told) -> None:
    page = told.list()

    assert rows(page) == ["lea", "max", "iris", "jo", "jo", "kim"]
    for word in ("Accepted", "Trying again", "Waiting for customer", "Refused", "Cancelled"):
        assert word in page
    assert "Test mode" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?state=succeeded", ["kim"]),
        ("?action=add_coupon&state=accepted", ["lea"]),
        ("?visitor=jo", ["jo", "jo"]),
        ("?since=2026-03-02&until=2026-03-02&visitor=kim", ["kim"]),
        ("?since=2026-03-03", []),
        ("?since=yesterday&state=nonsense&before=many&visitor=kim", ["kim"]),
    ],
)
def test_the_address_holds_the_filters(told: Told, query: str, found: list[str]) -> None:
    page = told.list(query)

    assert rows(page) == found
    assert ("No run fits these filters" in page) == (not found)


def test_the_runs_of_a_prompt_are_found_by_it(told: Told) -> None:
    assert rows(told.list(f"?prompt={told.prompts['leaving']}")) == ["kim"]


def test_older_runs_stand_on_the_next_page(told: Told) -> None:
    other = told.stage.open()
    other.connect()
    other.sync()
    prompt = other.publish("Offer", coupon("TEN"))
    who = told.stage.site.add_customer("zoe")
    for _ in range(52):
        other.click(prompt, who, ("add_coupon", {"coupon": "TEN"}))
    first = told.ada.get(f"/apps/{other.app}/runs?visitor=zoe").text
    older = re.search(r'href="([^"]*)" rel="next"', first)
    assert older

    second = told.ada.get(older[1].replace("&amp;", "&")).text

    assert (len(rows(first)), len(rows(second))) == (50, 2)
    assert "visitor=zoe" in older[1]
    assert "Newest" in second


def test_who_may_only_read_sees_no_people_and_no_story(told: Told) -> None:
    person = somebody(told.stage.house, told.billed.app, Role.READ_ONLY)
    reader = told.stage.visitor(person)

    page = reader.get(told.path("?visitor=kim")).text

    assert page.count("Cancel subscription") >= 1
    assert not re.search(r"\b(kim|lea|jo|iris|max)\b", page)
    assert told.runs["lost"] not in page
    assert reader.get(told.path(f"/{told.runs['lost']}")).status_code == 403


def test_a_lost_answer_is_told_with_what_was_looked_up(told: Told) -> None:
    page = told.story("lost")

    assert moments(page) == [
        "The customer clicked “Yes, please”",
        "Asked Chargify",
        "No answer that can be trusted",
        "Looked it up at Chargify: it was done",
    ]
    assert states(page) == ["Accepted", "Checking", "Done"]
    assert "delayed_cancel.json" in page
    assert "Journal intact." in page
    assert "hx-trigger" not in page


def test_what_was_asked_is_told_by_name_and_what_was_shown_word_for_word(told: Told) -> None:
    page = told.story("lost")

    assert "Too dear (CH1)" in page
    assert "At the end of the period" in page
    assert '<p class="screen-title">Leaving</p>' in page
    assert "from the signed visitor token" in page
    assert "$29.00 a month" in told.story("declined")


def test_a_refusal_says_why_and_what_to_do_and_shows_the_answer(told: Told) -> None:
    page = told.story("declined")

    assert "Once the customer has given another payment method, run it again." in page
    assert "Chargify said no" in page
    assert '<span class="faint">Status</span> <b>422</b>' in page
    assert "Request id" in page
    assert "uniqueness_token" in page


def test_a_later_step_of_the_click_says_that_it_was_not_tried(told: Told) -> None:
    page = told.story("declined1")

    assert "Not tried" in moments(page)
    assert told.runs["declined"] in page


def test_a_run_under_way_says_why_and_when_it_goes_on_and_is_fetched_anew(told: Told) -> None:
    page = told.story("keyless")

    assert "Nothing happened yet" in moments(page)
    assert "It did not accept the API key." in page
    assert "Goes on" in page
    assert 'hx-trigger="every 2s"' in page


def test_who_must_give_a_card_is_waited_for(told: Told) -> None:
    page = told.story("cardless")

    assert "The customer must act first" in moments(page)
    assert "Waiting for customer" in page


def test_a_journal_that_was_changed_is_told(told: Told) -> None:
    run = told.runs["fresh"]
    with told.stage.house.database.writing() as transaction:
        transaction.connection.execute(
            action_attempts.update()
            .where(action_attempts.c.run_id == run)
            .values(body={"action": "something else"})
        )

    page = told.story("fresh")

    assert "The journal was changed" in page
    assert "Journal intact." not in page


def test_a_run_of_another_app_is_not_there(told: Told) -> None:
    other = told.stage.open()

    assert told.ada.get(f"/apps/{other.app}/runs/{told.runs['lost']}").status_code == 404
    assert "No customer has clicked yet" in told.ada.get(f"/apps/{other.app}/runs").text


def test_every_state_and_every_reason_has_words() -> None:
    assert set(STATES) == set(RunState)
    assert set(REMEDIES) == set(RefusalReason)
