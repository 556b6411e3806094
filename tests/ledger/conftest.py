import pytest

from clocks import FrozenClock
from ledger.rig import LedgerRig
from standfast.store.database import Database


@pytest.fixture
def ledger(database: Database, clock: FrozenClock) -> LedgerRig:
    return LedgerRig(database, clock)
