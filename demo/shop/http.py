"""The little of HTTP that the shop needs, on bare ASGI."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MOST_BYTES = 10_000
HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]

    def cookie(self, name: str) -> str | None:
        cookies = SimpleCookie()
        try:
            cookies.load(self.headers.get("cookie", ""))
        except CookieError:
            return None
        return cookies[name].value if name in cookies else None


@dataclass(frozen=True)
class Response:
    body: bytes = b""
    status: int = 200
    kind: str = HTML
    headers: dict[str, str] = field(default_factory=dict[str, str])


def go(path: str, **headers: str) -> Response:
    """After a form: the browser asks for that page."""
    return Response(status=303, headers={"location": path, **headers})


def plain(text: str, status: int = 200) -> Response:
    return Response(text.encode(), status, TEXT, {"cache-control": "no-store"})


async def read_request(scope: Scope, receive: Receive) -> Request:
    headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
    body = await _read_body(receive) if scope["method"] == "POST" else b""
    form = dict(parse_qsl(body.decode("utf-8", "replace")))
    return Request(scope["method"], scope["path"], headers, form)


async def _read_body(receive: Receive) -> bytes:
    """At most so much; what is longer is no form of ours and is cut."""
    body, more = b"", True
    while more and len(body) <= MOST_BYTES:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body[:MOST_BYTES]


async def send_response(send: Send, response: Response, guarding: dict[str, str]) -> None:
    headers = {
        "content-type": response.kind,
        "content-length": str(len(response.body)),
        **guarding,
        **response.headers,
    }
    raw = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    await send({"type": "http.response.body", "body": response.body})
