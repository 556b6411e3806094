"""Visitors: the search, a profile, and why somebody sees a prompt or does not."""

from urllib.parse import quote, urlencode

from litestar import Controller, get, post
from litestar.di import NamedDependency

from standfast.domain.preflight import DEVICES
from standfast.domain.request import DecideRequest
from standfast.domain.roles import Permission
from standfast.services.errors import FieldInvalid
from standfast.services.read_visitors import Having, Search
from standfast.web.console.catalogue_words import money
from standfast.web.console.door import needs
from standfast.web.console.prompts_words import STATES
from standfast.web.console.visit import Answer, Visit
from standfast.web.console.visitors_words import (
    GATES,
    SOURCES,
    STANDINGS,
    first_closed,
    in_zone,
    timeline,
)

SEE = needs(Permission.SEE_VISITORS)
CHANGE = needs(Permission.CHANGE_VISITORS)
HAVING = {
    Having.HAVE: "with {}",
    Having.WITHOUT: "without {}",
    Having.MATCH: "whose {} matches a customer",
    Having.DO_NOT: "whose {} matches nobody",
}


class VisitorPages(Controller):
    path = "/apps/{app:str}/visitors"

    @get("/", opt=SEE, sync_to_thread=True)
    def search(self, visit: NamedDependency[Visit]) -> Answer:
        wanted = _wanted(visit)
        found = visit.console.visitors.by(visit.actor).search(visit.app_id, wanted)
        return visit.page(
            "visitors/list.html",
            found=found,
            wanted=wanted,
            filter_told=HAVING[wanted.having].format(wanted.trait) if wanted.having else "",
            next_path=_next_path(visit, wanted, found.next_after),
            system=[one.spec.trait for one in visit.console.connections.registry],
            link=_link(visit),
        )

    @get("/profile", opt=SEE, sync_to_thread=True)
    def show(self, visit: NamedDependency[Visit]) -> Answer:
        user_id = visit.asked("user_id")
        profile = visit.console.visitors.by(visit.actor).profile(visit.app_id, user_id)
        return visit.page(
            "visitors/profile.html",
            profile=profile,
            happenings=timeline(profile),
            sources=SOURCES,
            standings=STANDINGS,
            money=money,
            why_path=visit.app_path(f"/visitors/why?{urlencode({'user_id': user_id})}"),
            may_change=visit.may(Permission.CHANGE_VISITORS),
            data_path=_DataPath(visit, user_id),
        )

    @get("/why", opt=SEE, sync_to_thread=True)
    def why(self, visit: NamedDependency[Visit]) -> Answer:
        user_id, device = visit.asked("user_id"), visit.asked("device")
        profile = visit.console.visitors.by(visit.actor).profile(visit.app_id, user_id)
        address = _address(visit.asked("page_address") or "/")
        request = DecideRequest(page=address, device=device if device in DEVICES else "desktop")
        explained = visit.console.explaining.by(visit.actor).explain(visit.app_id, user_id, request)
        ordered = sorted(explained, key=lambda one: not one.explanation.is_shown)
        return visit.page(
            "visitors/why.html",
            profile=profile,
            address=visit.asked("page_address") or "/",
            request=request,
            devices=[(one, one.capitalize()) for one in DEVICES],
            explained=[(one, first_closed(one.explanation)) for one in ordered],
            gates=GATES,
            in_zone=in_zone,
            states=STATES,
            profile_path=visit.app_path(f"/visitors/profile?{urlencode({'user_id': user_id})}"),
        )

    @post("/profile/switches", opt=CHANGE, sync_to_thread=True)
    def change(self, visit: NamedDependency[Visit]) -> Answer:
        user_id = visit.form.text("user_id")
        visit.console.visitors.by(visit.actor).profile(visit.app_id, user_id)  # is there
        try:
            visit.console.visitor_saving.by(visit.actor).save(
                visit.app_id,
                user_id,
                {},
                is_test=visit.form.is_on("is_test"),
                is_suppressed=visit.form.is_on("is_suppressed"),
            )
        except FieldInvalid as refused:
            return visit.go(_link(visit)(user_id), said=str(refused), is_problem=True)
        return visit.go(_link(visit)(user_id), said="The visitor is saved.")


class _DataPath:
    """The path of a page about a visitor's data."""

    def __init__(self, visit: Visit, user_id: str) -> None:
        self._stem = visit.app_path("/visitors/profile")
        self._query = urlencode({"user_id": user_id})

    def __call__(self, what: str) -> str:
        return f"{self._stem}/{what}?{self._query}"


class _Link:
    """The path of a profile; ids of visitors may hold anything, so they stand in the query."""

    def __init__(self, stem: str) -> None:
        self._stem = stem

    def __call__(self, user_id: str) -> str:
        return f"{self._stem}?user_id={quote(user_id, safe='')}"


def _link(visit: Visit) -> _Link:
    return _Link(visit.app_path("/visitors/profile"))


def _wanted(visit: Visit) -> Search:
    having = visit.asked("having")
    known = having in {one.value for one in Having}
    trait = visit.asked("trait")
    return Search(
        text=visit.asked("search"),
        trait=trait,
        having=Having(having) if known and trait else Having.ANY,
        after=visit.asked("after"),
    )


def _next_path(visit: Visit, wanted: Search, after: str | None) -> str | None:
    if after is None:
        return None
    words = {
        "search": wanted.text,
        "trait": wanted.trait,
        "having": wanted.having.value,
        "after": after,
    }
    return f"{visit.here}?{urlencode({name: text for name, text in words.items() if text})}"


def _address(text: str) -> str:
    """A path is enough; what is written without a slash is meant as one."""
    return text if text.startswith(("/", "http://", "https://")) else f"/{text}"
