"""The kill switch as a person pulls it: asked first, with the number, by keyboard too."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import NARROW, WIDE, axe, overflow, shoot
from builders import a_prompt
from console.billing_rig import BilledApp, BilledHouse, a_billed_house
from console.test_prompts_in_chromium import enter
from journeys.rig import coupon
from standfast.domain.action_run import RunState
from standfast.domain.interaction import Kind
from standfast.domain.limits import Counter, Reservation, Scope
from standfast.domain.prompt import Budget, Limits
from standfast.services.reserve_limits import reserve

SIZES = {"wide": WIDE, "narrow": NARROW}
LIMITS = Limits(total=1_500, per_day=100, once_per_tag="spring", budget=Budget(500_000))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BilledHouse]:
    with a_billed_house(tmp_path_factory.mktemp("stop") / "data") as stage:
        yield stage


def a_live_prompt(stage: BilledHouse, user: str) -> tuple[BilledApp, str, str]:
    """The app, a prompt of which a part is used up, and a run that waits."""
    billed = stage.open()
    billed.connect()
    billed.sync()
    publishing = billed.house.publish_prompt
    saved = publishing.save_draft(
        billed.app, name="Loyalty", body=a_prompt(coupon("STAY30"), limits=LIMITS)
    )
    publishing.start(billed.app, saved.id, by="olga")
    taken = (
        Reservation(Counter(Scope.ACCEPTS, saved.id), 1_240, 1_500),
        Reservation(Counter(Scope.ACCEPTS_A_DAY, saved.id, "2026-03-02"), 87, 100),
        Reservation(Counter(Scope.BUDGET, saved.id), 123_400, 500_000, "USD"),
    )
    deed = billed.happened(saved.id, Kind.ACCEPT)
    with billed.house.database.writing() as transaction:
        assert reserve(transaction, billed.app, deed, taken) is None
    customer = stage.site.add_customer(user, plan="pro")
    [run] = billed.click(saved.id, customer, ("add_coupon", {"coupon": "STAY30"}))
    return billed, saved.id, run


@pytest.mark.parametrize(("size", "theme"), [("wide", "light"), ("narrow", "dark")])
class TestStopping:
    @pytest.fixture
    def page_options(self, size: str, theme: str) -> dict[str, Any]:
        return {**SIZES[size], "color_scheme": theme, "bypass_csp": True}

    def test_it_asks_first_tells_the_number_and_stops(
        self, page: Page, stage: BilledHouse, size: str, theme: str
    ) -> None:
        billed, prompt, run = a_live_prompt(stage, f"kim-{size}-{theme}")
        enter(page, stage)
        page.goto(f"{stage.url}/apps/{billed.app}/prompts/{prompt}")
        expect(page.get_by_text("87 of 100 used")).to_be_visible()
        page.get_by_role("button", name="Stop now").first.focus()
        page.keyboard.press("Enter")
        asking = page.get_by_role("dialog", name="Stop this prompt now?")
        expect(asking).to_contain_text("1 change that nothing was sent of is cancelled.")
        shoot(page, f"console/prompt-stop-{theme}-{size}")
        assert (axe(page), max(overflow(page), 0)) == ([], 0)

        asking.get_by_label("Reason").fill("The coupon is wrong.")
        page.keyboard.press("Enter")

        expect(page.get_by_text("The prompt is stopped.")).to_be_visible()
        assert billed.run(run).state is RunState.CANCELLED
        shoot(page, f"console/prompt-stopped-{theme}-{size}")
