"""Settings of an app: name, domains, time zone."""

from litestar import Controller, get, post
from litestar.di import NamedDependency

from standfast.domain.roles import Permission
from standfast.services.errors import ServiceRefused
from standfast.web.console.door import needs
from standfast.web.console.visit import Answer, Visit
from standfast.web.console.zones import time_zones

SETTINGS = needs(Permission.CHANGE_APP)


class AppSettingsPages(Controller):
    path = "/apps/{app:str}/settings"

    @get("/", opt=SETTINGS, sync_to_thread=True)
    def show(self, visit: NamedDependency[Visit]) -> Answer:
        return _shown(visit)

    @post("/", opt=SETTINGS, sync_to_thread=True)
    def save(self, visit: NamedDependency[Visit]) -> Answer:
        try:
            visit.console.app.save(
                visit.actor,
                visit.app_id,
                name=visit.form.text("name"),
                domains=visit.form.lines("domains"),
                time_zone=visit.form.text("time_zone"),
            )
        except ServiceRefused as refused:
            return _shown(visit, refused=refused)
        return visit.go(visit.here, said="The settings are saved.")


def _shown(visit: Visit, *, refused: ServiceRefused | None = None) -> Answer:
    return visit.page("app/settings.html", zones=time_zones(), refused=refused)
