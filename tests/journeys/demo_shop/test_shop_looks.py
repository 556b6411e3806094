"""The shop's pages and prompts under a strict policy: legible, in bounds, for everybody."""

from typing import Any

import pytest
from playwright.sync_api import expect

from browser import NARROW, WIDE, axe, overflow, shoot
from journeys.demo_shop.stage import CARD

pytestmark = pytest.mark.slow


PAGES = {
    "boards": ("Carl", "/"),
    "pricing": ("Carl", "/pricing"),
    "account": ("Carl", "/account"),
    "account_staff": ("Sam", "/account"),
    "account_new": ("Nora", "/account"),
    "card": ("Nico", CARD),
    "missing": ("Carl", "/nowhere"),
}
PROMPTS = {
    "upgrade": ("Nora", "/pricing"),
    "loyalty": ("Ben", "/account"),
    "cancel": ("Paula", "/account"),
}


@pytest.fixture(params=[("wide", "light"), ("wide", "dark"), ("narrow", "light"),
                        ("narrow", "dark")], ids="-".join)  # fmt: skip
def looked(request: pytest.FixtureRequest) -> str:
    return "-".join(request.param)


@pytest.fixture
def page_options(looked: str) -> dict[str, Any]:
    size, scheme = looked.split("-")
    return {**(WIDE if size == "wide" else NARROW), "color_scheme": scheme}


def test_pages_are_in_order(customer, looked, complaints) -> None:
    complaints.allow("404.*/nowhere")
    found: dict[str, Any] = {}
    customer.page.goto(customer.demo.shop)
    found["welcome"] = _examined(customer, f"shop_welcome_{looked}")
    for name, (person, path) in PAGES.items():
        customer.page.context.clear_cookies()
        customer.sign_in(person, path)
        found[name] = _examined(customer, f"shop_{name}_{looked}")
    customer.go("/account")
    customer.page.locator("summary").click()
    found["menu"] = _examined(customer, f"shop_menu_{looked}")

    assert found == dict.fromkeys(found, ([], 0))


def test_prompts_are_in_order(customer, looked) -> None:
    found: dict[str, Any] = {}
    for name, (person, path) in PROMPTS.items():
        customer.page.context.clear_cookies()
        customer.sign_in(person, path)
        if name == "cancel":
            customer.page.get_by_role("button", name="Cancel plan").click()
        expect(customer.dialog).to_be_visible()
        found[name] = _examined(customer, f"shop_prompt_{name}_{looked}")

    assert found == dict.fromkeys(found, ([], 0))


def test_the_policy_is_strict(demo, page) -> None:
    answer = page.context.request.get(demo.shop)

    standfast = demo.address("Console").split("/welcome")[0]
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; script-src 'self' {standfast}; connect-src 'self' {standfast}; "
        "style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def _examined(customer, name: str) -> tuple[list[str], int]:
    """axe itself is put into the page by the browser, past the policy."""
    shoot(customer.page, name)
    return axe(customer.page), overflow(customer.page)
