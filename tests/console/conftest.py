"""One house with an app and its first administrator, served over real HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clocks import FrozenClock
from console.rig import Person, Visitor, a_house, served, signed_in, the_first
from standfast.bootstrap import House


@pytest.fixture
def house(tmp_path: Path, clock: FrozenClock) -> Iterator[House]:
    with a_house(tmp_path / "data", clock) as house:
        yield house


@pytest.fixture
def url(house: House) -> Iterator[str]:
    with served(house) as url:
        yield url


@pytest.fixture
def app(house: House) -> str:
    return house.manage_app.create("Acme", domains=("https://acme.io",)).id


@pytest.fixture
def ada(house: House, app: str) -> Person:
    """The company's administrator."""
    return the_first(house)


@pytest.fixture
def browser_of_ada(house: House, url: str, ada: Person) -> Visitor:
    return signed_in(house, url, ada)


@pytest.fixture
def guest(url: str) -> Visitor:
    return Visitor(url)
