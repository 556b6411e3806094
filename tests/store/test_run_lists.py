"""What a list asks for is found without reading every run there ever was."""

import pytest
from sqlalchemy import text

from ledger.rig import APP, LedgerRig
from standfast.store.database import Database
from standfast.store.run_lists import OpenWork, count_open_work


@pytest.fixture
def ledger(database: Database, clock) -> LedgerRig:
    return LedgerRig(database, clock)


def test_what_waits_for_somebody_is_counted_by_its_index_alone(ledger: LedgerRig) -> None:
    runs = ledger.click(*["add_coupon"] * 5)
    with ledger.database.writing() as transaction:
        for run, change in zip(
            runs,
            ("state = 'needs_operator'", "incident = 'Odd.'", "incident = 'Odd.'"),
            strict=False,
        ):
            transaction.connection.execute(
                text(f"UPDATE action_runs SET {change} WHERE id = :id"), {"id": run.id}
            )

    with ledger.database.reading() as reader:
        counted, other = count_open_work(reader, APP), count_open_work(reader, "app_other")

    assert (counted, other) == (OpenWork(1, 2), OpenWork(0, 0))
    assert "ix_action_runs_open_work" in plan(ledger)


def plan(ledger: LedgerRig) -> str:
    """How the database counts, told by itself."""
    query = (
        "SELECT count(*) FROM action_runs WHERE app_id = 'app_test' "
        "AND (state = 'needs_operator' OR incident <> '')"
    )
    with ledger.database.writing() as transaction:
        if transaction.connection.dialect.name == "sqlite":
            rows = transaction.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")
        else:
            transaction.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            rows = transaction.connection.exec_driver_sql(f"EXPLAIN {query}")
        return " ".join(str(row) for row in rows)
