import logging

import pytest
import structlog

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
