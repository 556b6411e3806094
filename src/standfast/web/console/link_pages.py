"""The pages behind one-time links: a welcome, an invitation, a new password."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from standfast.services.errors import ServiceRefused
from standfast.services.one_time_links import LinkOver, OpenLink
from standfast.store.operator_links import LinkPurpose
from standfast.web.console.door import open_to_all, signed_in
from standfast.web.console.visit import Answer, Visit


class LinkPages(Controller):
    """The token stands in the path, so these pages send no referrer and are never stored."""

    @get("/welcome/{token:str}", opt=open_to_all(), sync_to_thread=True)
    def welcome(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Answer:
        return _shown(visit, token)

    @get("/invitations/{token:str}", opt=open_to_all(), sync_to_thread=True)
    def invitation(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Answer:
        return _shown(visit, token)

    @post("/welcome/{token:str}", opt=open_to_all(), sync_to_thread=True)
    def accept_welcome(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Answer:
        return _accepted(visit, token)

    @post("/invitations/{token:str}", opt=open_to_all(), sync_to_thread=True)
    def accept_invitation(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Answer:
        return _accepted(visit, token)

    @post("/invitations/{token:str}/join", opt=signed_in(), sync_to_thread=True)
    def join(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Answer:
        try:
            app_id = visit.console.links.join(visit.actor, token)
        except ServiceRefused as refused:
            return _shown(visit, token, refused=refused)
        return visit.go(f"/apps/{app_id}" if app_id else "/company", said="You have joined.")


def _accepted(visit: Visit, token: str) -> Answer:
    """A new operator, or a new password: both are signed in at once."""
    try:
        operator_id = _used(visit, visit.console.links.read(token), token)
    except ServiceRefused as refused:
        return _shown(visit, token, refused=refused)
    session = visit.console.sign_in.begin(operator_id, browser=visit.browser)
    cookies = visit.cookies.begin_session(session)
    return visit.go("/", said="You are signed in.", key=session, cookies=cookies)


def _used(visit: Visit, link: OpenLink, token: str) -> str:
    form = visit.form
    if link.purpose is LinkPurpose.RESET:
        return visit.console.links.set_password(token, form.secret("password"))
    return visit.console.links.sign_up(
        token, name=form.text("name"), login=form.text("login"), password=form.secret("password")
    )


def _shown(visit: Visit, token: str, *, refused: ServiceRefused | None = None) -> Answer:
    try:
        link = visit.console.links.read(token)
    except LinkOver as over:
        return visit.page("sign_in/link_over.html", status=404, text=str(over))
    return visit.page("sign_in/link.html", link=link, token=token, refused=refused)
