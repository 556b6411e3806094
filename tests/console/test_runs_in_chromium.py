"""Connectors, catalogue, runs and overview with something on them, as Chromium draws them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import NARROW, WIDE, axe, overflow, shoot
from console.billing_rig import BilledApp, BilledHouse, a_billed_house
from journeys.billing_site import DECLINED, KEY
from journeys.rig import cancel, coupon
from standfast.domain.interaction import Kind

SIZES = {"wide": WIDE, "narrow": NARROW}
DAYS = 30


@dataclass
class Lived:
    """An app in which something happened; `runs` by what became of them."""

    stage: BilledHouse
    billed: BilledApp
    runs: dict[str, str] = field(default_factory=dict)

    def url(self, rest: str = "", app: str = "") -> str:
        return f"{self.stage.url}/apps/{app or self.billed.app}{rest}"

    def pages(self) -> dict[str, str]:
        fresh = self.stage.open().app
        connector = "/settings/connectors/chargify"
        return {
            "overview": self.url(),
            "overview-fresh": self.url(app=fresh),
            "runs": self.url("/runs"),
            "runs-nothing-fits": self.url("/runs?state=failed"),
            "runs-fresh": self.url("/runs", fresh),
            **{f"run-{name}": self.url(f"/runs/{run}") for name, run in self.runs.items()},
            "connectors": self.url("/settings/connectors"),
            "connectors-fresh": self.url("/settings/connectors", fresh),
            "connector": self.url(connector),
            "connector-fresh": self.url(connector, fresh),
            "catalogue-plans": self.url("/catalogue"),
            "catalogue-coupons": self.url("/catalogue?kind=coupon"),
            "catalogue-reasons": self.url("/catalogue?kind=reason_code"),
            "catalogue-fresh": self.url("/catalogue", fresh),
        }


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with a_billed_house(tmp_path_factory.mktemp("looks") / "data") as stage:
        billed = stage.open()
        billed.connect()
        site = stage.site
        customers = {name: site.add_customer(name, plan="pro") for name in ("kim", "lea", "max")}
        jo = site.add_customer("jo", card=DECLINED)
        billed.sync()
        leaving = billed.publish("Leaving", cancel("end_of_period", reason_code="CH1"))
        offer = billed.publish("Stay for 30 % less", coupon("STAY30"))
        lived = Lived(stage, billed)
        past(billed, leaving, offer)
        later = ("cancel_subscription", {"when": "end_of_period", "reason_code": "CH1"})
        stay = ("add_coupon", {"coupon": "STAY30"})
        path = "/subscriptions/*/delayed_cancel.json"
        site.chargify.fault("POST", path, "cut_after", times=1)
        (lived.runs["looked-up"],) = billed.click(leaving, customers["kim"], later)
        subscribe = ("create_subscription", {"plan": site.plans["pro"]})
        lived.runs["refused"], _ = billed.click(offer, jo, subscribe, stay)
        billed.work()
        billed.clock.advance(10)
        billed.work()
        site.retire_coupon("STAY30")
        billed.house.sync_connections.request(billed.connect().id)
        billed.sync()
        (lived.runs["waiting"],) = billed.click(leaving, customers["lea"], later)
        yield lived


def past(billed: BilledApp, *prompts: str) -> None:
    """Thirty days of visitors."""
    now = billed.clock.now()
    for day in range(DAYS):
        at = now - timedelta(days=DAYS - 1 - day)
        for place, prompt in enumerate(prompts):
            for n in range(6 + day % 7 - 2 * place):
                kind = (Kind.IMPRESSION, Kind.IMPRESSION, Kind.ACCEPT, Kind.DECLINE)[n % 4]
                billed.happened(prompt, kind, f"u{n}", received_at=at)


def enter(page: Page, lived: Lived) -> None:
    token = lived.stage.visitor().token or ""
    page.context.add_cookies(
        [{"name": "standfast-session", "value": token, "url": lived.stage.url}]
    )


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
class TestEveryPage:
    @pytest.fixture
    def page_options(self, size: str, theme: str) -> dict[str, Any]:
        return {**SIZES[size], "color_scheme": theme, "bypass_csp": True}

    def test_it_fits_its_window_and_axe_finds_nothing(
        self, page: Page, lived: Lived, size: str, theme: str
    ) -> None:
        enter(page, lived)
        trouble: dict[str, object] = {}
        for name, url in lived.pages().items():
            page.goto(url)
            for closed in page.locator("details.wire, details.disclosure").all():
                closed.evaluate("one => one.open = true")
            shoot(page, f"console/{name}-{theme}-{size}")
            found = axe(page), overflow(page)
            if found != ([], 0):
                trouble[name] = found

        assert trouble == {}


def test_a_run_under_way_tells_its_end_by_itself_and_keeps_open_what_was_opened(
    page: Page, lived: Lived
) -> None:
    enter(page, lived)
    customer = lived.stage.site.add_customer("nia", plan="pro")
    prompt = lived.billed.publish("Ten off", coupon("TEN"))
    path = "/subscriptions/*/add_coupon.json"
    lived.stage.site.chargify.fault("POST", path, "status", status=401, times=1)
    (run,) = lived.billed.click(prompt, customer, ("add_coupon", {"coupon": "TEN"}))
    lived.billed.work()
    page.goto(lived.url(f"/runs/{run}"))
    expect(page.locator("h1")).to_contain_text("Trying again")
    page.locator("details.wire").first.click()

    lived.billed.clock.advance(60)
    lived.billed.work()

    expect(page.locator(".verdict-title")).to_have_text("Done")
    expect(page.locator("h1")).to_contain_text("Done")
    expect(page.locator("details.wire").first).to_have_attribute("open", "")
    assert page.locator("#story").get_attribute("hx-get") is None


def test_the_list_filters_itself_as_one_chooses(page: Page, lived: Lived) -> None:
    enter(page, lived)
    page.goto(lived.url("/runs"))

    page.get_by_label("State").select_option(label="Refused")

    expect(page.get_by_role("row")).to_have_count(2)
    assert "state=refused" in page.url


def test_a_day_of_the_chart_tells_its_numbers(page: Page, lived: Lived) -> None:
    enter(page, lived)
    page.goto(lived.url())

    page.locator(".column").last.hover()

    expect(page.locator(".column").last.locator(".tip")).to_be_visible()
    expect(page.locator(".column").last.locator(".tip")).to_contain_text("Monday, 2 March")


def test_chargify_is_connected_by_hand(page: Page, lived: Lived, complaints: Any) -> None:
    complaints.allow("422")
    enter(page, lived)
    fresh = lived.stage.open()
    page.goto(lived.url("/settings/connectors", fresh.app))
    page.get_by_role("link", name="Connect Chargify").click()
    page.get_by_label("API key").fill("not-the-key")
    page.get_by_label("Domain").fill(lived.stage.site.host)
    page.get_by_role("button", name="Test and connect").click()
    expect(page.get_by_label("API key")).to_have_accessible_description(
        "Chargify does not accept this key. Keys are per site: take one of this site. "
        "From Chargify: Config > Integrations > API Keys. One key per site."
    )

    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Test and connect").click()

    expect(page.get_by_text("Connected to Acme (simulated).")).to_be_visible()
    expect(page.get_by_text("About to begin").first).to_be_visible()
    fresh.sync()
    expect(page.get_by_text("Up to date")).to_have_count(2)
    expect(page.locator("h1")).to_contain_text("Test mode")


class TestWithoutScript:
    @pytest.fixture
    def page_options(self) -> dict[str, Any]:
        return {**WIDE, "java_script_enabled": False}

    def test_one_switches_off_and_asks_for_a_sync(self, page: Page, lived: Lived) -> None:
        enter(page, lived)
        fresh = lived.stage.open()
        fresh.connect()
        fresh.sync()
        page.goto(lived.url("/settings/connectors/chargify", fresh.app))
        page.get_by_role("button", name="Sync now").click()
        expect(page.get_by_text("About to begin").first).to_be_visible()

        page.get_by_role("button", name="Switch off").click()
        page.get_by_role("dialog").get_by_role("button", name="Switch off").click()

        row = fresh.connection()
        assert row is not None
        assert not row.is_active
