"""The hot path: the tag's protocol and health, in front of the framework."""

import asyncio
import math
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeAlias, TypeVar

import msgspec
import structlog

from standfast.services.errors import ServiceRefused, SiteSilent
from standfast.services.follow_result import Recorded
from standfast.web.addresses import Addresses
from standfast.web.health import Health
from standfast.web.hooks import FOLDER as HOOKS
from standfast.web.hooks import Hooks
from standfast.web.messages import InteractionResults, Told
from standfast.web.problems import MEDIA_TYPE, Refusal, encode, problem_of
from standfast.web.tag_api import Asked, TagApi
from standfast.web.tag_files import FOLDER, TagFiles
from standfast.web.waiting import RunWaiter

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = list[tuple[bytes, bytes]]

T = TypeVar("T")

MOST_BYTES = 64 * 1024
MOST_HOOK_BYTES = 1024 * 1024
MOST_HOOKS = 64
"""So many webhooks may be read at once; their senders come again by themselves."""
MOST_WAITING = 512
"""So many requests may wait for a thread; the next one is told to come back."""
READ_SECONDS = 15.0
PREVIEW_THREADS = 4
MOST_PREVIEWS = 32
"""Previews call billing systems: they have threads of their own, so that no decision waits."""

_TYPES = (b"text/plain", b"application/json")
_PLAIN_HEADERS: Headers = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]

_log = structlog.get_logger()


