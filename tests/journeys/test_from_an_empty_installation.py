"""By hand in the console, from an empty installation to a coupon on a customer's bill."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.sync_api import Page, expect

from browser import Complaints
from cli.conftest import Terminal
from journeys.billing_site import KEY, BillingSite, Customer, billing_site
from tag.host_page import HostPage, served_page


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path / "data")
    yield terminal
    while terminal.servers:
        terminal.stop()


@pytest.fixture
def site() -> Iterator[BillingSite]:
    with billing_site() as site:
        yield site


def test_a_loyalty_prompt_built_by_hand_puts_a_coupon_on_a_bill(
    page: Page, terminal: Terminal, site: BillingSite, complaints: Complaints
) -> None:
    complaints.allow("422")  # the wrong key, told at its field
    kim = site.add_customer("kim", plan="basic")
    url, welcome = _served(terminal, site)

    _come_in(page, welcome)
    app = _app(page)
    _connect(page, f"{url}/apps/{app}", site)
    kid, secret = _make_identity_key(page, f"{url}/apps/{app}")
    with served_page(HostPage(url, app, lambda: _token(app, kid, secret, kim))) as host:
        _admit(page, f"{url}/apps/{app}", host.url)
        _build_the_prompt(page, f"{url}/apps/{app}")
        page.goto(host.url + "/")
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Take the offer").click()
        expect(page.get_by_role("status")).to_contain_text("Your next bill will be lower.")

    assert site.subscription(kim)["coupon_codes"] == ["STAY30"]
    page.goto(f"{url}/apps/{app}/runs")
    page.get_by_role("link", name="Add coupon code").first.click()
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    expect(page.get_by_text("Journal intact.")).to_be_visible()


def _served(terminal: Terminal, site: BillingSite) -> tuple[str, str]:
    """The address of `standfast serve` on an empty folder, and the link it prints."""
    url = terminal.serve(STANDFAST_SIMULATOR_HOSTS=site.host)
    output = terminal.servers[-1].stdout
    assert output is not None
    found = re.search(r"http://\S+/welcome/\S+", output.readline())
    assert found is not None
    return url, found[0]


def _come_in(page: Page, welcome: str) -> None:
    page.goto(welcome)
    page.get_by_label("Your name").fill("Ada King")
    page.get_by_label("E-mail address").fill("ada@acme.io")
    page.get_by_label("Password", exact=True).fill("a long and quiet river")
    page.get_by_role("button", name="Create account").click()


def _app(page: Page) -> str:
    page.wait_for_url(re.compile(r"/apps/app_[0-9a-z]+"))
    found = re.search(r"/apps/(app_[0-9a-z]+)", page.url)
    assert found is not None
    return found[1]


def _connect(page: Page, app: str, site: BillingSite) -> None:
    page.goto(f"{app}/settings/connectors/chargify")
    page.get_by_label("API key").fill("a-wrong-key")
    page.get_by_label("Domain").fill(site.host)
    page.get_by_role("button", name="Test and connect").click()
    expect(page.get_by_label("API key")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Test and connect").click()
    expect(page.get_by_text("Test mode").first).to_be_visible()
    page.goto(f"{app}/catalogue?kind=coupon")
    for _ in range(40):
        if page.get_by_text("STAY30").count():
            return
        page.wait_for_timeout(250)
        page.reload()
    raise AssertionError("the catalogue was not synced")


def _make_identity_key(page: Page, app: str) -> tuple[str, str]:
    page.goto(f"{app}/settings/keys")
    page.get_by_role("button", name="Create identity key").click()
    shown = [one.inner_text() for one in page.locator(".once code").all()]
    kid = next(one for one in shown if one.startswith("idk_"))
    return kid, next(one for one in shown if one != kid)


def _admit(page: Page, app: str, origin: str) -> None:
    page.goto(f"{app}/settings")
    page.get_by_label("Domains").fill(origin)
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_label("Domains")).to_have_value(origin)


def _build_the_prompt(page: Page, app: str) -> None:
    page.goto(f"{app}/prompts/new?from=loyalty")
    page.locator('[name="triggers.pages[0].path"]').fill("/")
    coupon = page.get_by_role("combobox", name="Coupon", exact=True)
    coupon.fill("stay30")
    coupon.press("Enter")
    expect(page.locator(".action-told")).to_contain_text("STAY30")
    page.get_by_text("Start…", exact=True).click()
    page.get_by_role("button", name="Save and start").click()
    expect(page.get_by_text("Live", exact=True).first).to_be_visible()


def _token(app: str, kid: str, secret: str, who: Customer) -> str:
    now = int(time.time())
    claims = {"aud": app, "sub": who.user, "iat": now, "exp": now + 600}
    header = {"alg": "HS256", "kid": kid}
    signed = {**claims, "chargify_id": str(who.id)}
    return jwt.encode(header, signed, OctKey.import_key(secret))
