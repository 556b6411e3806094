"""The whole stage: a billing site, Standfast behind real HTTP with its worker, and a shop."""

import contextlib
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from sqlalchemy import text

from builders import a_prompt, a_step, an_action
from journeys.billing_site import GOOD, KEY, BillingSite, Customer
from journeys.shop import ORIGIN, Shop
from standfast.bootstrap import House, build
from standfast.config import Durations, Settings
from standfast.connectors.chargify.connector import ChargifyConnector
from standfast.connectors.registry import Registry
from standfast.domain.prompt import AttachedAction, PromptBody
from standfast.store.connections import ConnectionRow, find_connection
from standfast.store.database import metadata_of
from standfast.store.syncs import list_syncs
from standfast.worker import Worker

QUICK = Durations(
    poll=0.02,
    accept_wait=8.0,
    retry_first=0.05,
    retry_longest=0.2,
    broken_pause=0.05,
    look_up_1=0.05,
    look_up_2=0.1,
    look_up_3=0.2,
    look_up_4=0.4,
    look_up_then=0.5,
    connect_timeout=2.0,
    read_timeout=8.0,
    charge_timeout=8.0,
    throttle_pause=0.2,
)
"""The product's own order of events, in less time."""

ASKING_FREELY = {"STANDFAST_LIMITS": "visitor=1000 app=1000 address=1000 server=1000"}
PATIENCE_SECONDS = 15.0


class MovingClock:
    """Real time, and as much later as a test has said."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@dataclass
class Rig:
    """`shop` speaks to `house` over HTTP; `site` is asked for the truth."""

    house: House
    site: BillingSite
    shop: Shop
    clock: MovingClock

    def customer(
        self, user: str = "ada", *, plan: str | None = "basic", card: str | None = GOOD
    ) -> Customer:
        return self.site.add_customer(user, plan=plan, card=card)

    def connect(self, **settings: str) -> ConnectionRow:
        """Save the connection, or change it."""
        given = {"api_key": KEY, "domain": self.site.host, **settings}
        return self.house.configure_connection.save(self.shop.app, "chargify", given)

    def connection_id(self) -> str:
        with self.house.database.reading() as reader:
            found = find_connection(reader, self.shop.app, "chargify")
        assert found is not None
        return found.id

    def everything_stored(self) -> bytes:
        """Every row of every table as text, and every byte of the data folder."""
        rows: list[bytes] = []
        database = self.house.database
        for tables, reading in (
            (metadata_of("core"), database.reading),
            (metadata_of("mirror"), database.reading_mirror),
        ):
            with reading() as reader:
                for table in tables.sorted_tables:
                    found = reader.connection.execute(text(f"SELECT * FROM {table.name}"))
                    rows += [value_of(value) for row in found for value in row]
        files = [one for one in self.house.settings.data.rglob("*") if one.is_file()]
        return b"\n".join([*rows, *(one.read_bytes() for one in files)])

    def switch(self, *, is_active: bool) -> None:
        self.house.configure_connection.switch(self.shop.app, "chargify", is_active=is_active)

    def sync(self) -> None:
        """The mirror is as the site is now, and every cache has heard of it."""
        connection = self.connect()
        asked_at = self.clock.now()
        self.house.sync_connections.request(connection.id)
        until(lambda: self._has_synced_since(connection.id, asked_at), "the sync has finished")
        self.clock.advance(1)

    def wait_for_syncs(self) -> None:
        """Until no pass is under way."""
        connection = self.connect().id

        def is_at_rest() -> bool:
            with self.house.database.reading() as reader:
                rows = list_syncs(reader, connection).values()
            return all(one.lease_until is None and one.next_at > self.clock.now() for one in rows)

        until(is_at_rest, "the syncs are at rest")
        self.clock.advance(1)

    def offer(self, *actions: AttachedAction, name: str = "Offer", **changes: Any) -> str:
        """Sync, then start a prompt whose accept does these; decline does nothing."""
        self.sync()
        return self.publish(a_prompt(steps=(a_step(accept=actions, title=name),), **changes), name)

    def publish(self, body: PromptBody, name: str = "Offer") -> str:
        saved = self.house.publish_prompt.save_draft(self.shop.app, name=name, body=body)
        self.house.publish_prompt.start(self.shop.app, saved.id, by="olga")
        self.clock.advance(1)  # a second later every process knows
        return saved.id

    def republish(self, prompt_id: str, *actions: AttachedAction, **changes: Any) -> None:
        body = a_prompt(*actions, **changes)
        publishing = self.house.publish_prompt
        publishing.save_draft(self.shop.app, name="Offer", body=body, prompt_id=prompt_id)
        publishing.publish(self.shop.app, prompt_id, by="olga")
        self.clock.advance(1)

    def pause(self, prompt_id: str) -> None:
        self.house.publish_prompt.pause(self.shop.app, prompt_id)
        self.clock.advance(1)

    def show(self, who: Customer) -> dict[str, Any]:
        """The only prompt this customer is shown."""
        (prompt,) = self.shop.decide(self.shop.identity(who))["prompts"]
        return prompt

    def accept(self, who: Customer) -> dict[str, Any]:
        """Decide and click; the answer, which has waited for the result."""
        return self.shop.click(self.shop.identity(who), self.show(who))

    def finished(self, result: dict[str, Any]) -> dict[str, Any]:
        """The run of this click when it has ended."""
        self.shop.follow(result)
        return self.shop.run(result)

    def another_shop(self) -> Shop:
        """An app of its own in the same house."""
        return open_shop(self.house, self.shop.client, self.clock)

    def create(self, plan: str = "pro", **more: str) -> AttachedAction:
        return chargify("create_subscription", plan=self.site.plans[plan], **more)

    def _has_synced_since(self, connection_id: str, instant: datetime) -> bool:
        with self.house.database.reading() as reader:
            rows = list_syncs(reader, connection_id).values()
        began = [one.started_at for one in rows if one.lease_until is None and not one.failures]
        return len(began) == 2 and all(at is not None and at >= instant for at in began)


def value_of(stored: object) -> bytes:
    return stored if isinstance(stored, bytes) else str(stored).encode()


def chargify(action: str, **parameters: str) -> AttachedAction:
    return an_action(action, connector="chargify", **parameters)


def coupon(code: str = "TEN", **parameters: str) -> AttachedAction:
    return chargify("add_coupon", coupon=code, **parameters)


def cancel(when: str = "now", **parameters: str) -> AttachedAction:
    return chargify("cancel_subscription", when=when, **parameters)


def until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for something that nobody announces."""
    clock = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.01)):
        if is_so():
            return
        clock.wait(0.01)
    raise AssertionError(f"in vain: {what}")


