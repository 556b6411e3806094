"""Real processes of the command line, on loopback, each in a folder of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


class Terminal:
    """Runs `standfast` as an administrator would, with this test's data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("STANDFAST")},
            "STANDFAST_DATA": str(data),
        }
        self.environment.pop("DATABASE_URL", None)
        self.servers: list[subprocess.Popen[str]] = []

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "standfast.cli", *arguments],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def done(self, *arguments: str, **environment: str) -> list[str]:
        """The lines of a command that must succeed."""
        answer = self.run(*arguments, **environment)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.splitlines()

    def serve(self, *arguments: str, **environment: str) -> str:
        """The address of a server that listens."""
        line = self.start(*(arguments or ("serve",)), "--port", "0", **environment)
        found = re.search(r"http://\S+", line)
        assert found, self.log()
        return found[0]

    def start(self, *arguments: str, **environment: str) -> str:
        """The line with which a process says that it is ready."""
        with (self.data.parent / "log").open("a") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "standfast.cli", *arguments],
                env={**self.environment, **environment},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.servers.append(server)
        assert server.stdout is not None
        return server.stdout.readline()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        server = self.servers.pop()
        server.send_signal(number)
        status = server.wait(30)
        assert server.stdout is not None
        server.stdout.close()
        return status

    def log(self) -> str:
        return (self.data.parent / "log").read_text()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path / "data")
    yield terminal
    while terminal.servers:
        terminal.stop(signal.SIGKILL)
