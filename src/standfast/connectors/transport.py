"""The one way out to a billing system: the only place that knows an HTTP client.

Every exception of the client becomes one of two facts. `NotSent`: no byte of the request left
us, so nothing happened there. `AnswerLost`: it left, so it may have. In doubt it is the second.
"""

import logging
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Any, Self, TypedDict

import httpx2
import structlog

from standfast.connectors.slots import Lane, SharedSlots, SiteSlots, SlotSettings, SlotsRegistry
from standfast.contract.connector import Address, ConnectorSpec
from standfast.contract.errors import AnswerLost, HostUnknown, NotSent, StandfastError
from standfast.contract.transport import Answer, Call, Transport, retry_after_seconds

_log = structlog.stdlib.get_logger(__name__)

FOREIGN_ERRORS = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    httpx2.CookieConflict,
    OSError,
    ValueError,
    RuntimeError,
)
"""Everything the client raises; a test walks its exception classes."""
_BEFORE_A_BYTE_LEFT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)
_WORTH_A_SECOND_READ = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)


class HostNotAllowed(StandfastError):
    """A connection may only lead to its vendor's hosts over https, or to a listed simulator."""


class WriteNotAllowed(StandfastError):
    """A reading transport was asked to write."""


@dataclass(frozen=True)
class Timeouts:
    """How long we wait, in seconds.

    `charge_seconds` is the read time-out of calls that may charge: Chargify cuts every request
    at 120 s, and giving up before it only leaves a doubt. `keepalive_seconds` is short so that
    a write seldom meets a connection which the server has just closed.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    charge_seconds: float = 125.0
    keepalive_seconds: float = 4.0

    def read_of(self, call: Call) -> float:
        return self.charge_seconds if call.may_charge else self.read_seconds


@dataclass(frozen=True)
class Limits:
    """What may come back at most."""

    body_bytes: int = 32 * 1024 * 1024


def open_client(timeouts: Timeouts) -> httpx2.Client:
    """An HTTP client that follows no redirect, keeps no cookie and reads no proxy setting."""
    for name in ("httpx2", "httpcore2"):  # their lines hold whole addresses with queries
        logging.getLogger(name).setLevel(logging.WARNING)
    return httpx2.Client(
        follow_redirects=False,
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        limits=httpx2.Limits(keepalive_expiry=timeouts.keepalive_seconds),
        headers={"User-Agent": _user_agent(), "Accept": "application/json"},
    )


def _user_agent() -> str:
    try:
        return f"standfast/{version('standfast')}"
    except PackageNotFoundError:
        return "standfast"


def ensure_allowed(base_url: str, hosts: tuple[str, ...], simulators: tuple[str, ...]) -> None:
    """Raises `HostNotAllowed` unless the address is the vendor's (https) or a listed simulator."""
    url = httpx2.URL(base_url)
    if url.userinfo or url.path not in ("", "/") or url.query or url.fragment:
        raise HostNotAllowed
    if url.scheme == "http" and f"{url.host}:{url.port or 80}" in simulators:
        return
    is_vendors = any(_is_below(url.host, suffix) for suffix in hosts)
    if not (url.scheme == "https" and url.port in (None, 443) and is_vendors):
        raise HostNotAllowed


def _is_below(host: str, suffix: str) -> bool:
    return suffix.startswith(".") and host.endswith(suffix) and len(host) > len(suffix)


@dataclass
class _Sending:
    """Whether anything of a request has left us, as the connection itself reports."""

    has_begun: bool = False

    def trace(self, name: str, _info: Mapping[str, object]) -> None:
        if name.endswith("send_request_headers.started"):
            self.has_begun = True


