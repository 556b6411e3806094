"""Undo, run again, findings and incidents as Chromium draws them, with and without script."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import NARROW, WIDE, axe, overflow, shoot
from console.billing_rig import a_billed_house
from console.run_scenes import Scenes
from standfast.domain.action_run import RunState

SIZES = {"wide": WIDE, "narrow": NARROW}


@dataclass
class Queue:
    """Runs by what an operator may do about them."""

    scenes: Scenes
    runs: dict[str, str]

    def url(self, rest: str) -> str:
        return f"{self.scenes.stage.url}/apps/{self.scenes.billed.app}{rest}"

    def pages(self) -> dict[str, str]:
        runs = self.runs
        return {
            **{f"run-{name}": self.url(f"/runs/{run}") for name, run in runs.items()},
            "undo-asked": self.url(f"/runs/{runs['done']}/undo"),
            "again-asked": self.url(f"/runs/{runs['refused']}/again"),
            "runs-needed": self.url("/runs?state=needs_operator"),
            "runs-incidents": self.url("/runs?incident=open"),
            "runs-undone": self.url("/runs"),
            "overview-needed": self.url(""),
            "audit-runs": self.url("/audit?what=run"),
        }


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queue]:
    with a_billed_house(tmp_path_factory.mktemp("queue") / "data") as stage:
        scenes = Scenes.open(stage)
        runs = {
            "doubtful": scenes.doubtful(),
            "overcharged": scenes.overcharged(),
            "refused": scenes.refused(),
            "done": scenes.cancelled(),
            "undone": scenes.cancelled(),
        }
        deeds = stage.house.run_deeds
        deeds.undo.undo(scenes.billed.app, runs["undone"], reason="They called: it was a mistake.")
        scenes.billed.work()
        runs["undo"] = scenes.child(runs["undone"]).id
        yield Queue(scenes, runs)


def enter(page: Page, queue: Queue) -> None:
    token = queue.scenes.stage.visitor().token or ""
    url = queue.scenes.stage.url
    page.context.add_cookies([{"name": "standfast-session", "value": token, "url": url}])


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
class TestEveryPage:
    @pytest.fixture
    def page_options(self, size: str, theme: str) -> dict[str, Any]:
        return {**SIZES[size], "color_scheme": theme, "bypass_csp": True}

    def test_it_fits_its_window_and_axe_finds_nothing(
        self, page: Page, queue: Queue, size: str, theme: str
    ) -> None:
        enter(page, queue)
        trouble: dict[str, object] = {}
        for name, url in queue.pages().items():
            page.goto(url)
            shoot(page, f"console/{name}-{theme}-{size}")
            found = axe(page), overflow(page)
            if found != ([], 0):
                trouble[name] = found

        assert trouble == {}


def test_a_change_is_undone_with_the_keyboard_alone(page: Page, queue: Queue) -> None:
    enter(page, queue)
    run = queue.scenes.cancelled()
    page.goto(queue.url(f"/runs/{run}"))
    page.get_by_role("link", name="Undo…").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Reason").focus()
    page.keyboard.type("A slip of the mouse.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Undo pending cancellation")
    queue.scenes.billed.work()

    expect(page.locator(".verdict-title")).to_have_text("Done")
    page.get_by_role("link", name="an earlier run").click()
    expect(page.get_by_text("by Ada King because “A slip of the mouse.”")).to_be_visible()


def test_the_views_of_the_list_follow_its_filters(page: Page, queue: Queue) -> None:
    enter(page, queue)
    page.goto(queue.url("/runs"))
    views = page.get_by_role("navigation", name="Runs that wait for somebody")
    views.get_by_role("link", name="Needs a person").click()
    expect(views.locator("[aria-current]")).to_contain_text("Needs a person")
    expect(page.get_by_role("row")).to_have_count(2)

    page.get_by_label("State").select_option(label="Refused")

    expect(views.locator("[aria-current]")).to_have_text("All")
    expect(page.get_by_role("row").nth(1)).to_contain_text("Create subscription")


class TestWithoutScript:
    @pytest.fixture
    def page_options(self) -> dict[str, Any]:
        return {**WIDE, "java_script_enabled": False}

    def test_one_records_what_happened_and_closes_an_incident(
        self, page: Page, queue: Queue
    ) -> None:
        doubtful, overcharged = queue.scenes.doubtful(), queue.scenes.overcharged()
        enter(page, queue)
        page.goto(queue.url(f"/runs/{doubtful}"))
        page.get_by_label("It did not happen").check()
        page.get_by_label("How you know").fill("The subscription is active.")
        page.get_by_role("button", name="Record it").click()
        expect(page.get_by_role("link", name="Run again…")).to_be_visible()

        page.goto(queue.url(f"/runs/{overcharged}"))
        page.get_by_label("What was done about it").fill("Paid back.")
        page.get_by_role("button", name="Close the incident").click()

        expect(page.get_by_text("closed the incident")).to_be_visible()
        assert queue.scenes.billed.run(doubtful).state is RunState.FAILED
        assert queue.scenes.billed.run(overcharged).incident == ""
