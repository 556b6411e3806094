"""What an app's own backend may do about runs that have ended; as an administrator of the app."""

from typing import Annotated

import msgspec
from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from standfast.domain.roles import Role
from standfast.services.permissions import Actor
from standfast.services.run_deeds import RunDeeds
from standfast.web.api.server import AppId, ServerApi, admit_server
from standfast.web.api.views import RunDetail, run_detail

Words = Annotated[str, msgspec.Meta(max_length=1_000)]


class ReasonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why; kept in the run's journal and in the audit log."""

    reason: Words


class NoteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: Words


class FindingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`reference` is the subscription's id, wanted where it happened."""

    happened: bool
    note: Words
    reference: str = ""
    charged_in_cents: int | None = None


class RunDeedRoutes(Controller):
    path = "/api/v1/apps/{app:str}/runs/{run_id:str}"
    guards = [admit_server]  # noqa: RUF012 - the framework wants a plain list here
    tags = ["Server API"]  # noqa: RUF012

    @post("/undo", sync_to_thread=True, summary="Take a succeeded run back; the new run")
    def undo(
        self,
        api: NamedDependency[ServerApi],
        app: AppId,
        run_id: FromPath[str],
        data: JSONBody[ReasonBody],
    ) -> RunDetail:
        begun = _deeds(api, app).undo.undo(app, run_id, reason=data.reason)
        return run_detail(api.get_run.get(app, begun.id))

    @post("/again", sync_to_thread=True, summary="Run again what ended badly; the new run")
    def run_again(
        self,
        api: NamedDependency[ServerApi],
        app: AppId,
        run_id: FromPath[str],
        data: JSONBody[ReasonBody],
    ) -> RunDetail:
        begun = _deeds(api, app).again.run_again(app, run_id, reason=data.reason)
        return run_detail(api.get_run.get(app, begun.id))

    @post(
        "/finding",
        sync_to_thread=True,
        status_code=200,
        summary="Record what became of a run that needs a person",
    )
    def record(
        self,
        api: NamedDependency[ServerApi],
        app: AppId,
        run_id: FromPath[str],
        data: JSONBody[FindingBody],
    ) -> RunDetail:
        finding = _deeds(api, app).finding
        if data.happened:
            finding.it_happened(
                app,
                run_id,
                note=data.note,
                reference=data.reference,
                charged_in_cents=data.charged_in_cents,
            )
        else:
            finding.it_did_not_happen(app, run_id, note=data.note)
        return run_detail(api.get_run.get(app, run_id))

    @post(
        "/look-up",
        sync_to_thread=True,
        status_code=200,
        summary="Look a run that needs a person up once more",
    )
    def look_up(
        self, api: NamedDependency[ServerApi], app: AppId, run_id: FromPath[str]
    ) -> RunDetail:
        _deeds(api, app).finding.look_up_again(app, run_id)
        return run_detail(api.get_run.get(app, run_id))

    @post("/incident", sync_to_thread=True, status_code=200, summary="Close a run's incident")
    def close_incident(
        self,
        api: NamedDependency[ServerApi],
        app: AppId,
        run_id: FromPath[str],
        data: JSONBody[NoteBody],
    ) -> RunDetail:
        _deeds(api, app).incident.close(app, run_id, note=data.note)
        return run_detail(api.get_run.get(app, run_id))


def _deeds(api: ServerApi, app: str) -> RunDeeds:
    return api.run_deeds.by(Actor("api", "Server API", None, {app: Role.APP_ADMIN}))
