"""Every role at every door."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from clocks import FrozenClock
from console.access import ACCESS, Access
from console.rig import ORIGIN, Person, Visitor, a_house, served, signed_in, somebody, the_first
from standfast.bootstrap import House
from standfast.domain.roles import PERMISSIONS, Permission, Role
from standfast.web.console.door import Need
from standfast.web.console.routes import CONTROLLERS, console_routers

ROOT = Path(__file__).parent.parent.parent
STRANGER = "an administrator of another app"


@dataclass
class Scene:
    house: House
    url: str
    app: str
    people: dict[str, Person]

    def ask(self, who: str | None, route: str) -> httpx2.Response:
        """With a session of its own: some routes end theirs."""
        method, path = route.split(" ")
        path = re.sub(r"\{(\w+)\}", lambda found: self.filled(found[1]), path)
        person = self.people[who] if who else None
        visitor = signed_in(self.house, self.url, person) if person else Visitor(self.url)
        answer = visitor.get(path) if method == "GET" else visitor.post(path)
        Visitor.close_all()
        return answer

    def filled(self, name: str) -> str:
        return {"app": self.app, "token": "x" * 43}.get(name, "none")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with a_house(tmp_path_factory.mktemp("access") / "data", FrozenClock()) as house:
        app = house.manage_app.create("Acme", domains=()).id
        other = house.manage_app.create("Other", domains=()).id
        people = {Role.COMPANY_ADMIN.value: the_first(house)}
        for role in (Role.APP_ADMIN, Role.APP_MEMBER, Role.READ_ONLY):
            people[role.value] = somebody(house, app, role)
        people[STRANGER] = somebody(house, other, Role.APP_ADMIN)
        with served(house) as url:
            yield Scene(house, url, app, people)


def routes() -> dict[str, Need | None]:
    """What the framework serves for the console, with what each door asks for."""
    found: dict[str, Need | None] = {}
    for router in console_routers():
        for route in router.routes:
            path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
            for handler in getattr(route, "route_handlers", []):
                for method in handler.http_methods - {"OPTIONS"}:
                    found[f"{method} {path}"] = handler.opt.get("need")
    return found


def test_every_route_of_the_console_is_listed_with_who_may_open_it() -> None:
    served_routes = routes()

    assert {"not listed": set(served_routes) - set(ACCESS)} == {"not listed": set()}
    assert {"listed in vain": set(ACCESS) - set(served_routes)} == {"listed in vain": set()}
    assert [route for route, need in served_routes.items() if need is None] == []
    assert len(CONTROLLERS) == len(set(CONTROLLERS))


def is_at_sign_in(answer: httpx2.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("role", [role.value for role in Role])
@pytest.mark.parametrize("route", sorted(ACCESS))
def test_a_role_opens_what_it_may_and_nothing_else(scene: Scene, route: str, role: str) -> None:
    answer = scene.ask(role, route)

    access = ACCESS[route]
    is_allowed = access in {Access.OPEN, Access.OPERATORS} or role in access.value
    assert answer.status_code < 500
    if is_allowed:
        assert answer.status_code != 403
    else:
        assert answer.status_code == 403


@pytest.mark.parametrize("route", sorted(ACCESS))
def test_a_guest_is_led_to_the_sign_in(scene: Scene, route: str) -> None:
    answer = scene.ask(None, route)

    assert is_at_sign_in(answer) == (ACCESS[route] is not Access.OPEN)


@pytest.mark.parametrize("route", sorted(one for one in ACCESS if "{app}" in one))
def test_an_app_one_has_no_role_in_looks_as_if_it_were_not_there(scene: Scene, route: str) -> None:
    theirs = scene.ask(STRANGER, route)
    nobodys = scene.ask(STRANGER, route.replace("{app}", "app_none"))

    assert (theirs.status_code, nobodys.status_code) == (404, 404)


@pytest.mark.parametrize("route", sorted(one for one in ACCESS if one.startswith("POST")))
def test_no_post_is_believed_without_the_token_of_the_session(scene: Scene, route: str) -> None:
    _, path = route.split(" ")
    path = re.sub(r"\{(\w+)\}", lambda found: scene.filled(found[1]), path)
    visitor = signed_in(scene.house, scene.url, scene.people[Role.COMPANY_ADMIN.value])

    bare = visitor.send(path, {}, origin=ORIGIN)
    foreign = visitor.send(path, {"csrf": visitor.csrf()}, origin="https://evil.test")
    silent = visitor.send(path, {"csrf": visitor.csrf()})

    assert {bare.status_code, foreign.status_code, silent.status_code} == {403}


def test_a_token_of_another_session_is_not_believed(scene: Scene) -> None:
    admin = scene.people[Role.COMPANY_ADMIN.value]
    mine, other = (signed_in(scene.house, scene.url, admin) for _ in range(2))

    answer = mine.send("/company", {"csrf": other.csrf(), "name": "Stolen"}, origin=ORIGIN)

    assert answer.status_code == 403
    assert "Stolen" not in mine.get("/company").text


def test_the_table_in_the_docs_is_the_table_in_the_code() -> None:
    text = (ROOT / "docs/console.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| ([^|]+) \| (yes|–) \| (yes|–) \| (yes|–) \| (yes|–) \|$", text, re.MULTILINE
    )

    assert len(rows) == len(Permission)
    for permission, row in zip(Permission, rows, strict=True):
        told = [answer == "yes" for answer in row[1:]]
        assert told == [permission in PERMISSIONS[role] for role in Role], permission
