"""A page of the customer's, on an origin of its own, under a policy as strict as they come."""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PLAIN = """
html { font: 16px/1.5 system-ui, sans-serif; background: #f4f5f7; color: #222; }
@media (prefers-color-scheme: dark) { html { background: #0e1014; color: #ddd; } }
a { color: inherit; }
main { max-width: 60rem; margin: 3rem auto; padding: 0 1rem; }
"""


@dataclass
class HostPage:
    """What the next request gets; a test changes it before it goes there."""

    standfast: str
    app: str
    token: Callable[[], str]
    script: str = 'standfast("identify", async () => (await fetch("/token")).text());'
    style: str = PLAIN
    direction: str = "ltr"
    tags: int = 1
    url: str = ""
    tokens: list[str] = field(default_factory=list[str])
    pages: dict[str, str] = field(default_factory=dict[str, str])
    """More pages of the same origin, by path."""

    @property
    def policy(self) -> str:
        """`'self'` is the page's own script and style; nothing inline may run or style."""
        return (
            f"default-src 'none'; script-src 'self' {self.standfast}; "
            f"connect-src 'self' {self.standfast}; style-src 'self'; "
            "img-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'"
        )

    def html(self) -> str:
        tag = f'<script async src="{self.standfast}/tag/v1.js" data-app="{self.app}"></script>'
        return (
            f'<!doctype html><html lang="en" dir="{self.direction}"><head><title>Shop</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<link rel="icon" href="/icon"><link rel="stylesheet" href="/style.css">'
            f'<script src="/page.js"></script>{tag * self.tags}</head>'
            "<body><main><h1>Your plan</h1>"
            "<p>Everything about your subscription.</p>"
            '<p><button type="button" id="manage">Manage plan</button> '
            '<a href="/other">Other</a></p>'
            "</main></body></html>"
        )

    def javascript(self) -> str:
        """The documented snippet, a record of what was told, then the test's own words."""
        return (
            "window.standfast = window.standfast || "
            "function () { (standfast.q = standfast.q || []).push(arguments) };\n"
            "window.told = [];\n"
            'for (const one of ["shown", "result", "closed"])'
            ' standfast("on", one, facts => told.push([one, facts]));\n' + self.script
        )

    def answer(self, path: str) -> tuple[str, bytes]:
        if path == "/token":
            self.tokens.append(self.token())
            return "text/plain", self.tokens[-1].encode()
        if path == "/page.js":
            return "text/javascript", self.javascript().encode()
        if path == "/style.css":
            return "text/css", self.style.encode()
        if path == "/icon":
            return "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"/>'
        return "text/html; charset=utf-8", (self.pages.get(path) or self.html()).encode()


@contextmanager
def served_page(page: HostPage) -> Generator[HostPage]:
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = page.answer(self.path.partition("?")[0])
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.send_header("cache-control", "no-store")
            self.send_header("content-security-policy", page.policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    page.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield page
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def quoted(value: object) -> str:
    return json.dumps(value)
