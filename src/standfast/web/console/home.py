"""Where one lands: / and /apps/{app} lead to the first page one may open."""

from litestar import Controller, get
from litestar.di import NamedDependency

from standfast.web.console.door import signed_in
from standfast.web.console.navigation import home_of
from standfast.web.console.visit import Answer, Visit


class HomePages(Controller):
    @get("/", opt=signed_in(), sync_to_thread=False)
    def home(self, visit: NamedDependency[Visit]) -> Answer:
        if visit.apps:
            return visit.go(f"/apps/{visit.apps[0].id}")
        return visit.go("/company" if visit.actor.company_role else "/account")

    @get("/apps/{app:str}", opt=signed_in(), sync_to_thread=False)
    def app_home(self, visit: NamedDependency[Visit]) -> Answer:
        return visit.go(home_of(visit.actor, visit.app_id) or "/account")
