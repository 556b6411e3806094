"""Puts the app behind uvicorn's HTTP protocol, with a hand on each connection to cut it."""

import asyncio
import socket

import uvloop
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from .app import App
from .twin import Twin

LISTEN_BACKLOG = 512


class CuttableProtocol(HttpToolsProtocol):
    """The ASGI scope carries the transport, so that the app can abort the connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["transport"] = self.transport  # pyright: ignore[reportGeneralTypeIssues]


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.listen(LISTEN_BACKLOG)
    listener.setblocking(False)
    return listener


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server:
    def __init__(self, twin: Twin) -> None:
        self.twin = twin
        self.config = Config(
            App(twin),  # pyright: ignore[reportArgumentType] - ours reads only HTTP scopes
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=75,
        )

    async def serve(self, listener: socket.socket, stopping: asyncio.Event) -> None:
        """Until told to stop; then held requests and open connections end at once."""
        self.config.load()
        state = ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: CuttableProtocol(self.config, state, {}, loop), sock=listener
        )
        courier = asyncio.create_task(self.twin.courier.run())
        await stopping.wait()
        courier.cancel()
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # so that every exchange knows that its client is gone
        for task in list(state.tasks):
            task.cancel()
        await asyncio.gather(courier, *state.tasks, return_exceptions=True)


def new_loop() -> asyncio.AbstractEventLoop:
    return uvloop.new_event_loop()
