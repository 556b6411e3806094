"""Sign-in and sign-out, and the theme, which even a guest may choose."""

from urllib.parse import urlsplit

from litestar import Controller, get, post
from litestar.di import NamedDependency

from standfast.services.errors import ServiceRefused
from standfast.web.console.cookies import THEME_LASTS, Theme, token_in
from standfast.web.console.door import open_to_all, signed_in
from standfast.web.console.visit import Answer, Visit


class SignInPages(Controller):
    @get("/sign-in", opt=open_to_all(), sync_to_thread=True)
    def ask(self, visit: NamedDependency[Visit]) -> Answer:
        back = _own_path(visit.asked("next"))
        if visit.recognised:
            return visit.go(back)
        return visit.page("sign_in/sign_in.html", back=back)

    @post("/sign-in", opt=open_to_all(), sync_to_thread=True)
    def sign_in(self, visit: NamedDependency[Visit]) -> Answer:
        back = _own_path(visit.form.text("next"))
        try:
            token = visit.console.sign_in.sign_in(
                visit.form.text("login"),
                visit.form.secret("password"),
                address=visit.address,
                browser=visit.browser,
            )
        except ServiceRefused as refused:
            return visit.page("sign_in/sign_in.html", back=back, refused=refused)
        return visit.go(back, cookies=visit.cookies.begin_session(token))

    @post("/sign-out", opt=signed_in(), sync_to_thread=True)
    def sign_out(self, visit: NamedDependency[Visit]) -> Answer:
        token = token_in(visit.request.cookies, visit.cookies.session)
        if token:
            visit.console.sign_in.sign_out(token)
        return visit.go("/sign-in", cookies=[visit.cookies.drop(visit.cookies.session)])

    @post("/account/theme", opt=open_to_all(), sync_to_thread=False)
    def choose_theme(self, visit: NamedDependency[Visit]) -> Answer:
        chosen = visit.form.text("theme")
        theme = Theme(chosen) if chosen in {one.value for one in Theme} else Theme.AUTO
        seconds = int(THEME_LASTS.total_seconds())
        cookie = visit.cookies.make(visit.cookies.theme, theme.value, seconds=seconds)
        return visit.go(_own_path(visit.form.text("back")), cookies=[cookie])


def _own_path(text: str) -> str:
    """A path of ours, never an address elsewhere."""
    parts = urlsplit(text)
    is_ours = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if is_ours and not parts.netloc and "\\" not in text else "/"
