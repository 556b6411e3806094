"""Processes of the demo's own: started, watched, and ended by their process ids."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import IO

READY_SECONDS = 60
STOP_SECONDS = 20
TAIL_LINES = 15


class ChildFailed(Exception):
    """A process ended by itself, or was not ready in time; `tail` is the end of its log."""

    def __init__(self, name: str, what: str, log: Path) -> None:
        self.tail = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        super().__init__(f"{name} {what}. The end of {log}:")


@dataclass
class Child:
    name: str
    process: subprocess.Popen[str]
    log: Path
    _said: Queue[str] = field(default_factory=Queue[str])

    def await_line(self, beginning: str) -> str:
        """The first line on its standard output that begins so. Raises `ChildFailed`."""
        line = self.find_line(beginning, within_seconds=READY_SECONDS)
        if line is None:
            raise ChildFailed(self.name, f"was not ready after {READY_SECONDS} s", self.log)
        return line

    def find_line(self, beginning: str, *, within_seconds: float) -> str | None:
        """None when it has said no such thing by then. Raises `ChildFailed`."""
        until = time.monotonic() + within_seconds
        while (left := until - time.monotonic()) > 0:
            try:
                line = self._said.get(timeout=min(left, 0.2))
            except Empty:
                self.check()
                continue
            if line.startswith(beginning):
                return line
        return None

    def check(self) -> None:
        """Raises `ChildFailed` when it is no longer there."""
        status = self.process.poll()
        if status is not None:
            raise ChildFailed(self.name, f"ended by itself ({_told(status)})", self.log)

    def listen(self) -> None:
        """Copies its standard output into its log, line by line."""
        assert self.process.stdout is not None
        with self.log.open("a") as log:
            for line in self.process.stdout:
                log.write(line)
                log.flush()
                self._said.put(line.rstrip("\n"))

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _told(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


@contextmanager
def running(
    name: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> Generator[Child]:
    """Apart from the terminal: Ctrl-C reaches the demo, which then ends them in order."""
    log.unlink(missing_ok=True)
    with log.open("a") as errors:
        process = _begun(command, errors, environment or {})
    child = Child(name, process, log)
    listener = threading.Thread(target=child.listen, daemon=True)
    listener.start()
    try:
        yield child
    finally:
        child.end()
        listener.join(STOP_SECONDS)


def _begun(
    command: Sequence[str], errors: IO[str], environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own programs
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env={**_plain_environment(), "PYTHONUNBUFFERED": "1", **environment},
        start_new_session=True,
    )


def _plain_environment() -> dict[str, str]:
    """Ours without the settings of a Standfast that somebody runs for real."""
    return {
        name: value
        for name, value in os.environ.items()
        if name != "DATABASE_URL" and not name.startswith("STANDFAST_")
    }


def program(name: str) -> str:
    """A program that was installed beside this Python."""
    return str(Path(sys.executable).with_name(name))
