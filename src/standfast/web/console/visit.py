"""One request of one browser: who it is, and the ways to answer it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie

from standfast.domain.roles import Permission
from standfast.services.errors import NotFound, ServiceRefused
from standfast.services.permissions import Actor, Forbidden
from standfast.services.sign_in import Recognised
from standfast.services.throttle import TooManyTries
from standfast.store.apps import AppRow
from standfast.web.console.console import Console
from standfast.web.console.cookies import Cookies, Said, Theme, csrf_token, theme_in
from standfast.web.console.form import Form
from standfast.web.console.headers import HEADERS
from standfast.web.console.navigation import Section, sections_for
from standfast.web.console.render import render

HTML = "text/html"
AnyRequest = Request[Any, Any, Any]
Answer = Response[bytes]


@dataclass
class Visit:
    """Handlers take one as `visit: NamedDependency[Visit]`. The door fills it in.

    `key` is the secret the CSRF token and the flash are bound to; `app` is set where the path
    names one; `form` is empty for a GET.
    """

    console: Console
    request: AnyRequest
    recognised: Recognised | None = None
    key: str = field(default="", repr=False)
    is_new_guest: bool = False
    apps: tuple[AppRow, ...] = ()
    app: AppRow | None = None
    company_name: str = ""
    form: Form = field(default_factory=Form, repr=False)

    @property
    def actor(self) -> Actor:
        """Raises when nobody is signed in; the door does not let that happen where it counts."""
        if self.recognised is None:
            raise LookupError("nobody is signed in")
        return self.recognised.actor

    @cached_property
    def cookies(self) -> Cookies:
        return Cookies(self.console.is_secure)

    @property
    def app_row(self) -> AppRow:
        """The app of the path."""
        if self.app is None:
            raise LookupError("the path names no app")
        return self.app

    @property
    def app_id(self) -> str:
        return self.app_row.id

    def app_path(self, rest: str = "") -> str:
        """As in `visit.app_path("/team")`."""
        return f"/apps/{self.app_id}{rest}"

    @property
    def here(self) -> str:
        return self.request.url.path

    @property
    def is_part(self) -> bool:
        """Whether htmx asks, and wants no frame around the answer."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def address(self) -> str:
        client = self.request.client
        forwarded = self.request.headers.get("x-forwarded-for", "")
        return self.console.addresses.of(client.host if client else "", forwarded)

    @property
    def browser(self) -> str:
        return self.request.headers.get("user-agent", "")

    @property
    def base_url(self) -> str:
        """For links to be handed over: the address everybody can reach."""
        return self.console.url

    def asked(self, name: str) -> str:
        """A value of the query string, as the filters send it."""
        return str(self.request.query_params.get(name, "")).strip()

    def asked_page(self) -> int:
        """The page number of a list, from 1."""
        text = self.asked("page")
        return max(int(text), 1) if text.isdecimal() and len(text) < 7 else 1

    def may(self, permission: Permission) -> bool:
        """In the app of the path, else in the company. For what a page shows or leaves out."""
        return self.actor.may(permission, self.app.id if self.app else None)

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        refused: ServiceRefused | None = None,
        cookies: list[Cookie] | None = None,
        **context: Any,
    ) -> Answer:
        """The rendered template. With `refused` the form is shown again, with what is wrong.

        Templates see `visit`, `errors` (by field, "" for the whole form) and `filled(name, …)`.
        """
        if isinstance(refused, Forbidden | NotFound) and status == 200:
            raise refused
        said = self._said()
        body = render(
            template,
            visit=self,
            said=said,
            errors=_errors(refused),
            typed=self.form.shown() if refused else {},
            **context,
        )
        return Response(
            content=body.encode(),
            status_code=_status(refused) if refused and status == 200 else status,
            media_type=HTML,
            headers=HEADERS,
            cookies=[*(cookies or []), *self._own_cookies(is_said=said is not None)],
        )

    def go(
        self,
        path: str,
        *,
        said: str | None = None,
        is_problem: bool = False,
        key: str | None = None,
        cookies: list[Cookie] | None = None,
    ) -> Answer:
        """Elsewhere, with a sentence for the next page. `key` is a session that begins now."""
        sent = list(cookies or [])
        if said:
            sent.append(self.cookies.say(key or self.key, Said(said, is_problem)))
        if self.is_part:
            headers = {**HEADERS, "hx-redirect": path}
            return Response(content=b"", status_code=200, headers=headers, cookies=sent)
        headers = {**HEADERS, "location": path}
        return Response(content=b"", status_code=303, headers=headers, cookies=sent)

    # What the templates ask for.

    @property
    def csrf(self) -> str:
        return csrf_token(self.key)

    @property
    def theme(self) -> Theme:
        return theme_in(self.request.cookies, self.cookies.theme)

    @property
    def zone(self) -> str:
        """Where times are told before the browser knows better."""
        return self.app.time_zone if self.app else "UTC"

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The menu of this app, without what the actor may not see."""
        return sections_for(self.actor, self.app.id, self.here) if self.app else ()

    def _said(self) -> Said | None:
        return None if self.is_part else self.cookies.heard(self.key, self.request.cookies)

    def _own_cookies(self, *, is_said: bool) -> list[Cookie]:
        sent: list[Cookie] = []
        if is_said:
            sent.append(self.cookies.drop(self.cookies.said))
        if self.is_new_guest:
            sent.append(self.cookies.make(self.cookies.guest, self.key))
        return sent


def _errors(refused: ServiceRefused | None) -> Mapping[str, str]:
    return {refused.field or "": str(refused)} if refused else {}


def _status(refused: ServiceRefused) -> int:
    return 429 if isinstance(refused, TooManyTries) else 422
