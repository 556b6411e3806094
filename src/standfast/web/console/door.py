"""Everybody passes here: who are you, did you mean it, may you?"""

import asyncio
import hmac
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from standfast.domain.roles import Permission
from standfast.services.errors import NotFound
from standfast.services.permissions import allow
from standfast.store.apps import AppRow
from standfast.web.console.console import Console
from standfast.web.console.cookies import csrf_token, new_guest, token_in
from standfast.web.console.form import Form
from standfast.web.console.visit import Visit

Connection = ASGIConnection[Any, Any, Any, Any]
SAFE_METHODS = frozenset({"GET", "HEAD"})
CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"


class NotSignedIn(Exception):
    """There is no session, or it is over."""


class NotMeant(Exception):
    """The form did not come from one of our pages, or from one of an older session."""


@dataclass(frozen=True)
class Need:
    """What a route asks for: nothing, a session, or a session with a permission."""

    session: bool
    permission: Permission | None = None


def open_to_all() -> dict[str, Need]:
    """For `opt=`: anybody may come, signed in or not."""
    return {"need": Need(session=False)}


def signed_in() -> dict[str, Need]:
    """For `opt=`: every operator may come."""
    return {"need": Need(session=True)}


def needs(permission: Permission) -> dict[str, Need]:
    """For `opt=`: in the app of the path or, when it names none, in the company."""
    return {"need": Need(session=True, permission=permission)}


async def admit(connection: Connection, handler: BaseRouteHandler) -> None:
    """A Litestar guard. Leaves the `Visit` for the handler, or raises."""
    request = cast("Request[Any, Any, Any]", connection)
    console: Console = request.app.state.console
    visit = await asyncio.to_thread(_recognise, console, request)
    cast("dict[str, Any]", request.scope)["visit"] = visit
    if request.method not in SAFE_METHODS:
        visit.form = Form(await request.form())
        _must_be_meant(visit)
    need: Need = handler.opt["need"]
    if need.session and visit.recognised is None:
        raise NotSignedIn
    if need.session:
        _must_be_allowed(visit, need)


def provide_visit(request: Request[Any, Any, Any]) -> Visit:
    scope = cast("dict[str, Any]", request.scope)
    return cast("Visit", scope["visit"])


def _recognise(console: Console, request: Request[Any, Any, Any]) -> Visit:
    visit = Visit(console, request)
    token = token_in(request.cookies, visit.cookies.session)
    visit.recognised = console.sign_in.recognise(token) if token else None
    if visit.recognised and token:
        visit.key = token
        visit.apps = console.company.apps(visit.recognised.actor)
    else:
        visit.key = token_in(request.cookies, visit.cookies.guest) or ""
        visit.is_new_guest = not visit.key
        visit.key = visit.key or new_guest()
    visit.company_name = console.company.name()
    return visit


def _must_be_allowed(visit: Visit, need: Need) -> None:
    app_id = visit.request.path_params.get("app")
    if app_id is not None:
        visit.app = _app(visit, app_id)
    if need.permission is not None:
        allow(visit.actor, need.permission, app_id)


def _app(visit: Visit, app_id: str) -> AppRow:
    """An app one has no role in looks like one that is not there."""
    found = next((app for app in visit.apps if app.id == app_id), None)
    if found is None:
        raise NotFound("There is no such app.", field="app")
    return found


def _must_be_meant(visit: Visit) -> None:
    """The Origin is ours, and the form carries this session's token."""
    if not _is_ours(visit):
        raise NotMeant
    given = visit.request.headers.get(CSRF_HEADER) or visit.form.text(CSRF_FIELD)
    if not hmac.compare_digest(given.encode(), csrf_token(visit.key).encode()):
        raise NotMeant


def _is_ours(visit: Visit) -> bool:
    """Browsers send the Origin with every POST. A proxy may have changed the Host."""
    origin = visit.request.headers.get("origin", "")
    if origin == visit.console.url:
        return True
    parts = urlsplit(origin)
    return parts.scheme in {"http", "https"} and parts.netloc == visit.request.headers.get("host")
