"""A visitor's data: the proof of their changes, the export, and the erasure."""

from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency

from standfast.domain.roles import Permission
from standfast.services.errors import FieldInvalid, NotNow, ServiceRefused
from standfast.web.console.audit_chain import as_file
from standfast.web.console.door import needs
from standfast.web.console.visit import Answer, Visit

SEE = needs(Permission.SEE_RUN_DETAIL)
CHANGE = needs(Permission.CHANGE_VISITORS)


class VisitorDataPages(Controller):
    path = "/apps/{app:str}/visitors/profile"

    @get("/proof", opt=SEE, sync_to_thread=True)
    def prove(self, visit: NamedDependency[Visit]) -> Response[bytes]:
        """With their own seals verified; the audit log's page verifies the whole chain."""
        proving = visit.console.proving.by(visit.actor)
        run = visit.asked("run") or None
        proof = proving.prove(visit.app_id, visit.asked("user_id"), run_id=run)
        if visit.asked("form") == "json":
            return _file(proof.as_json(), "proof.json", "application/json")
        return _file("\n".join([*proof.as_text(), ""]).encode(), "proof.txt", "text/plain")

    @get("/export", opt=CHANGE, sync_to_thread=True)
    def export(self, visit: NamedDependency[Visit]) -> Response[bytes]:
        exporting = visit.console.visitor_exporting.by(visit.actor)
        told = exporting.export(visit.app_id, visit.asked("user_id"))
        return _file(told, "visitor.json", "application/json")

    @get("/erase", opt=CHANGE, sync_to_thread=True)
    def ask(self, visit: NamedDependency[Visit]) -> Answer:
        return _asked(visit, visit.asked("user_id"))

    @post("/erase", opt=CHANGE, sync_to_thread=True)
    def erase(self, visit: NamedDependency[Visit]) -> Answer:
        user_id = visit.form.text("user_id")
        try:
            erased = visit.console.erasing.by(visit.actor).erase(
                visit.app_id,
                user_id,
                reason=visit.form.text("reason"),
                confirmed=visit.form.text("confirmed"),
            )
        except (FieldInvalid, NotNow) as refused:
            return _asked(visit, user_id, refused)
        said = f"Erased for ever. {erased.pseudonym} stands where the visitor’s id stood."
        return visit.go(visit.app_path("/visitors"), said=said)


def _asked(visit: Visit, user_id: str, refused: ServiceRefused | None = None) -> Answer:
    visit.console.visitors.by(visit.actor).profile(visit.app_id, user_id)  # is there
    back = visit.app_path(f"/visitors/profile?{urlencode({'user_id': user_id})}")
    return visit.page("visitors/erase.html", refused=refused, user_id=user_id, back=back)


def _file(content: bytes, name: str, kind: str) -> Response[bytes]:
    return Response(
        content, status_code=200, media_type=f"{kind}; charset=utf-8", headers=as_file(name)
    )
