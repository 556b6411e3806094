"""A whole house behind real HTTP on loopback; only biller and clock are stand-ins."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx2
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import OctKey

from builders import a_prompt, an_action
from clocks import FrozenClock
from standfast.bootstrap import House, build
from standfast.config import Durations, Settings
from standfast.connectors.registry import Registry
from standfast.contract.connector import SiteFacts
from standfast.contract.testing import ScriptedConnector, World
from standfast.services.open_site import Site
from standfast.store.connections import ConnectionRow, Health, add_connection
from standfast.store.syncs import What, add_schedules

ORIGIN = "https://acme.io"


class WorldSites:
    def __init__(self, world: World) -> None:
        self.connector = ScriptedConnector(world)

    def open(self, connection: ConnectionRow, lane: object) -> Site:
        return Site(self.connector, self.connector.world.transport, {})


class Shop:
    """Acme's page and backend: speaks to the house as they would."""

    def __init__(self, house: House, world: World, url: str) -> None:
        self.house = house
        self.world = world
        self.url = url
        self.app = house.manage_app.create("Acme", domains=(ORIGIN,)).id
        self.identity_key = house.manage_app.create_identity_key(self.app)
        self.api_key = house.manage_app.create_api_key(self.app, label="backend").reveal()
        self.client = httpx2.Client(base_url=url, trust_env=False)

    def token(self, user_id: str = "ada", *, secret: str | None = None, **changes: object) -> str:
        assert self.identity_key.secret is not None
        now = int(self.house.clock.now().timestamp())
        claims = {"aud": self.app, "sub": user_id, "iat": now, "exp": now + 600, **changes}
        key = OctKey.import_key(secret or self.identity_key.secret.reveal())
        return jwt.encode({"alg": "HS256", "kid": self.identity_key.kid}, claims, key)

    def post(self, path: str, body: object, **headers: str) -> httpx2.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"content-type": "text/plain", "origin": ORIGIN, **headers}
        return self.client.post(path, content=content, headers=sent)

    def decide(self, identity: str | None = None, **changes: object) -> httpx2.Response:
        body = {"app": self.app, "identity": identity or self.token(), "page": ORIGIN, **changes}
        return self.post("/v1/decide", body)

    def interact(self, token: str, kind: str = "accept", **changes: object) -> httpx2.Response:
        body = {
            "app": self.app,
            "identity": self.token(),
            "interactions": [{"token": token, "kind": kind, "step": "offer"}],
            **changes,
        }
        return self.post("/v1/interactions", body)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx2.Response:
        sent = {"authorization": f"Bearer {self.api_key}", **headers}
        return self.client.request(method, f"/api/v1/apps/{path}", json=body, headers=sent)

    def offer_cancelling(self) -> str:
        """A live prompt whose accept cancels the subscription of ada, who is customer c1."""
        self.world.add_customer("c1", plan="gold")
        now = self.house.clock.now()
        with self.house.database.writing() as transaction:
            add_connection(transaction, _connection(self.app, now))
            intervals = {What.CATALOGUE: 900.0, What.RECORDS: 900.0}
            add_schedules(transaction, "con_1", intervals, now=now)
        self.house.save_visitor.save(self.app, "ada", {"scripted_id": "c1"})
        saved = self.house.publish_prompt.save_draft(
            self.app, name="Leave", body=a_prompt(an_action("cancel_subscription"))
        )
        while self.house.sync_connections.sync_due():
            pass
        self.house.publish_prompt.start(self.app, saved.id, by="test")
        return saved.id


def _connection(app: str, now) -> ConnectionRow:
    return ConnectionRow(
        id="con_1",
        app_id=app,
        connector="scripted",
        settings={},
        sealed=b"",
        site=SiteFacts("1", "World", "world", "USD", is_test=True),
        is_active=True,
        in_flight=3,
        health=Health.OK,
        health_detail="",
        health_at=now,
        refused_at=(),
        created_at=now,
        updated_at=now,
    )


@pytest.fixture
def limits() -> str:
    return "visitor=1000 app=1000 address=1000 server=1000"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def house(tmp_path, clock: FrozenClock, world: World, limits: str) -> Iterator[House]:
    sites = WorldSites(world)
    house = build(
        replace(Settings(data=tmp_path / "data"), durations=Durations(accept_wait=5.0)),
        clock,
        environment={"STANDFAST_LIMITS": limits},
        registry=Registry([sites.connector]),
        sites=sites,
    )
    yield house
    house.close()


@pytest.fixture
def shop(house: House, world: World) -> Iterator[Shop]:
    edge, framework = house.edge()
    framework.begin()
    listening = socket.create_server(("127.0.0.1", 0))
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets=None) -> None:
            await super().startup(sockets)
            started.set()

    server = Server(
        uvicorn.Config(edge, lifespan="off", log_config=None, ws="none", proxy_headers=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    assert started.wait(10)
    shop = Shop(house, world, f"http://127.0.0.1:{listening.getsockname()[1]}")
    yield shop
    shop.client.close()
    server.should_exit = True
    thread.join(10)
    edge.close()


@pytest.fixture
def worker(house: House) -> Iterator[None]:
    worker = house.worker()
    worker.start()
    yield
    worker.stop()
