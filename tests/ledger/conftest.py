import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from clocks import FrozenClock
from ledger.operators import Desk
from ledger.rig import LedgerRig
from standfast.store.database import Database


@pytest.fixture
def ledger(database: Database, clock: FrozenClock) -> LedgerRig:
    return LedgerRig(database, clock)


@pytest.fixture
def desk(ledger: LedgerRig) -> Desk:
    return Desk.over(ledger)


@pytest.fixture(autouse=True, scope="module")
def silence():
    """Thousands of runs fail here on purpose; their log lines would only cost time."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    """What the ledger has logged so far, in a test that is about that."""
    silent = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    with capture_logs() as lines:
        yield lines
    structlog.configure(**silent)
