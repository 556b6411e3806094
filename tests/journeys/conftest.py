"""What every journey stands on. A file may shorten or lengthen `durations`."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import structlog

from journeys.billing_site import BillingSite, billing_site
from journeys.rig import QUICK, MovingClock, Rig, open_shop, served, standing_house, working
from standfast.config import Durations


@pytest.fixture(autouse=True, scope="module")
def silence() -> Iterator[None]:
    """Much goes wrong here on purpose; its log lines would only cost time."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture
def durations() -> Durations:
    return QUICK


@pytest.fixture
def moving_clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
def site() -> Iterator[BillingSite]:
    with billing_site() as site:
        yield site


@pytest.fixture
def rig(
    tmp_path: Path,
    site: BillingSite,
    moving_clock: MovingClock,
    durations: Durations,
    database_url: str | None,
) -> Iterator[Rig]:
    """Everything stands and works; no connection yet, and nobody at the site."""
    data = tmp_path / "data"
    with ExitStack() as stack:
        house = stack.enter_context(
            standing_house(data, site, moving_clock, durations=durations, database_url=database_url)
        )
        stack.enter_context(working(house))
        client = stack.enter_context(served(house))
        yield Rig(house, site, open_shop(house, client, moving_clock), moving_clock)