class Edge:
    """One ASGI callable. Only this class is asynchronous; what it calls runs in its threads."""

    def __init__(
        self,
        *,
        tag_api: TagApi,
        tag_files: TagFiles,
        health: Health,
        hooks: Hooks,
        waiter: RunWaiter,
        addresses: Addresses,
        accept_wait: float,
        preview_wait: float,
        framework: Callable[[], Awaitable[AsgiApp]],
        threads: int = 16,
    ) -> None:
        self._tag_api = tag_api
        self._tag_files = tag_files
        self._health = health
        self._hooks = hooks
        self._waiter = waiter
        self._addresses = addresses
        self._accept_wait = accept_wait
        self._preview_wait = preview_wait
        self._framework = framework
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="edge")
        self._waiting = 0
        self._preview_pool = ThreadPoolExecutor(PREVIEW_THREADS, thread_name_prefix="previews")
        self._previews_waiting = 0
        self._hooks_open = 0
        self._tag_routes: dict[str, Callable[[Asked], Awaitable[bytes]]] = {
            "/v1/decide": self._decide,
            "/v1/interactions": self._interactions,
            "/v1/results": self._results,
            "/v1/previews": self._previews,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # no lifespan: bootstrap builds and closes; no web sockets
        path = scope["path"]
        if path in self._tag_routes:
            await self._tag(scope, receive, send)
        elif path.startswith(HOOKS):
            await self._hook(scope, receive, send)
        elif path in {"/livez", "/readyz"}:
            await self._tell_health(scope, send)
        elif path.startswith(FOLDER):
            await self._give_file(scope, send)
        else:
            await self._hand_on(scope, receive, send)

    def close(self) -> None:
        self._pool.shutdown(wait=True)
        self._preview_pool.shutdown(wait=True, cancel_futures=True)

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To the framework, once it is there; it tells its own errors."""
        try:
            framework = await self._framework()
        except Exception as error:  # noqa: BLE001 - it could not be built
            await _tell(send, scope, error, _PLAIN_HEADERS)
        else:
            await framework(scope, receive, send)

    async def _tag(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = _header(scope, b"origin")
        headers = await self._cors(origin)
        try:
            if scope["method"] == "OPTIONS":
                await _answer(send, 204, b"", headers)
                return
            asked = await self._asked(scope, receive, origin)
            body = await self._tag_routes[scope["path"]](asked)
        except Exception as error:  # noqa: BLE001 - every error has one form on the wire
            await _tell(send, scope, error, headers)
        else:
            await _answer(send, 200, body, [*headers, (b"content-type", b"application/json")])

    async def _asked(self, scope: Scope, receive: Receive, origin: str | None) -> Asked:
        if scope["method"] != "POST":
            raise Refusal(405, "Use POST.")
        kind = (_header(scope, b"content-type") or "text/plain").encode("latin-1", "replace")
        if not kind.lower().startswith(_TYPES):
            raise Refusal(415, "Send JSON as text/plain or application/json.")
        body = await _bounded_body(scope, receive)
        return Asked(body, origin, self._address(scope))

    async def _decide(self, asked: Asked) -> bytes:
        return await self._in_thread(partial(self._tag_api.decide, asked))

    async def _interactions(self, asked: Asked) -> bytes:
        recorded = await self._in_thread(partial(self._tag_api.record, asked))
        settled = await asyncio.gather(*(self._settled(one) for one in recorded))
        return msgspec.json.encode(InteractionResults(list(settled)))

    async def _settled(self, recorded: Recorded | Told) -> Recorded | Told:
        """All of a batch wait at the same time."""
        if isinstance(recorded, Told) or recorded.is_settled or recorded.result_token is None:
            return recorded
        return await self._followed(
            recorded.interaction, recorded.result_token, seconds=self._accept_wait
        )

    async def _results(self, asked: Asked) -> bytes:
        body = await self._in_thread(partial(self._tag_api.read_results_body, asked))
        first = await self._in_thread(partial(self._tag_api.follow, body.result_token))
        if not first.is_settled and body.wait_ms:
            first = await self._followed(
                first.interaction, body.result_token, seconds=body.wait_ms / 1000
            )
        return msgspec.json.encode(first)

    async def _previews(self, asked: Asked) -> bytes:
        preview = await self._in_thread(partial(self._tag_api.admit_preview, asked))
        if self._previews_waiting >= MOST_PREVIEWS:
            raise Refusal(503, "Too busy. Ask again in a moment.", retry_after=1)
        self._previews_waiting += 1
        asking = asyncio.get_running_loop().run_in_executor(self._preview_pool, preview)
        asking.add_done_callback(self._preview_ended)
        try:
            async with asyncio.timeout(self._preview_wait):
                return await asyncio.shield(asking)
        except TimeoutError as error:
            raise SiteSilent(retry_after=self._preview_wait) from error

    def _preview_ended(self, asking: asyncio.Future[bytes]) -> None:
        """Also of one that nobody waits for any longer: its thread was taken until now."""
        self._previews_waiting -= 1
        if not asking.cancelled():
            asking.exception()

    async def _followed(self, interaction: str, result_token: str, *, seconds: float) -> Recorded:
        def read() -> Awaitable[Recorded]:
            return self._in_thread(partial(self._tag_api.follow, result_token))

        return await self._waiter.until_settled(interaction, read, seconds=seconds)

    async def _hook(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A billing system's delivery: 200 only once it is stored."""
        try:
            await self._take_hook(scope, receive)
        except Exception as error:  # noqa: BLE001 - every error has one form on the wire
            is_post = scope["method"] == "POST"
            headers = [] if is_post else [(b"allow", b"POST")]
            await _tell(send, scope, error, [*_PLAIN_HEADERS, *headers])
        else:
            await _answer(send, 200, b"", _PLAIN_HEADERS)

    async def _take_hook(self, scope: Scope, receive: Receive) -> None:
        """Bodies are large, so that only so many may be here at once."""
        if scope["method"] != "POST":
            raise Refusal(405, "Use POST.")
        address = self._address(scope)
        self._hooks.admit(address)
        if self._hooks_open >= MOST_HOOKS:
            raise Refusal(503, "Too busy. Send it again in a moment.", retry_after=1)
        self._hooks_open += 1
        try:
            body = await _bounded_body(scope, receive, most=MOST_HOOK_BYTES)
            headers = {
                key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
            }
            take = partial(self._hooks.take, scope["path"], headers, body)
            await self._in_thread(take)
        finally:
            self._hooks_open -= 1

    def _address(self, scope: Scope) -> str:
        client = scope.get("client") or ("", 0)
        return self._addresses.of(client[0], ",".join(_headers(scope, b"x-forwarded-for")))

    async def _cors(self, origin: str | None) -> Headers:
        if origin is None:
            return _PLAIN_HEADERS
        headers = [*_PLAIN_HEADERS, (b"vary", b"Origin")]
        try:
            is_known = await self._in_thread(partial(self._tag_api.knows_origin, origin))
        except Exception:  # noqa: BLE001 - the request itself will say what is wrong
            is_known = False
        if is_known:
            headers += [
                (b"access-control-allow-origin", origin.encode("latin-1", "replace")),
                (b"access-control-allow-methods", b"POST"),
                (b"access-control-allow-headers", b"content-type"),
                (b"access-control-max-age", b"7200"),
                (b"access-control-expose-headers", b"retry-after"),
            ]
        return headers

    async def _give_file(self, scope: Scope, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"}:
            headers: Headers = [*_PLAIN_HEADERS, (b"allow", b"GET, HEAD")]
            await _tell(send, scope, Refusal(405, "Use GET."), headers)
            return
        file = self._tag_files.find(scope["path"])
        if file is None:
            await _tell(send, scope, Refusal(404, "There is no such file."), _PLAIN_HEADERS)
            return
        body, headers = file.body_for(_header(scope, b"accept-encoding") or "")
        await _answer(send, 200, body, headers)

    async def _tell_health(self, scope: Scope, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"}:
            headers: Headers = [*_PLAIN_HEADERS, (b"allow", b"GET, HEAD")]
            await _tell(send, scope, Refusal(405, "Use GET."), headers)
            return
        status, body = 200, b'{"status":"ok"}'
        if scope["path"] == "/readyz":
            report = await self._in_thread(self._health.read)
            status, body = (200 if report.is_ready else 503), msgspec.json.encode(report)
        await _answer(send, status, body, [*_PLAIN_HEADERS, (b"content-type", b"application/json")])

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise Refusal(503, "Too busy. Ask again in a moment.", retry_after=1)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


async def _bounded_body(scope: Scope, receive: Receive, *, most: int = MOST_BYTES) -> bytes:
    length = _header(scope, b"content-length") or "0"
    if not length.isdecimal() or int(length) > most:
        raise Refusal(413, f"A body has at most {most} bytes.")
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await _read_body(receive, most)
    except TimeoutError as error:
        raise Refusal(408, "The body did not come in time.") from error


async def _read_body(receive: Receive, most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(400, "The client went away.")
        body += message.get("body", b"")
        if len(body) > most:
            raise Refusal(413, f"A body has at most {most} bytes.")
        if not message.get("more_body", False):
            return bytes(body)


async def _tell(send: Send, scope: Scope, error: Exception, headers: Headers) -> None:
    if not isinstance(error, Refusal | ServiceRefused):
        _log.error("request.failed", path=scope["path"], exc_info=error)
    told = problem_of(error)
    headers = [*headers, (b"content-type", MEDIA_TYPE.encode())]
    if told.status == 405 and not any(name == b"allow" for name, _ in headers):
        headers.append((b"allow", b"POST, OPTIONS"))
    if told.status in {413, 408}:
        headers.append((b"connection", b"close"))
    if isinstance(error, Refusal | SiteSilent) and error.retry_after is not None:
        headers.append((b"retry-after", str(math.ceil(error.retry_after)).encode()))
    await _answer(send, told.status, encode(told), headers)


async def _answer(send: Send, status: int, body: bytes, headers: Headers) -> None:
    length: Headers = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})


def _header(scope: Scope, name: bytes) -> str | None:
    return next(iter(_headers(scope, name)), None)


def _headers(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]
