"""The simulator and Standfast as processes of their own, ended when we end."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

STOP_SECONDS = 20


class DidNotStart(Exception):
    """A process ended before it was ready."""


@dataclass(frozen=True)
class Simulator:
    url: str

    @property
    def host(self) -> str:
        """host:port, as Standfast's settings want it."""
        return urlsplit(self.url).netloc


@contextmanager
def running_simulator(keys: tuple[str, ...]) -> Generator[Simulator]:
    """A Chargify site that has been lived in, open to these API keys."""
    words = [word for key in keys for word in ("--api-key", key)]
    command = ("chargify-simulator", "serve", "--seed", "lived-in", *words)
    with _running(command, {}, None) as output:
        ready = json.loads(_first_line(output, "the simulator"))
        yield Simulator(ready["url"])


@contextmanager
def running_standfast(data: Path, environment: Mapping[str, str]) -> Generator[str]:
    """The address of `standfast serve` on this folder."""
    command = ("standfast", "serve", "--port", "0", "--data", str(data))
    data.parent.mkdir(parents=True, exist_ok=True)
    with (
        (data.parent / "standfast.log").open("w") as log,
        _running(command, environment, log) as output,
    ):
        line = _first_line(output, "standfast serve")
        yield next(word for word in line.split() if word.startswith("http"))


@contextmanager
def _running(
    command: tuple[str, ...], environment: Mapping[str, str], log: IO[str] | None
) -> Generator[IO[str]]:
    program, *words = command
    process = subprocess.Popen(  # noqa: S603 - our own programs
        (Path(sys.executable).with_name(program), *words),
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _first_line(output: IO[str], who: str) -> str:
    """What a process says when it is ready."""
    line = output.readline().strip()
    if not line:
        raise DidNotStart(f"{who} ended before it was ready")
    return line
