"""The framework's half of the web: everything that is not the tag's hot path."""

import math
import re
from typing import Any, cast

import structlog
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from standfast.services.errors import ServiceRefused
from standfast.web.api.run_deeds import RunDeedRoutes
from standfast.web.api.server import AppRoutes, ServerApi
from standfast.web.console.console import Console
from standfast.web.console.failures import tell_http
from standfast.web.console.routes import console_routers
from standfast.web.problems import MEDIA_TYPE, Problem, Refusal, encode, problem, problem_of

MOST_BYTES = 64 * 1024

_log = structlog.get_logger()

_UNKNOWN = re.compile(r"(?:unknown|required) field `([^`]*)`$")

AnyRequest = Request[Any, Any, Any]


def build_app(server_api: ServerApi, console: Console) -> Litestar:
    def provide_api() -> ServerApi:
        return server_api

    return Litestar(
        route_handlers=[AppRoutes, RunDeedRoutes, *console_routers()],
        dependencies={"api": Provide(provide_api, sync_to_thread=False)},
        state=State({"server_api": server_api, "console": console}),
        exception_handlers={
            Refusal: _tell_own,
            ServiceRefused: _tell_own,
            HTTPException: _tell_http,
            Exception: _tell_own,
        },
        request_max_body_size=MOST_BYTES,
        openapi_config=OpenAPIConfig(
            title="Standfast server API",
            version="1",
            description="For an app's own backend. Authenticate with an API key of the app.",
            components=Components(
                security_schemes={"api_key": SecurityScheme(type="http", scheme="bearer")}
            ),
            security=[{"api_key": []}],
            path="/api/v1",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            use_handler_docstrings=True,
        ),
        logging_config=None,
        debug=False,
    )


def _tell_own(request: AnyRequest, error: Exception) -> Response[bytes]:
    if not isinstance(error, Refusal | ServiceRefused):
        _log.error("request.failed", path=_route(request), exc_info=error)
    headers: dict[str, str] = {}
    if isinstance(error, Refusal) and error.retry_after is not None:
        headers["retry-after"] = str(math.ceil(error.retry_after))
    return _response(problem_of(error), headers)


def _tell_http(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    if "text/html" in request.headers.get("accept", ""):
        return tell_http(request, error)  # a person with a browser
    if isinstance(error, ValidationException):
        return _response(_invalid(error), {})
    return _response(problem(error.status_code, error.detail), dict(error.headers or {}))


def _invalid(error: ValidationException) -> Problem:
    """The first complaint, with its place in the body."""
    extra = cast("list[dict[str, Any]]", error.extra if isinstance(error.extra, list) else [])
    found = extra[0] if extra else {}
    is_told = "message" in found
    detail = str(found["message"]) if is_told else "The body is not valid JSON of this shape."
    unknown = _UNKNOWN.search(detail)
    field = unknown[1] if unknown else found.get("key")
    return problem(422 if is_told else 400, detail, field=field)


def _response(told: Problem, headers: dict[str, str]) -> Response[bytes]:
    return Response(encode(told), status_code=told.status, media_type=MEDIA_TYPE, headers=headers)


def _route(request: AnyRequest) -> str:
    """Without the ids in the path: a user id is personal."""
    scope: dict[str, Any] = {**request.scope}
    return str(scope.get("path_template", "unknown"))
