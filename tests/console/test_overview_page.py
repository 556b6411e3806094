"""Where one lands: what needs somebody, the first steps, the chart, the last runs."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from console.billing_rig import BilledApp, BilledHouse, a_billed_house
from console.rig import Visitor, somebody
from journeys.rig import coupon
from standfast.domain.interaction import Kind
from standfast.domain.roles import Role
from standfast.services.read_overview import Overview, Tally
from standfast.web.console.overview_chart import Bar, chart_of, nice_top, share


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 2), (2, 2), (3, 4), (7, 8), (35, 40), (100, 100), (101, 200)]
)
def test_the_axis_ends_at_a_round_number(highest: int, top: int) -> None:
    assert nice_top(highest) == top


def test_accepts_and_refusals_are_drawn_within_what_was_shown() -> None:
    first = date(2026, 3, 1)
    days = [(first + timedelta(days=n), Tally()) for n in range(30)]
    days[29] = (days[29][0], Tally(impressions=8, accepts=2, refused=1))

    chart = chart_of(Overview((), tuple(days), Tally(), {}))

    # Of 8, the end of the axis: 2 are a quarter, 1 an eighth upon it.
    bars = (Bar("shown", 0, 100), Bar("accepted", 0, 25), Bar("refused", 25, 12.5))
    assert chart.columns[29].bars == bars
    assert chart.columns[0].bars == ()
    assert chart.ticks == (8, 4, 0)
    assert [one.label for one in chart.columns if one.label] == [
        "2 Mar", "9 Mar", "16 Mar", "23 Mar", "30 Mar",
    ]  # fmt: skip


def test_a_share_of_nothing_is_a_dash() -> None:
    assert (share(1, 8), share(0, 0)) == ("12.5 %", "–")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BilledHouse]:
    with a_billed_house(tmp_path_factory.mktemp("overview") / "data") as stage:
        yield stage


@pytest.fixture
def billed(stage: BilledHouse) -> BilledApp:
    return stage.open()


@pytest.fixture
def ada(stage: BilledHouse) -> Visitor:
    return stage.visitor()


def seen(visitor: Visitor, billed: BilledApp) -> str:
    return visitor.get(f"/apps/{billed.app}").text


def done(page: str) -> list[bool]:
    """Of the first three steps, which are ticked."""
    return ["done" in found for found in re.findall(r'<li class="(task[^"]*)"', page)]


def test_the_start_page_leads_to_an_apps_overview(ada: Visitor, billed: BilledApp) -> None:
    answer = ada.get("/")

    assert answer.status_code == 303
    assert "<h1>Overview" in ada.get(answer.headers["location"]).text


def test_an_empty_app_teaches_the_first_three_steps_and_ticks_them(
    ada: Visitor, billed: BilledApp
) -> None:
    assert done(seen(ada, billed)) == [False, False, False]

    billed.connect()
    assert done(seen(ada, billed)) == [True, False, False]

    body = f'{{"app": "{billed.app}", "anonymous_id": "a1", "page": "/"}}'
    ada.client.post("/v1/decide", content=body, headers={"origin": "https://acme.io"})
    assert done(seen(ada, billed)) == [True, True, False]

    billed.sync()
    billed.publish("Offer", coupon("TEN"))
    assert done(seen(ada, billed)) == []


def test_prompts_are_counted_with_their_rates(ada: Visitor, billed: BilledApp) -> None:
    billed.connect()
    billed.sync()
    prompt = billed.publish("Loyalty", coupon("TEN"))
    refusal = {"reason": "other", "message": ""}
    for n in range(8):
        billed.happened(prompt, Kind.IMPRESSION, f"u{n}")
    billed.happened(prompt, Kind.ACCEPT, "u1")
    billed.happened(prompt, Kind.ACCEPT, "u2", refusal=refusal)
    billed.happened(prompt, Kind.DECLINE, "u3")

    page = seen(ada, billed)

    # One accept of eight; the refused one is told apart.
    assert "shown 8, accepted 1, refused 1" in page
    assert page.count("12.5 %") >= 2
    assert "Loyalty" in page
    assert "Monday, 2 March" in page


def test_what_needs_attention_stands_first_with_the_way_to_it(
    ada: Visitor, billed: BilledApp
) -> None:
    billed.connect()
    billed.house.configure_connection.switch(billed.app, "chargify", is_active=False)

    page = seen(ada, billed)

    assert "Chargify is switched off" in page
    assert f'href="/apps/{billed.app}/settings/connectors/chargify"' in page


def test_the_last_runs_stand_there_without_people_for_who_may_only_read(
    ada: Visitor, stage: BilledHouse, billed: BilledApp
) -> None:
    who = stage.site.add_customer("quentin", plan="basic")
    billed.connect()
    billed.sync()
    prompt = billed.publish("Offer", coupon("TEN"))
    (run,) = billed.click(prompt, who, ("add_coupon", {"coupon": "TEN"}))
    billed.work()
    reader = stage.visitor(somebody(stage.house, billed.app, Role.READ_ONLY))

    mine, theirs = seen(ada, billed), seen(reader, billed)

    assert f"/runs/{run}" in mine
    assert "quentin" in mine
    assert "Add coupon code" in theirs
    assert run not in theirs
    assert "quentin" not in theirs
    assert "/settings/" not in theirs
