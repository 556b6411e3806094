"""Standfast as processes of its own, for tests in which one must die."""

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import IO

import httpx2

from journeys.billing_site import BillingSite
from journeys.rig import (
    ASKING_FREELY,
    QUICK,
    MovingClock,
    Rig,
    open_shop,
    served,
    standing_house,
    working,
)
from journeys.shop import Shop
from standfast.config import Durations

DYING = replace(QUICK, lease=1.0, heartbeat=0.3, absence_proof=1.5)
"""A dead worker's run is taken over soon; the vendor drops what takes longer than a second."""
CUT_SECONDS = 1.0


@dataclass
class Stage:
    """One process to be killed: `standfast serve` (embedded) or `standfast worker`.

    With PostgreSQL a web process of ours goes on answering while the worker is dead.
    """

    site: BillingSite
    data: Path
    database_url: str | None
    shop: Shop
    open_things: ExitStack
    process: subprocess.Popen[str] | None = field(default=None)

    @property
    def is_embedded(self) -> bool:
        return self.database_url is None

    def start(self) -> None:
        words = ("serve", "--port", "0") if self.is_embedded else ("worker",)
        log = self.open_things.enter_context((self.data.parent / "standfast.log").open("a"))
        self.process = _begun(words, self.data, self._environment(), log)
        first_line = self._first_line()
        if self.is_embedded:
            url = next(word for word in first_line.split() if word.startswith("http"))
            client = httpx2.Client(base_url=url, trust_env=False, timeout=30)
            self.shop = self.shop.at(self.open_things.enter_context(client))

    def kill(self) -> None:
        """As `kill -9` does: no handler runs, nothing is tidied up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None

    def _first_line(self) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (self.data.parent / "standfast.log").read_text()
        return line

    def _environment(self) -> dict[str, str]:
        given = {
            "STANDFAST_SIMULATOR_HOSTS": self.site.host,
            "STANDFAST_DURATIONS": _said(DYING),
            **ASKING_FREELY,
        }
        return given if self.database_url is None else {**given, "DATABASE_URL": self.database_url}


@contextmanager
def furnishing(data: Path, site: BillingSite, database_url: str | None) -> Generator[Rig]:
    """A house of ours to set things up in; it is gone before the process begins."""
    clock = MovingClock()
    with (
        standing_house(data, site, clock, database_url=database_url) as house,
        served(house) as client,
        working(house),
    ):
        yield Rig(house, site, open_shop(house, client, clock), clock)


@contextmanager
def playing(
    data: Path, site: BillingSite, shop: Shop, database_url: str | None
) -> Generator[Stage]:
    """The process runs; whatever is left of it ends with the block."""
    with ExitStack() as open_things:
        clock = MovingClock()
        stage = Stage(site, data, database_url, replace(shop, clock=clock), open_things)
        if database_url is not None:
            house = open_things.enter_context(
                standing_house(data, site, clock, durations=DYING, database_url=database_url)
            )
            stage.shop = stage.shop.at(open_things.enter_context(served(house)))
        stage.start()
        try:
            yield stage
        finally:
            if stage.process is not None:
                stage.kill()


def _begun(
    words: tuple[str, ...], data: Path, environment: dict[str, str], log: IO[str]
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        (Path(sys.executable).with_name("standfast"), *words, "--data", str(data)),
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, **environment},
    )


def _said(durations: Durations) -> str:
    return ",".join(f"{one.name}={getattr(durations, one.name)}" for one in fields(durations))
