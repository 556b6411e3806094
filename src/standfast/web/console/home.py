"""Where one lands: / leads to the first app's overview."""

from litestar import Controller, get
from litestar.di import NamedDependency

from standfast.web.console.door import signed_in
from standfast.web.console.visit import Answer, Visit


class HomePages(Controller):
    @get("/", opt=signed_in(), sync_to_thread=False)
    def home(self, visit: NamedDependency[Visit]) -> Answer:
        if visit.apps:
            return visit.go(f"/apps/{visit.apps[0].id}")
        return visit.go("/company" if visit.actor.company_role else "/account")