@contextmanager
def standing_house(
    data: Path,
    site: BillingSite,
    clock: MovingClock,
    *,
    durations: Durations = QUICK,
    database_url: str | None = None,
) -> Generator[House]:
    settings = Settings(
        data=data,
        database_url=database_url,
        simulator_hosts=(site.host,),
        durations=durations,
    )
    house = build(
        settings, clock, environment=ASKING_FREELY, registry=Registry([ChargifyConnector()])
    )
    try:
        yield house
    finally:
        house.close()


@contextmanager
def served(house: House) -> Generator[httpx2.Client]:
    """The house behind real HTTP on loopback, as `standfast web` would serve it."""
    edge, _ = house.edge()
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started.set()

    config = uvicorn.Config(
        edge, lifespan="off", log_config=None, ws="none", timeout_graceful_shutdown=1
    )
    server = Server(config)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        assert started.wait(PATIENCE_SECONDS)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            with httpx2.Client(base_url=url, trust_env=False, timeout=30) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(PATIENCE_SECONDS)
            edge.close()


@contextmanager
def working(house: House) -> Generator[Worker]:
    worker = house.worker()
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def open_shop(house: House, client: httpx2.Client, clock: MovingClock) -> Shop:
    """A new app with its keys, which nobody else uses."""
    app = house.manage_app.create("Shop", domains=(ORIGIN,)).id
    key = house.manage_app.create_identity_key(app)
    assert key.secret is not None
    api_key = house.manage_app.create_api_key(app, label="back end")
    return Shop(client, clock, app, key.kid, key.secret.reveal(), api_key.reveal())
