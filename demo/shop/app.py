"""The shop's pages and its back end, as one ASGI application."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from demo.people import BY_KEY, PEOPLE, Person
from demo.settings import ShopSettings
from demo.shop.billing import Account, Billing
from demo.shop.http import (
    HTML,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    go,
    plain,
    read_request,
    send_response,
)
from demo.shop.signing import COOKIE, Sessions, visitor_token

HERE = Path(__file__).parent
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
CACHE = {"cache-control": "no-cache"}

Page = Callable[[Request, Person], Awaitable[Response]]

_log = logging.getLogger("shop")


class Shop:
    """Every page but the first needs a session; every POST must come from a page of ours."""

    def __init__(self, settings: ShopSettings) -> None:
        self._settings = settings
        self._sessions = Sessions(settings.cookie_secret)
        self._billing = Billing(settings.vendor_url, settings.vendor_key)
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
        )
        self._guarding = {
            "content-security-policy": policy(settings.standfast_url),
            "referrer-policy": "strict-origin-when-cross-origin",
            "x-content-type-options": "nosniff",
        }
        self._pages: dict[tuple[str, str], Page] = {
            ("GET", "/"): self._boards,
            ("GET", "/pricing"): self._pricing,
            ("GET", "/account"): self._account,
            ("GET", "/account/plan"): self._plan,
            ("GET", "/account/card"): self._card,
            ("POST", "/account/card"): self._add_card,
            ("GET", "/standfast-token"): self._token,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        request = await read_request(scope, receive)
        try:
            response = await self._answer(request)
        except httpx2.HTTPError as error:
            _log.warning("billing is not there: %s", error)
            response = self._page("trouble.html", self._person(request), status=502)
        await send_response(send, response, self._guarding)

    async def _answer(self, request: Request) -> Response:
        if request.method == "POST" and request.headers.get("origin") != self._settings.url:
            return plain("This form is not ours.", 403)
        if request.method == "GET" and request.path.startswith("/static/"):
            return _static(request.path.removeprefix("/static/"))
        if (request.method, request.path) == ("POST", "/session"):
            return self._sign_in(request)
        person = self._person(request)
        page = self._pages.get((request.method, request.path))
        if page is None:
            return self._page("missing.html", person, status=404)
        if person is not None:
            return await page(request, person)
        if request.path == "/":
            return self._page("welcome.html", None)
        return plain("Sign in first.", 401) if request.path == "/standfast-token" else go("/")

    def _person(self, request: Request) -> Person | None:
        return self._sessions.person(request.cookie(COOKIE))

    def _sign_in(self, request: Request) -> Response:
        """As one of the six, or as nobody any more; back to the page one was on."""
        person = BY_KEY.get(request.form.get("person", ""))
        back = request.form.get("back", "/")
        known = {"/", "/pricing", "/account"}
        path = back if person and back in known else "/"
        return go(path, **{"set-cookie": self._sessions.cookie(person)})

    async def _boards(self, _request: Request, person: Person) -> Response:
        return self._page("boards.html", person, at="/")

    async def _pricing(self, _request: Request, person: Person) -> Response:
        offers, account = await asyncio.gather(self._billing.offers(), self._account_of(person))
        current = account.current if account else None
        mine = current.handle if current and current.tone != "off" else None
        return self._page("pricing.html", person, at="/pricing", offers=offers, mine=mine)

    async def _account(self, _request: Request, person: Person) -> Response:
        account = await self._account_of(person)
        return self._page("account.html", person, at="/account", account=account)

    async def _plan(self, _request: Request, person: Person) -> Response:
        """The part of the account page that a change is seen in."""
        account = await self._account_of(person)
        return self._page("plan.html", person, account=account)

    async def _card(self, _request: Request, person: Person) -> Response:
        account = await self._account_of(person)
        return self._page("card.html", person, at="/account", account=account)

    async def _add_card(self, _request: Request, person: Person) -> Response:
        customer = self._settings.customers.get(person.key)
        if customer is not None:
            await self._billing.add_card(customer, person)
        return go("/account/card")

    async def _token(self, _request: Request, person: Person) -> Response:
        """Who is signed in, signed for Standfast. The secret stays here."""
        customer = self._settings.customers.get(person.key)
        return plain(visitor_token(self._settings.app, person, customer))

    async def _account_of(self, person: Person) -> Account | None:
        customer = self._settings.customers.get(person.key)
        return None if customer is None else await self._billing.account(customer)

    def _page(
        self, name: str, person: Person | None, *, status: int = 200, at: str = "", **more: object
    ) -> Response:
        text = self._templates.get_template(name).render(
            person=person,
            people=PEOPLE,
            at=at,
            standfast=self._settings.standfast_url,
            app=self._settings.app.app_id,
            **more,
        )
        return Response(text.encode(), status, HTML, {"cache-control": "no-store"})


def policy(standfast: str) -> str:
    """Nothing but the shop's own files and Standfast; no inline script, no inline style."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {standfast}",
            f"connect-src 'self' {standfast}",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _static(name: str) -> Response:
    path = HERE / "static" / name
    if "/" in name or path.suffix not in KINDS or not path.is_file():
        return plain("There is no such file.", 404)
    return Response(path.read_bytes(), 200, f"{KINDS[path.suffix]}; charset=utf-8", dict(CACHE))


async def _live(receive: Receive, send: Send) -> None:
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
