"""What went wrong, told as a page that says what to do next."""

from typing import Any, cast
from urllib.parse import quote

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from standfast.services.errors import NotFound, NotNow, ServiceRefused
from standfast.services.permissions import Forbidden
from standfast.web.console.console import Console
from standfast.web.console.door import NotMeant, NotSignedIn
from standfast.web.console.visit import Visit
from standfast.web.problems import Refusal

AnyRequest = Request[Any, Any, Any]

_log = structlog.get_logger()


def tell_not_signed_in(request: AnyRequest, _error: NotSignedIn) -> Response[bytes]:
    """To the sign-in page, and back here afterwards when that changes nothing."""
    visit = _visit(request)
    back = request.url.path if request.method == "GET" else ""
    if request.url.query and back:
        back = f"{back}?{request.url.query}"
    path = f"/sign-in?next={quote(back, safe='')}" if back not in {"", "/"} else "/sign-in"
    return visit.go(path)


def tell_not_meant(request: AnyRequest, _error: NotMeant) -> Response[bytes]:
    return _told(
        request,
        403,
        "Please send that again",
        "The page was open for too long, or in another session. Nothing was changed. Go back, "
        "reload the page and try again.",
    )


def tell_refused(request: AnyRequest, error: ServiceRefused) -> Response[bytes]:
    match error:
        case Forbidden():
            return _told(
                request,
                403,
                "Your role does not allow this",
                "Ask an administrator of the app or of the company to do it, or to change your "
                "role.",
            )
        case NotFound():
            return _told(request, 404, "Nothing is here", str(error))
        case NotNow():
            return _told(request, 409, "Not possible now", str(error))
        case _:
            return _told(request, 422, "That did not work", str(error))


def tell_http(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    if error.status_code == 404:
        return _told(request, 404, "Nothing is here", "The address is mistyped or out of date.")
    return _told(request, error.status_code, "That did not work", error.detail)


def tell_limit(request: AnyRequest, error: Refusal) -> Response[bytes]:
    return _told(request, error.status, "That did not work", error.detail)


def tell_failure(request: AnyRequest, error: Exception) -> Response[bytes]:
    scope = cast("dict[str, Any]", request.scope)
    _log.error("page.failed", path=str(scope.get("path_template", "")), exc_info=error)
    title = "Something went wrong on our side"
    text = "It has been logged. Try again; if it stays, the server's log says why."
    try:
        return _told(request, 500, title, text)
    except Exception:  # noqa: BLE001 - the page itself cannot be drawn
        _log.exception("page.failed", path="the page about a failure")
        return Response(f"{title}. {text}".encode(), status_code=500, media_type="text/plain")


def _told(request: AnyRequest, status: int, title: str, text: str) -> Response[bytes]:
    visit = _visit(request)
    answer = visit.page("errors/told.html", status=status, title=title, text=text)
    if visit.is_part:
        answer.headers["hx-retarget"] = "#content"
        answer.headers["hx-reswap"] = "innerHTML"
    return answer


def _visit(request: AnyRequest) -> Visit:
    """As far as the door got; a page about a failure must not fail itself."""
    found = cast("dict[str, Any]", request.scope).get("visit")
    if isinstance(found, Visit):
        return found
    console: Console = request.app.state.console
    visit = Visit(console, request)
    visit.is_new_guest = False
    return visit
