"""The processes: serve (all in one), web, worker."""

import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType

import structlog
import uvicorn

from standfast import logs
from standfast.bootstrap import House, build, settle_down
from standfast.cli.commands import COMMANDS, Arguments
from standfast.cli.lock import DataLock
from standfast.cli.wire import CommandSocket
from standfast.clock import SystemClock
from standfast.config import Settings
from standfast.store.runs import free_all_leases
from standfast.store.syncs import free_sync_leases
from standfast.store.webhooks import free_webhook_leases

DRAIN_SECONDS = 15

_log = structlog.get_logger()


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()


def serve(settings: Settings, environment: dict[str, str], *, host: str, port: int) -> int:
    """Edge and worker in this process, which alone may hold the data folder."""
    logs.configure()
    lock = DataLock(settings.data)
    lock.take()
    house = build(settings, environment=environment, may_upgrade=True)
    settle_down()
    house.database.make_room()
    _free_leases(house)
    app = house.manage_app.create_first()
    if app is not None:
        _log.info("app.created", app=app.id, domains=" ".join(app.domains))
    commands = CommandSocket(settings.data, lambda name, given: _perform(house, name, given))
    _open(commands)
    worker = house.worker()
    worker.start()
    try:
        _answer_http(house, host=host, port=port, welcome=house.links.welcome_when_empty())
    finally:
        worker.stop()
        commands.close()
        house.close()
        lock.release()
        _log.info("server.stopped")
    return 0


def web(settings: Settings, environment: dict[str, str], *, host: str, port: int) -> int:
    """One of many; the work is done by `standfast worker` processes."""
    logs.configure()
    house = build(settings, environment=environment, may_upgrade=False)
    settle_down()
    try:
        _answer_http(house, host=host, port=port)
    finally:
        house.close()
    return 0


def work(settings: Settings, environment: dict[str, str]) -> int:
    """One of many workers on one PostgreSQL."""
    logs.configure()
    house = build(settings, environment=environment, may_upgrade=False)
    settle_down()
    stopping = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda _number, _frame: stopping.set())
    worker = house.worker()
    worker.start()
    sys.stdout.write(f"Standfast {worker.name} works.\n")
    sys.stdout.flush()
    stopping.wait()
    worker.stop()
    house.close()
    _log.info("worker.stopped")
    return 0


def _answer_http(house: House, *, host: str, port: int, welcome: str | None = None) -> None:
    """`welcome` is the token of the link with which the first operator sets up the console."""
    edge, framework = house.edge()
    listening = _listen(host, port)

    def announce() -> None:
        name, number = listening.getsockname()[:2]
        shown = f"[{name}]" if ":" in name else name
        sys.stdout.write(f"Standfast listens at http://{shown}:{number}\n")
        if welcome:
            url = house.environment.get("STANDFAST_URL") and house.settings.url
            url = url or f"http://{shown}:{number}"
            sys.stdout.write(f"Set up the console within 24 hours: {url}/welcome/{welcome}\n")
        sys.stdout.flush()
        framework.begin()

    config = uvicorn.Config(
        edge,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=30,
    )
    # uvicorn drains on these, then raises them again for whoever handled them before: for us.
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, _heed_nothing)
    try:
        _Server(config, announce).run(sockets=[listening])
    finally:
        edge.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    listening.listen(2048)
    return listening


def _free_leases(house: House) -> None:
    """Whoever holds the lock file is the only worker: every lease is a dead process's."""
    with house.database.writing() as transaction:
        freed = free_all_leases(transaction, now=SystemClock().now())
        free_sync_leases(transaction)
        free_webhook_leases(transaction)
    if freed:
        _log.info("leases.freed", count=freed)


def _perform(house: House, name: str, given: Arguments) -> list[str]:
    return COMMANDS[name](house, given)


def _open(commands: CommandSocket) -> None:
    try:
        commands.open()
    except OSError as error:
        _log.warning("commands.closed", reason=str(error))


def _heed_nothing(_number: int, _frame: FrameType | None) -> None:
    pass
