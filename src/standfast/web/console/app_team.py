"""The team of an app: roles and invitations."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from standfast.domain.roles import APP_ROLES, Permission, Role
from standfast.services.errors import FieldInvalid, ServiceRefused
from standfast.web.console.door import needs
from standfast.web.console.visit import Answer, Visit

TEAM = needs(Permission.CHANGE_APP)
ROLE_NAMES = {
    Role.COMPANY_ADMIN: "Company administrator",
    Role.APP_ADMIN: "Administrator",
    Role.APP_MEMBER: "Member",
    Role.READ_ONLY: "Read only",
}
ROLE_NOTES = {
    Role.APP_ADMIN: "Everything in this app: settings, keys, team, connections, runs.",
    Role.APP_MEMBER: "Builds prompts and segments, looks visitors up, reads runs in detail.",
    Role.READ_ONLY: "Reads reports and lists. Sees no personal data.",
}


class AppTeamPages(Controller):
    path = "/apps/{app:str}/team"

    @get("/", opt=TEAM, sync_to_thread=True)
    def show(self, visit: NamedDependency[Visit]) -> Answer:
        return _shown(visit)

    @post("/invitations", opt=TEAM, sync_to_thread=True)
    def invite(self, visit: NamedDependency[Visit]) -> Answer:
        note = visit.form.text("note")
        try:
            role = _role(visit.form.text("role"))
            token = visit.console.links.invite(visit.actor, visit.app_id, role, note=note)
        except ServiceRefused as refused:
            return _shown(visit, refused=refused)
        return _shown(visit, link=f"{visit.base_url}/invitations/{token}", link_for=note)

    @post("/invitations/{link_id:str}/withdraw", opt=TEAM, sync_to_thread=True)
    def withdraw(self, visit: NamedDependency[Visit], link_id: FromPath[str]) -> Answer:
        visit.console.team.withdraw_invitation(visit.actor, visit.app_id, link_id)
        return visit.go(_path(visit), said="The invitation is withdrawn.")

    @post("/{operator:str}/role", opt=TEAM, sync_to_thread=True)
    def change_role(self, visit: NamedDependency[Visit], operator: FromPath[str]) -> Answer:
        try:
            role = _role(visit.form.text("role"))
            visit.console.team.change_role(visit.actor, visit.app_id, operator, role)
        except ServiceRefused as refused:
            return _shown(visit, refused=refused)
        return visit.go(_path(visit), said="The role is changed.")

    @post("/{operator:str}/remove", opt=TEAM, sync_to_thread=True)
    def remove(self, visit: NamedDependency[Visit], operator: FromPath[str]) -> Answer:
        visit.console.team.remove_from_app(visit.actor, visit.app_id, operator)
        return visit.go(_path(visit), said="They are no longer in the team.")


def _path(visit: Visit) -> str:
    return f"/apps/{visit.app_id}/team"


def _role(text: str) -> Role:
    if text not in {one.value for one in APP_ROLES}:
        raise FieldInvalid("Choose a role.", field="role")
    return Role(text)


def _shown(
    visit: Visit, *, link: str = "", link_for: str = "", refused: ServiceRefused | None = None
) -> Answer:
    return visit.page(
        "app/team.html",
        team=visit.console.team.of_app(visit.actor, visit.app_id),
        roles=[(one.value, ROLE_NAMES[one], ROLE_NOTES[one]) for one in APP_ROLES],
        role_names=ROLE_NAMES,
        link=link,
        link_for=link_for,
        refused=refused,
    )
