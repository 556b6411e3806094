"""The console in Chromium: nothing overflows, nothing complains, and it works without script."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from browser import NARROW, WIDE, axe, overflow, shoot
from clocks import FrozenClock
from console.access import ACCESS
from console.rig import PASSWORD, Person, a_house, served, signed_in, somebody, the_first
from standfast.bootstrap import House
from standfast.domain.roles import Role

SIZES = {"wide": WIDE, "narrow": NARROW}


@pytest.fixture
def live(tmp_path, clock: FrozenClock) -> Iterator[tuple[House, str]]:
    """Served at its own address, as a browser needs it."""
    with a_house(tmp_path / "data", clock) as house, served(house) as url:
        yield house, url


def enter(page: Page, house: House, url: str, person: Person) -> None:
    token = signed_in(house, url, person).token
    page.context.add_cookies([{"name": "standfast-session", "value": token or "", "url": url}])


@pytest.fixture
def lived_in(live: tuple[House, str], clock: FrozenClock) -> tuple[House, str, str, Person]:
    """Something stands on every page."""
    house, url = live
    app = house.manage_app.create("Acme shop", domains=("https://acme.io",)).id
    ada = the_first(house)
    for role in (Role.APP_ADMIN, Role.APP_MEMBER, Role.READ_ONLY):
        somebody(house, app, role, name=f"Bea {role.value}")
    visitor = signed_in(house, url, ada)
    keys = f"/apps/{app}/settings/keys"
    visitor.post(f"/apps/{app}/settings", name="Acme", domains="acme.io", time_zone="Asia/Tokyo")
    visitor.post(f"{keys}/api", label="backend")
    visitor.post(f"{keys}/identity", algorithm="HS256")
    visitor.post(f"/apps/{app}/team/invitations", note="cy@acme.io", role="app_member")
    body = f'{{"app": "{app}", "anonymous_id": "a1", "page": "/"}}'
    for origin in ("https://acme.io", "https://staging.acme.io"):
        visitor.client.post("/v1/decide", content=body, headers={"origin": origin})
    return house, url, app, ada


PAGES = sorted(
    route.removeprefix("GET ")
    for route in ACCESS
    if route.startswith("GET") and "{" not in route.replace("{app}", "")
    # A frame inside the editor and files to keep are no pages of their own.
    if not route.endswith(("/preview", "/export", "/proof"))
)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
class TestEveryPage:
    @pytest.fixture
    def page_options(self, size: str, theme: str) -> dict[str, Any]:
        return {**SIZES[size], "color_scheme": theme, "bypass_csp": True}

    def test_it_fits_its_window_and_axe_finds_nothing(
        self, page: Page, lived_in: tuple[House, str, str, Person], size: str, theme: str
    ) -> None:
        house, url, app, ada = lived_in
        trouble: dict[str, object] = {}
        visitor = signed_in(house, url, ada)
        for path in PAGES:
            if visitor.get(path.replace("{app}", app)).status_code == 404:
                continue  # it wants to know more than the app; its own tests look at it
            if path != "/sign-in":
                enter(page, house, url, ada)
            page.goto(url + path.replace("{app}", app))
            name = path.replace("{app}", "app").strip("/").replace("/", "-") or "home"
            shoot(page, f"console/{name}-{theme}-{size}")
            found = axe(page), overflow(page)
            if found != ([], 0):
                trouble[path] = found
            page.context.clear_cookies()

        assert trouble == {}


@pytest.fixture
def scene(page: Page, lived_in: tuple[House, str, str, Person]) -> tuple[Page, str, str]:
    house, url, app, ada = lived_in
    enter(page, house, url, ada)
    return page, url, app


def test_a_dangerous_thing_asks_first_and_escape_means_no(scene: tuple[Page, str, str]) -> None:
    page, url, app = scene
    page.goto(f"{url}/apps/{app}/settings/keys")
    revoke = page.get_by_role("button", name="Revoke", exact=True).first

    revoke.click()
    dialog = page.get_by_role("dialog", name="Revoke “backend”?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(revoke).to_be_focused()

    revoke.click()
    assert page.evaluate("document.querySelector('dialog:modal') !== null")


def test_unsaved_changes_are_told_and_not_lost_by_accident(scene: tuple[Page, str, str]) -> None:
    page, url, app = scene
    page.goto(f"{url}/apps/{app}/settings")
    name = page.get_by_label("Name", exact=True)
    told: list[str] = []

    def stay(dialog: Dialog) -> None:
        told.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)

    name.fill("Something else")
    expect(page.get_by_text("Unsaved changes")).to_be_visible()
    page.get_by_role("link", name="Team").first.click()
    assert told == ["beforeunload"]
    assert page.url.endswith("/settings")

    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    assert told == ["beforeunload"]


def test_the_menu_and_the_keys_lead_to_pages(scene: tuple[Page, str, str]) -> None:
    page, url, app = scene
    page.goto(f"{url}/apps/{app}/settings")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Team", level=1)).to_be_visible()
    page.locator(".sidebar .switcher summary").click()
    expect(page.get_by_role("link", name="apps and people").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="apps and people").first).to_be_hidden()


def test_the_audit_log_filters_itself_as_one_chooses(scene: tuple[Page, str, str]) -> None:
    page, url, app = scene
    page.goto(f"{url}/apps/{app}/audit")

    page.get_by_label("What").select_option("api_key")

    expect(page.get_by_text("Created an API key")).to_be_visible()
    expect(page.get_by_text("Changed app settings")).to_have_count(0)
    assert "what=api_key" in page.url


def test_times_are_told_in_the_zone_of_the_browser(
    chromium: Browser, lived_in: tuple[House, str, str, Person]
) -> None:
    house, url, app, ada = lived_in
    context = chromium.new_context(timezone_id="America/New_York", locale="en-GB")
    page = context.new_page()
    enter(page, house, url, ada)

    page.goto(f"{url}/apps/{app}/audit")

    assert "07:00:00" in (page.locator("time").first.get_attribute("title") or "")
    context.close()


def test_the_theme_is_chosen_in_the_menu_and_stays(scene: tuple[Page, str, str]) -> None:
    page, url, app = scene
    page.goto(f"{url}/apps/{app}/settings")
    page.locator(".sidebar .person summary").click()

    page.locator(".sidebar").get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 16, 20)"


class TestWithoutScript:
    @pytest.fixture
    def page_options(self) -> dict[str, Any]:
        return {**WIDE, "java_script_enabled": False}

    def test_one_signs_in_saves_settings_and_revokes_a_key(
        self, page: Page, lived_in: tuple[House, str, str, Person]
    ) -> None:
        house, url, app, ada = lived_in
        page.goto(f"{url}/apps/{app}/settings")
        page.get_by_label("E-mail address").fill(ada.login)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Name", exact=True).fill("Renamed")
        page.get_by_role("button", name="Save settings").click()
        page.goto(f"{url}/apps/{app}/settings/keys")
        page.get_by_role("button", name="Revoke", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke").click()

        assert [row.name for row in house.manage_app.list()] == ["Renamed"]
        assert [key.revoked_at is None for key in house.manage_app.list_api_keys(app)] == [False]
