"""The product, a billing site and a customer's page; the browser comes from tests/browser.py."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from playwright.sync_api import Locator, Page
from sqlalchemy import select

from builders import a_prompt, a_step
from journeys.billing_site import GOOD, BillingSite, Customer, billing_site
from journeys.rig import QUICK, MovingClock, Rig, open_shop, served, standing_house, working
from standfast.config import Durations
from standfast.domain.prompt import AttachedAction, Button, ButtonBody, PromptBody
from standfast.store.schema import interactions
from standfast.web.tag_files import TagFiles
from tag.host_page import HostPage, served_page


@dataclass
class Scene:
    """`host` is the customer's page, `page` the browser's; `rig` everything behind."""

    rig: Rig
    host: HostPage
    page: Page

    def customer(self, *, plan: str | None = "basic", card: str | None = GOOD) -> Customer:
        """Signed in on the page from now on."""
        who = self.rig.customer(plan=plan, card=card)
        self.host.token = lambda: self.rig.shop.identity(who)
        return who

    def offer(self, *actions: AttachedAction, **changes: Any) -> str:
        """A live prompt with these on its accept button."""
        self.rig.sync()
        return self.rig.publish(offer(*actions, **changes))

    def visit(self, path: str = "/") -> None:
        self.page.goto(self.host.url + path)

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def status(self) -> Locator:
        return self.page.get_by_role("status")

    def button(self, name: str) -> Locator:
        return self.dialog.get_by_role("button", name=name, exact=True)

    def told(self, what: str) -> list[dict[str, Any]]:
        """What the page heard of by standfast("on", …)."""
        return self.page.evaluate(
            "what => told.filter(one => one[0] === what).map(one => one[1])", what
        )

    def stored(self) -> list[str]:
        """The kinds of all interactions, in order."""
        with self.rig.house.database.reading() as reader:
            query = select(interactions.c.kind).order_by(interactions.c.received_at)
            return [str(one) for one in reader.connection.execute(query).scalars()]


def offer(*actions: AttachedAction, second: str = "", **changes: Any) -> PromptBody:
    """A prompt as an author would write it; title and message go to its step."""
    own: dict[str, Any] = {key: changes.pop(key) for key in ("title", "message") if key in changes}
    step = a_step(accept=actions, **own)
    if second:
        buttons = {**step.buttons, Button.SECONDARY_ACCEPT: ButtonBody(second)}
        step = msgspec.structs.replace(step, buttons=buttons)
    return a_prompt(steps=(step,), **changes)


@pytest.fixture(autouse=True, scope="module")
def silence() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture
def durations() -> Durations:
    return QUICK


@pytest.fixture
def site() -> Iterator[BillingSite]:
    with billing_site() as site:
        yield site


@pytest.fixture
def rig(tmp_path: Path, site: BillingSite, durations: Durations) -> Iterator[Rig]:
    clock = MovingClock()
    with ExitStack() as stack:
        house = stack.enter_context(
            standing_house(tmp_path / "data", site, clock, durations=durations)
        )
        stack.enter_context(working(house))
        client = stack.enter_context(served(house))
        rig = Rig(house, site, open_shop(house, client, clock), clock)
        rig.connect()
        yield rig


@pytest.fixture
def scene(rig: Rig, page: Page) -> Iterator[Scene]:
    standfast = str(rig.shop.client.base_url).rstrip("/")
    host = HostPage(standfast, rig.shop.app, token=lambda: rig.shop.identity("nobody"))
    with served_page(host) as host:
        rig.house.manage_app.change_domains(rig.shop.app, (host.url,))
        yield Scene(rig, host, page)


@dataclass
class PreviewPage:
    """A page that draws prompts without any network of ours, as the console's frame does."""

    url: str

    def visit(self, page: Page) -> None:
        page.goto(self.url)

    def show(self, page: Page, preview: dict[str, Any]) -> None:
        page.evaluate("one => standfastPreview.show(one)", preview)


@pytest.fixture(scope="module")
def previews() -> Iterator[PreviewPage]:
    """The built file itself, from the page's own origin."""
    files = TagFiles()
    built = files.find(files.preview_path)
    assert built is not None
    host = HostPage("http://127.0.0.1:9", "app", token=str, tags=0, script=built.plain.decode())
    host.pages["/editor"] = (
        '<!doctype html><html lang="en"><title>Editor</title><link rel="icon" href="/icon">'
        "<main><h1>Prompt</h1><label>Title <input></label>"
        '<iframe src="/" title="Preview" width="700" height="600"></iframe></main></html>'
    )
    with served_page(host) as host:
        yield PreviewPage(host.url)
