"""Chromium for every test that needs a browser: what a page complains of fails the test.

Fixtures: `page` (one page of a fresh context), `complaints` (what may be complained of) and
`page_options` (override it: size, scheme, language). Functions: `axe`, `overflow`, `shoot`.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "screenshots"
AXE = ROOT / "node_modules/axe-core/axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

# Nothing but loopback is reached, and Chromium does not try.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
NARROW = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
WIDE = {"viewport": {"width": 1440, "height": 900}}


def chromium_path() -> str:
    """The system's Chromium, or STANDFAST_CHROMIUM."""
    named = os.environ.get("STANDFAST_CHROMIUM")
    found = named or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.fail(
            "Chromium is missing: apt-get install chromium, or name it in STANDFAST_CHROMIUM"
        )
    return found


@dataclass
class Complaints:
    """Errors on the console and errors that nobody caught, of every page of a context."""

    heard: list[str] = field(default_factory=list[str])
    allowed: list[str] = field(default_factory=list[str])

    def allow(self, pattern: str) -> None:
        """Trouble that this test makes on purpose: Chromium reports failed requests by itself."""
        self.allowed.append(pattern)

    def listen(self, context: BrowserContext) -> None:
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.heard.append(f"uncaught: {error.error}"))

    def unexpected(self) -> list[str]:
        return [
            one
            for one in self.heard
            if not any(re.search(pattern, one) for pattern in self.allowed)
        ]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.heard.append(f"{message.text} ({message.location.get('url', '')})")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for each file: Playwright's loop must not outlive the tests that want it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page_options() -> dict[str, Any]:
    return WIDE


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def page(chromium: Browser, page_options: dict[str, Any], complaints: Complaints) -> Iterator[Page]:
    """Fails its test when any page of the context complained."""
    context = chromium.new_context(**page_options)
    context.set_default_timeout(10_000)
    complaints.listen(context)
    yield context.new_page()
    context.close()
    assert complaints.unexpected() == []


def axe(page: Page) -> list[str]:
    """What axe-core finds wrong, one line each: the rule and where."""
    page.evaluate(_axe_source())
    found = page.evaluate(
        """async (rules) => (await axe.run(document, {runOnly: rules})).violations.map(
            one => one.id + ": " + one.nodes.map(at => at.target.flat().join(" ")).join(", "))""",
        list(RULES),
    )
    return [str(one) for one in found]


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def shoot(page: Page, name: str) -> Path:
    """A picture in screenshots/, which is not committed."""
    path = PICTURES / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, animations="disabled")
    return path


@cache
def _axe_source() -> str:
    if not AXE.exists():
        pytest.fail("axe-core is missing: ./run assets installs it")
    return AXE.read_text(encoding="utf-8")
