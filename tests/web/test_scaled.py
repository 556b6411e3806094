"""Two houses on one PostgreSQL: the one answers, the other works."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from clocks import FrozenClock
from standfast.bootstrap import House, build
from standfast.config import Durations, Settings
from standfast.connectors.registry import Registry
from standfast.contract.testing import ScriptedConnector, World
from standfast.services.open_site import Site


class _Sites:
    def __init__(self, world: World) -> None:
        self.connector = ScriptedConnector(world)

    def open(self, connection: object, lane: object) -> Site:
        return Site(self.connector, self.connector.world.transport, {})


def _house(tmp_path, url: str, clock: FrozenClock, world: World) -> House:
    sites = _Sites(world)
    settings = replace(
        Settings(data=tmp_path / "data", database_url=url), durations=Durations(accept_wait=10.0)
    )
    return build(settings, clock, registry=Registry([sites.connector]), sites=sites)


@pytest.fixture
def house(tmp_path, postgresql_url: str, clock: FrozenClock, world: World) -> Iterator[House]:
    house = _house(tmp_path, postgresql_url, clock, world)
    yield house
    house.close()


@pytest.fixture
def other_house(
    tmp_path, house: House, postgresql_url: str, clock: FrozenClock, world: World
) -> Iterator[House]:
    other = _house(tmp_path, postgresql_url, clock, world)
    yield other
    other.close()


def test_a_click_at_one_process_is_done_by_another_and_answered_by_the_first(
    shop, other_house: House
) -> None:
    shop.offer_cancelling()
    shop.house.clock.advance(1)  # what is live may be a second old
    (prompt,) = shop.decide().json()["prompts"]
    worker = other_house.worker()
    worker.start()

    result = shop.interact(prompt["token"]).json()["results"][0]
    worker.stop()

    assert [run["state"] for run in result["runs"]] == ["succeeded"]
    assert len(shop.world.changes) == 1
