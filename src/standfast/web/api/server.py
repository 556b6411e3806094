"""Visitors, runs and explanations for the app's own backend."""

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Controller, get, post, put
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody, PathParameter

from standfast.domain.request import DecideRequest
from standfast.services.errors import IdentityRefused
from standfast.services.explain import ExplainPrompts
from standfast.services.get_run import GetRun
from standfast.services.get_visitor import GetVisitor
from standfast.services.identify import Identify
from standfast.services.run_deeds import RunDeeds
from standfast.services.save_visitor import SaveVisitor
from standfast.web.api.views import (
    ExplainBody,
    ExplanationView,
    RunDetail,
    VisitorBody,
    VisitorView,
    explanation_view,
    run_detail,
    visitor_view,
)
from standfast.web.limits import Buckets
from standfast.web.problems import Refusal

Connection = ASGIConnection[Any, Any, Any, Any]
AppId = Annotated[str, PathParameter(description="The app's public id.")]


@dataclass(frozen=True)
class ServerApi:
    """What the routes below are served by."""

    identify: Identify
    save_visitor: SaveVisitor
    get_visitor: GetVisitor
    get_run: GetRun
    run_deeds: RunDeeds
    explain: ExplainPrompts
    buckets: Buckets


def admit_server(connection: Connection, _handler: BaseRouteHandler) -> None:
    """The key must be the app's own. Another app's key and an unknown app look the same."""
    api: ServerApi = connection.app.state.server_api
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Refusal(401, "Send the app's API key as a Bearer token.")
    try:
        app_id = api.identify.identify_server(key.strip())
    except IdentityRefused as error:
        raise Refusal(401, "The API key was not accepted.") from error
    if app_id != connection.path_params["app"]:
        raise Refusal(404, "There is no such app for this API key.", field="app")
    api.buckets.take(app_id)


class AppRoutes(Controller):
    """One app, for its own backend."""

    path = "/api/v1/apps/{app:str}"
    guards = [admit_server]  # noqa: RUF012 - the framework wants a plain list here
    tags = ["Server API"]  # noqa: RUF012

    @put("/visitors/{user_id:str}", sync_to_thread=True, summary="Save a visitor")
    def save_visitor(
        self,
        api: NamedDependency[ServerApi],
        app: AppId,
        user_id: FromPath[str],
        data: JSONBody[VisitorBody],
    ) -> VisitorView:
        row = api.save_visitor.save(
            app, user_id, data.traits, is_suppressed=data.is_suppressed, is_test=data.is_test
        )
        return visitor_view(row)

    @get("/visitors/{user_id:str}", sync_to_thread=True, summary="Get a visitor")
    def get_visitor(
        self, api: NamedDependency[ServerApi], app: AppId, user_id: FromPath[str]
    ) -> VisitorView:
        return visitor_view(api.get_visitor.get(app, user_id))

    @get("/runs/{run_id:str}", sync_to_thread=True, summary="Get a run with its attempts")
    def get_run(
        self, api: NamedDependency[ServerApi], app: AppId, run_id: FromPath[str]
    ) -> RunDetail:
        return run_detail(api.get_run.get(app, run_id))

    @post(
        "/explain",
        sync_to_thread=True,
        status_code=200,
        summary="Explain every gate of every prompt",
    )
    def explain(
        self, api: NamedDependency[ServerApi], app: AppId, data: JSONBody[ExplainBody]
    ) -> ExplanationView:
        request = DecideRequest(
            page=data.page, device=data.device, language=data.language, time_zone=data.time_zone
        )
        return explanation_view(api.explain.explain(app, data.user_id, request))
