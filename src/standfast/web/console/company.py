"""The company: its name, its apps, everybody who may sign in."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from standfast.domain.roles import Permission, Role
from standfast.services.errors import ServiceRefused
from standfast.web.console.door import needs
from standfast.web.console.visit import Answer, Visit
from standfast.web.console.zones import time_zones

COMPANY = needs(Permission.CHANGE_COMPANY)


class CompanyPages(Controller):
    path = "/company"

    @get("/", opt=COMPANY, sync_to_thread=True)
    def show(self, visit: NamedDependency[Visit]) -> Answer:
        return _company(visit)

    @post("/", opt=COMPANY, sync_to_thread=True)
    def change_name(self, visit: NamedDependency[Visit]) -> Answer:
        try:
            visit.console.company.change_name(visit.actor, visit.form.text("name"))
        except ServiceRefused as refused:
            return _company(visit, refused=refused)
        return visit.go("/company", said="The company's name is saved.")

    @get("/apps/new", opt=COMPANY, sync_to_thread=True)
    def ask_for_app(self, visit: NamedDependency[Visit]) -> Answer:
        return visit.page("company/new_app.html", zones=time_zones())

    @post("/apps/new", opt=COMPANY, sync_to_thread=True)
    def create_app(self, visit: NamedDependency[Visit]) -> Answer:
        form = visit.form
        try:
            app = visit.console.company.create_app(
                visit.actor,
                form.text("name"),
                domains=form.lines("domains"),
                time_zone=form.text("time_zone"),
            )
        except ServiceRefused as refused:
            return visit.page("company/new_app.html", zones=time_zones(), refused=refused)
        return visit.go(f"/apps/{app.id}/settings/keys", said=f"{app.name} is created.")

    @get("/people", opt=COMPANY, sync_to_thread=True)
    def people(self, visit: NamedDependency[Visit]) -> Answer:
        return _people(visit)

    @post("/people/invitations", opt=COMPANY, sync_to_thread=True)
    def invite(self, visit: NamedDependency[Visit]) -> Answer:
        note = visit.form.text("note")
        token = visit.console.links.invite(visit.actor, None, Role.COMPANY_ADMIN, note=note)
        return _people(visit, link=f"{visit.base_url}/invitations/{token}", link_for=note)

    @post("/people/invitations/{link_id:str}/withdraw", opt=COMPANY, sync_to_thread=True)
    def withdraw(self, visit: NamedDependency[Visit], link_id: FromPath[str]) -> Answer:
        visit.console.team.withdraw_invitation(visit.actor, None, link_id)
        return visit.go("/company/people", said="The invitation is withdrawn.")

    @post("/people/{operator:str}/admin", opt=COMPANY, sync_to_thread=True)
    def change_admin(self, visit: NamedDependency[Visit], operator: FromPath[str]) -> Answer:
        is_admin = visit.form.is_on("admin")
        try:
            visit.console.team.change_company_admin(visit.actor, operator, is_admin=is_admin)
        except ServiceRefused as refused:
            return _people(visit, refused=refused)
        return visit.go("/company/people", said="The role is changed.")

    @post("/people/{operator:str}/reset", opt=COMPANY, sync_to_thread=True)
    def reset(self, visit: NamedDependency[Visit], operator: FromPath[str]) -> Answer:
        token = visit.console.links.reset_password(visit.actor, operator)
        name = visit.console.links.read(token).note
        return _people(
            visit, link=f"{visit.base_url}/welcome/{token}", link_for=name, is_reset=True
        )

    @post("/people/{operator:str}/remove", opt=COMPANY, sync_to_thread=True)
    def remove(self, visit: NamedDependency[Visit], operator: FromPath[str]) -> Answer:
        try:
            visit.console.team.remove_from_company(visit.actor, operator)
        except ServiceRefused as refused:
            return _people(visit, refused=refused)
        return visit.go("/company/people", said="They can no longer sign in.")


def _company(visit: Visit, *, refused: ServiceRefused | None = None) -> Answer:
    return visit.page("company/company.html", refused=refused)


def _people(
    visit: Visit,
    *,
    link: str = "",
    link_for: str = "",
    is_reset: bool = False,
    refused: ServiceRefused | None = None,
) -> Answer:
    team = visit.console.team.of_company(visit.actor)
    return visit.page(
        "company/people.html",
        team=team,
        link=link,
        link_for=link_for,
        is_reset=is_reset,
        refused=refused,
    )
