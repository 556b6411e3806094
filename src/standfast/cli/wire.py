"""Commands for the running server, over a socket in its data folder that only its owner opens."""

import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from standfast.cli.commands import COMMANDS, Arguments
from standfast.cli.failures import FAILURES, told

SOCKET_FILE = "socket"
MOST_BYTES = 256 * 1024
PATIENCE_SECONDS = 300.0

_log = structlog.get_logger()


class ServerSilent(Exception):
    """A server holds the data folder but does not answer on its socket."""


class CommandFailed(Exception):
    """The server could not do it; the message is the server's."""


class CommandSocket:
    """Answers one command after the other, each as one line of JSON."""

    def __init__(self, data: Path, perform: Callable[[str, Arguments], list[str]]) -> None:
        self._path = data / SOCKET_FILE
        self._perform = perform
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread = threading.Thread(target=self._serve, name="commands", daemon=True)

    def open(self) -> None:
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._socket.bind(str(self._path))
        finally:
            os.umask(before)
        self._socket.listen(8)
        self._thread.start()

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(PATIENCE_SECONDS)
                try:
                    connection.sendall(json.dumps(self._answer(_line(connection))).encode() + b"\n")
                except OSError:
                    continue

    def _answer(self, line: bytes) -> dict[str, object]:
        try:
            asked = json.loads(line)
            name, arguments = str(asked["command"]), dict(asked["arguments"])
            if name not in COMMANDS:
                return {"error": f"The server does not know the command {name!r}."}
            _log.info("command.performed", command=name)
            return {"lines": self._perform(name, arguments)}
        except FAILURES as error:
            return {"error": told(error)}
        except Exception:  # noqa: BLE001 - the server outlives every command
            _log.exception("command.failed")
            return {"error": "The server failed; its log says why."}


def ask_server(data: Path, name: str, arguments: Arguments) -> list[str]:
    """What the running server answered. Raises `ServerSilent`, `CommandFailed`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        try:
            connection.connect(str(data / SOCKET_FILE))
            line = json.dumps({"command": name, "arguments": dict(arguments)})
            connection.sendall(line.encode() + b"\n")
            answer = json.loads(_line(connection))
        except (OSError, ValueError) as error:
            raise ServerSilent(
                f"A process holds {data / 'lock'} and does not answer on {data / SOCKET_FILE}. "
                "Stop it, or wait until it has started."
            ) from error
    if "error" in answer:
        raise CommandFailed(str(answer["error"]))
    return [str(one) for one in answer["lines"]]


def _line(connection: socket.socket) -> bytes:
    received = bytearray()
    while not received.endswith(b"\n") and len(received) < MOST_BYTES:
        part = connection.recv(64 * 1024)
        if not part:
            break
        received += part
    return bytes(received)
