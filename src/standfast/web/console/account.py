"""One's own account: name, password, where one is signed in."""

from litestar import Controller, get, post
from litestar.di import NamedDependency

from standfast.services.errors import ServiceRefused
from standfast.web.console.door import signed_in
from standfast.web.console.visit import Answer, Visit


class AccountPages(Controller):
    path = "/account"

    @get("/", opt=signed_in(), sync_to_thread=True)
    def show(self, visit: NamedDependency[Visit]) -> Answer:
        return _shown(visit)

    @post("/name", opt=signed_in(), sync_to_thread=True)
    def change_name(self, visit: NamedDependency[Visit]) -> Answer:
        try:
            visit.console.account.change_name(visit.actor, visit.form.text("name"))
        except ServiceRefused as refused:
            return _shown(visit, refused=refused)
        return visit.go("/account", said="Your name is saved.")

    @post("/password", opt=signed_in(), sync_to_thread=True)
    def change_password(self, visit: NamedDependency[Visit]) -> Answer:
        try:
            visit.console.account.change_password(
                visit.actor,
                present=visit.form.secret("present"),
                new=visit.form.secret("password"),
                session_hash=_session_hash(visit),
                address=visit.address,
            )
        except ServiceRefused as refused:
            return _shown(visit, refused=refused)
        return visit.go("/account", said="Your password is changed. Other browsers are signed out.")

    @post("/sign-out-everywhere", opt=signed_in(), sync_to_thread=True)
    def sign_out_everywhere(self, visit: NamedDependency[Visit]) -> Answer:
        visit.console.sign_in.sign_out_everywhere(visit.actor)
        return visit.go("/sign-in", cookies=[visit.cookies.drop(visit.cookies.session)])


def _session_hash(visit: Visit) -> str:
    return visit.recognised.session_hash if visit.recognised else ""


def _shown(visit: Visit, *, refused: ServiceRefused | None = None) -> Answer:
    sessions = visit.console.account.sessions(visit.actor, session_hash=_session_hash(visit))
    return visit.page("account/account.html", sessions=sessions, refused=refused)