@dataclass(frozen=True)
class HttpTransport:
    """A `Transport` to one site, for one lane.

    `hosts` are the vendor's host suffixes, `simulators` the host:port pairs allowed as plain
    http. Construction raises `HostNotAllowed`. The client may be shared by many transports.
    """

    address: Address
    slots: SiteSlots
    lane: Lane
    hosts: tuple[str, ...]
    client: httpx2.Client = field(repr=False)
    simulators: tuple[str, ...] = ()
    timeouts: Timeouts = field(default_factory=Timeouts)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        ensure_allowed(self.address.base_url, self.hosts, self.simulators)

    def send(self, call: Call) -> Answer:
        return self.write(call, just_before=lambda: None)

    def write(self, call: Call, *, just_before: Callable[[], None]) -> Answer:
        with self.slots.taken(self.lane):
            just_before()
            answer = self._send(call)
        self._teach_slots(call, answer)
        _log.debug(
            "vendor_call.answered",
            method=call.method.value,
            path=call.path,
            status=answer.status,
            request_id=answer.request_id,
            duration_seconds=answer.duration_seconds,
        )
        return answer

    def _send(self, call: Call) -> Answer:
        try:
            return self._exchange(call)
        except AnswerLost as lost:
            # A kept connection the server had just closed; a read may simply be repeated.
            is_worth_it = isinstance(lost.__cause__, _WORTH_A_SECOND_READ)
            if not call.is_read or not is_worth_it:
                raise
        return self._exchange(call)

    def _exchange(self, call: Call) -> Answer:
        sending = _Sending()
        began = time.monotonic()
        try:
            with self.client.stream(**self._request(call, sending)) as response:
                body = self._read_body(response, give_up_at=began + self.timeouts.read_of(call))
        except FOREIGN_ERRORS as error:
            raise _translated(error, sending) from error
        headers = {key.lower(): value for key, value in response.headers.items()}
        headers.pop("set-cookie", None)
        return Answer(
            status=response.status_code,
            body=body,
            headers=headers,
            request_id=headers.get("x-request-id"),
            duration_seconds=time.monotonic() - began,
        )

    def _request(self, call: Call, sending: _Sending) -> "_Request":
        if not call.path.startswith("/") or call.path.startswith("//"):
            raise NotSent(f"A path begins with one slash, this does not: {call.path!r}")
        read = self.timeouts.read_of(call)
        return {
            "method": call.method.value,
            "url": self.address.base_url + call.path,
            "params": call.query or None,
            "json": None if call.json is None else dict(call.json),
            "auth": httpx2.BasicAuth(self.address.username, self.address.password),
            "headers": {} if call.json is None else {"Content-Type": "application/json"},
            "timeout": httpx2.Timeout(read, connect=self.timeouts.connect_seconds),
            "extensions": {"trace": sending.trace},
        }

    def _read_body(self, response: httpx2.Response, *, give_up_at: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > self.limits.body_bytes:
                raise AnswerLost(f"The answer is longer than {self.limits.body_bytes} bytes.")
            if time.monotonic() > give_up_at:
                raise AnswerLost("The answer did not end in time.")
        return b"".join(parts)

    def _teach_slots(self, call: Call, answer: Answer) -> None:
        if answer.status != 429:
            self.slots.answered(call, seconds=answer.duration_seconds)
        elif not call.has_own_limit:
            asked = retry_after_seconds(answer, now=datetime.now(UTC))
            pause = self.slots.throttled(after_seconds=asked)
            _log.warning("vendor_site.paused", host=self.address.base_url, seconds=round(pause))


class _Request(TypedDict):
    method: str
    url: str
    params: tuple[tuple[str, str], ...] | None
    json: dict[str, object] | None
    auth: httpx2.BasicAuth
    headers: dict[str, str]
    timeout: httpx2.Timeout
    extensions: dict[str, Any]


def _translated(error: Exception, sending: _Sending) -> NotSent | AnswerLost:
    """Which of the two facts an error of the client means. Its text may hold an address: left."""
    name = type(error).__name__
    if sending.has_begun or not isinstance(error, _BEFORE_A_BYTE_LEFT):
        return AnswerLost(f"The connection broke before the answer was here ({name}).")
    if _is_unknown_host(error):
        return HostUnknown()
    return NotSent(f"The billing system could not be reached ({name}).")


def _is_unknown_host(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, socket.gaierror):
            return error.errno != socket.EAI_AGAIN
        error = error.__cause__ or error.__context__
    return False


@dataclass(frozen=True)
class ReadOnlyTransport:
    """A transport for calls that change nothing: it refuses all that are not reads."""

    inner: Transport

    def send(self, call: Call) -> Answer:
        if not call.is_read:
            raise WriteNotAllowed(
                f"{call.method} {call.path} was to be sent by a reading transport."
            )
        return self.inner.send(call)


class Transports:
    """Opens transports: one client and one set of slots per site for the whole process.

    `simulators` are the host:port pairs that may be reached over plain http.
    """

    def __init__(
        self,
        *,
        simulators: tuple[str, ...] = (),
        timeouts: Timeouts | None = None,
        slot_settings: SlotSettings | None = None,
        shared_slots: SharedSlots | None = None,
    ) -> None:
        self.simulators = simulators
        self.slots = SlotsRegistry(slot_settings, shared_slots)
        self._timeouts = timeouts or Timeouts()
        self._client = open_client(self._timeouts)

    def open(
        self, spec: ConnectorSpec, address: Address, *, lane: Lane, in_flight: int = 3
    ) -> HttpTransport:
        """A transport to the site at this address. Raises `HostNotAllowed`."""
        limit = min(max(in_flight, 1), spec.in_flight)
        return HttpTransport(
            address,
            self.slots.slots(spec.key, address.base_url, in_flight=limit),
            lane,
            spec.hosts,
            self._client,
            self.simulators,
            self._timeouts,
        )

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
