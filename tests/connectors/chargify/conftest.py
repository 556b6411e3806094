"""A fresh Chargify site for every test."""

from collections.abc import Generator

import httpx2
import pytest

from chargify_simulator.testing import running_simulator
from connectors.chargify.site import ChargifySite
from standfast.connectors.transport import Timeouts, open_client


@pytest.fixture(scope="session")
def client() -> Generator[httpx2.Client]:
    with open_client(Timeouts()) as opened:
        yield opened


@pytest.fixture
def site(client: httpx2.Client) -> Generator[ChargifySite]:
    with running_simulator() as simulator:
        yield ChargifySite(simulator, client)
