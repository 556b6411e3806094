"""A house with people in it, and browsers without a screen that speak to its console."""

import re
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode

import httpx2
import uvicorn
from argon2 import PasswordHasher

from clocks import FrozenClock
from standfast.bootstrap import House, build
from standfast.config import Settings
from standfast.domain.roles import Role
from standfast.services.one_time_links import OneTimeLinks
from standfast.services.passwords import Passwords
from standfast.services.permissions import SYSTEM, Actor
from standfast.services.sign_in import SignIn, actor_of
from standfast.store.operators import find_operator
from standfast.web.console.cookies import csrf_token

PASSWORD = "a calm river at dawn"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ORIGIN = "http://console.test"
LIMITS = {"STANDFAST_LIMITS": "visitor=1000 app=1000 address=1000 server=1000"}


@contextmanager
def a_house(
    data: Path, clock: FrozenClock, *, url: str = ORIGIN, database_url: str | None = None
) -> Generator[House]:
    """As bootstrap builds it, but with passwords that cost little."""
    settings = Settings(data=data, url=url, database_url=database_url)
    house = build(settings, clock, environment=LIMITS)
    passwords = Passwords(CHEAP)
    links = OneTimeLinks(house.database, passwords, clock)
    try:
        yield replace(house, passwords=passwords, links=links)
    finally:
        house.close()


@contextmanager
def served(house: House) -> Generator[str]:
    """The address at which the house answers."""
    edge, framework = house.edge()
    framework.begin()
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(edge, lifespan="off", log_config=None, ws="none", proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        Visitor.close_all()
        server.should_exit = True
        thread.join(10)
        edge.close()
        listening.close()


@dataclass(frozen=True)
class Person:
    id: str
    login: str


def the_first(house: House, name: str = "Ada King", login: str = "ada@acme.io") -> Person:
    """Whoever opened the link that the first start printed: a company administrator."""
    token = house.links.welcome_when_empty() or house.links.welcome()
    return Person(house.links.sign_up(token, name=name, login=login, password=PASSWORD), login)


def somebody(house: House, app_id: str | None, role: Role, *, name: str = "") -> Person:
    """A person with this role, by an invitation."""
    name = name or f"The {role.value} of {app_id or 'the company'}"
    login = f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}@acme.io"
    token = house.links.invite(SYSTEM, app_id, role)
    return Person(house.links.sign_up(token, name=name, login=login, password=PASSWORD), login)


def actor(house: House, person: Person) -> Actor:
    with house.database.reading() as reader:
        row = find_operator(reader, person.id)
        assert row is not None
        return actor_of(reader, row)


class Visitor:
    """A browser without a screen or script. `token` is its session's, None for a guest."""

    _open: ClassVar[list["Visitor"]] = []

    def __init__(self, url: str, token: str | None = None) -> None:
        self.token = token
        self.client = httpx2.Client(base_url=url, trust_env=False, follow_redirects=False)
        if token:
            self.client.cookies.set("standfast-session", token)
        self._open.append(self)

    @classmethod
    def close_all(cls) -> None:
        while cls._open:
            cls._open.pop().client.close()

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.client.get(path, headers={"accept": "text/html", **headers})

    def post(self, path: str, /, **fields: str | list[str]) -> httpx2.Response:
        """As a form of ours would: with the token of the page and our origin."""
        return self.send(path, {"csrf": self.csrf(), **fields}, origin=ORIGIN)

    def send(self, path: str, fields: dict, **headers: str) -> httpx2.Response:
        body = urlencode(fields, doseq=True)
        headers = {
            "accept": "text/html",
            "content-type": "application/x-www-form-urlencoded",
            **headers,
        }
        return self.client.post(path, content=body, headers=headers)

    def csrf(self) -> str:
        if self.token:
            return csrf_token(self.token)
        found = re.search(r'name="csrf" value="(\w+)"', self.get("/sign-in").text)
        assert found
        return found[1]

    def sign_in(self, login: str, password: str = PASSWORD, **fields: str) -> httpx2.Response:
        answer = self.post("/sign-in", login=login, password=password, **fields)
        self.token = self.client.cookies.get("standfast-session") or self.token
        return answer


def signed_in(house: House, url: str, person: Person) -> Visitor:
    """Without the form: the session is begun behind its back."""
    sign_in = SignIn(house.database, house.passwords, house.clock)
    return Visitor(url, sign_in.begin(person.id, browser="A test"))
