"""A simulator inside a test: `with running_simulator() as chargify: ...`."""

import asyncio
import json
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from .server import Server, listen, new_loop, url_of
from .settings import Settings
from .twin import Twin

Json = Any


class ControlRefused(Exception):
    """The control plane answered with an error."""


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    url: str
    subdomain: str
    api_key: str
    control_key: str | None = None

    def control(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        /,
        **query: str | float,
    ) -> Json:
        """`control("PUT", "clock", {"offset_seconds": 3600})`; the answer's JSON."""
        target = f"/_control/{path.removeprefix('/')}"
        if query:
            target += "?" + urlencode(query)
        content = b"" if body is None else json.dumps(body, default=str).encode()
        headers = {"content-type": "application/json"}
        if self.control_key:
            headers["x-control-key"] = self.control_key
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request(method, target, content, headers)
            response = connection.getresponse()
            found: Json = json.loads(response.read())
        finally:
            connection.close()
        if response.status >= 400:
            raise ControlRefused(f"{response.status}: {found}")
        return found

    def fault(self, method: str, path: str, kind: str, **more: object) -> int:
        """Order trouble; see `FaultOrder` for what more there is. Answers the fault's id."""
        order = {"method": method, "path": path, "kind": kind, **more}
        return self.control("POST", "faults", order)["id"]

    def wait_until_held(self, fault: int, *, count: int = 1, timeout: float = 5) -> None:
        view = self.control("GET", f"faults/{fault}", wait_for=count, timeout=timeout)
        if view["waiting"] < count:
            raise TimeoutError(f"{view['waiting']} of {count} requests were held")

    def release(self, fault: int) -> None:
        self.control("POST", f"faults/{fault}/release")

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def requests(self, **filters: str | int) -> list[Json]:
        """The request log: `requests(method="POST", path="/subscriptions", since=3)`."""
        return self.control("GET", "requests", **filters)["requests"]

    def clear_requests(self) -> None:
        self.control("DELETE", "requests")

    def reset(self) -> None:
        self.control("POST", "reset")

    def seed(self, name: str = "lived-in", number: int = 7) -> None:
        self.control("POST", "seed", {"name": name, "number": number})

    def move_clock(self, *, offset_seconds: float) -> None:
        self.control("PUT", "clock", {"offset_seconds": offset_seconds})

    def freeze_clock(self, at: str | None) -> None:
        """An ISO 8601 instant; None lets time run again."""
        self.control("PUT", "clock", {"frozen_at": at})

    def texts(self, changes: Mapping[str, str] | None = None) -> Json:
        """Change sentences, if any, and read them all."""
        if changes:
            self.control("PUT", "texts", dict(changes))
        return self.control("GET", "texts")

    def settings(self, **changes: object) -> Json:
        """Change settings, if any, and read them all."""
        return (
            self.control("PUT", "settings", changes) if changes else self.control("GET", "settings")
        )

    def stats(self) -> Json:
        return self.control("GET", "stats")

    def state(self) -> list[Json]:
        """The truth about all subscriptions."""
        return self.control("GET", "state")["subscriptions"]

    def subscription(self, number: int) -> Json:
        return next(each for each in self.state() if each["id"] == number)

    def force(self, subscription: int, **fields: object) -> Json:
        """Set fields of a subscription past every rule: `force(1, state="past_due")`."""
        return self.control("PUT", f"subscriptions/{subscription}", fields)

    def open_site(self, subdomain: str, api_key: str, *, seed: str = "empty") -> None:
        """A further site; its calls come with its key, or with its host name."""
        order = {"subdomain": subdomain, "api_key": api_key, "seed": seed}
        self.control("POST", "sites", order)

    def snapshot(self) -> Json:
        """The first site's whole state."""
        return self.control("GET", "snapshot")

    def restore(self, state: Json) -> None:
        """The first site, and the clock, as a snapshot knew them."""
        self.control("PUT", "snapshot", state)

    def deliver_webhooks(self) -> int:
        """Carry every webhook that is due by now; answers how many attempts were made."""
        return self.control("POST", "webhooks/deliver")["attempts"]

    def down(self, is_down: bool = True) -> None:
        self.control("POST", "down", {"down": is_down})


@contextmanager
def running_simulator(
    *,
    seed: str = "lived-in",
    seed_number: int = 7,
    subdomain: str = "acme",
    api_key: str = "chargify-key",
    control_key: str | None = None,
    **settings: Any,
) -> Generator[RunningSimulator]:
    """A simulator in a thread of its own on a free loopback port; further settings by name."""
    twin = Twin(
        Settings(subdomain=subdomain, api_key=api_key, **settings),
        seed=seed,
        number=seed_number,
        control_key=control_key,
    )
    listener = listen("127.0.0.1", 0)
    url = url_of(listener)
    running = _Thread(Server(twin), listener)
    running.start()
    try:
        yield RunningSimulator(url, subdomain, api_key, control_key)
    finally:
        running.stop()


class _Thread(threading.Thread):
    def __init__(self, server: Server, listener: Any) -> None:
        super().__init__(name="chargify-simulator", daemon=True)
        self._server = server
        self._listener = listener
        self._ready = threading.Event()

    def start(self) -> None:
        super().start()
        self._ready.wait()

    def run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(self._serve())
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._ready.set()
        await self._server.serve(self._listener, self._stopping)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self.join(timeout=10)
