"""Processes that can be killed in the middle of anything and started again."""

import os
import select
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

READY_SECONDS = 60
STOP_SECONDS = 30


class DidNotStart(Exception):
    """A process ended, or said nothing, before it was ready."""


class Program:
    """One of our programs; its log grows over all its lives."""

    def __init__(
        self, name: str, *words: str, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self.ready = threading.Event()
        self.failure: str | None = None
        self.log = folder / f"{name}.log"
        self._words = words
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self, *more: str) -> str:
        """Its first line, which it says when it is ready."""
        program, *words = self._words
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                (Path(sys.executable).with_name(program), *words, *more),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._environment,
            )
        assert self._process.stdout is not None
        line = _first_line(self._process.stdout)
        if not line:
            ended = self._process.poll()
            self.stop()
            self.failure = f"{self.name} did not become ready (exit status {ended}): see its log"
            raise DidNotStart(self.failure)
        self.ready.set()
        return line

    def notice_death(self) -> None:
        """Called when it does not answer: nobody but us may end it."""
        process = self._process
        if self.ready.is_set() and process is not None and process.poll() is not None:
            self.failure = f"{self.name} ended by itself (exit status {process.returncode})"

    def kill(self) -> None:
        """SIGKILL: no last word, no cleaning up."""
        assert self._process is not None
        self.ready.clear()
        self._process.kill()
        self._process.wait()
        self._close()

    def stop(self) -> None:
        self.ready.clear()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close()

    def _close(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None


class Front(Program):
    """A program that answers HTTP, always at the same address."""

    url: str = ""

    def start(self, *more: str) -> str:
        port = self.url.rpartition(":")[2] or "0"
        line = super().start("--port", port, *more)
        self.url = next(word for word in line.split() if word.startswith("http"))
        return line


@dataclass(frozen=True)
class Fleet:
    """`fronts` answer visitors, `workers` perform; embedded they are one and the same."""

    fronts: tuple[Front, ...]
    workers: tuple[Program, ...]

    def programs(self) -> list[Program]:
        return list(dict.fromkeys((*self.fronts, *self.workers)))


@contextmanager
def running_fleet(
    folder: Path, data: Path, environment: Mapping[str, str], *, webs: int, workers: int
) -> Generator[Fleet]:
    """`standfast serve`, or with DATABASE_URL so many `web` and `worker` processes."""
    life = partial(_Life, folder, environment, data)
    if "DATABASE_URL" in environment:
        fronts = tuple(life("web").front(f"web-{n}") for n in range(webs))
        fleet = Fleet(fronts, tuple(life("worker").program(f"worker-{n}") for n in range(workers)))
    else:
        serve = life("serve").front("serve")
        fleet = Fleet((serve,), (serve,))
    with ExitStack() as stack:
        for program in fleet.programs():
            stack.callback(program.stop)
            program.start()
        yield fleet


@dataclass(frozen=True)
class _Life:
    """How one of Standfast's commands is started here."""

    folder: Path
    environment: Mapping[str, str]
    data: Path
    command: str

    def program(self, name: str) -> Program:
        return Program(name, *self._words(), folder=self.folder, environment=self.environment)

    def front(self, name: str) -> Front:
        return Front(name, *self._words(), folder=self.folder, environment=self.environment)

    def _words(self) -> tuple[str, ...]:
        return "standfast", self.command, "--data", str(self.data)


def _first_line(output: IO[str]) -> str:
    readable, _, _ = select.select([output], [], [], READY_SECONDS)
    return output.readline().strip() if readable else ""
