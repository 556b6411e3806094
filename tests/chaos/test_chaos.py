"""`./run bench chaos`, short: processes are killed and connections break while visitors click."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 600


def chaos(*words: str) -> dict:
    """The bench's report. What it says beside it, the processes' logs too, is shown on failure."""
    finished = subprocess.run(
        [sys.executable, "bench/chaos.py", "--json", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return json.loads(finished.stdout)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_in_a_hundred_rounds_of_chaos_nothing_is_lost_and_nothing_happens_twice(database):
    report = chaos("--rounds", "100", "--database", database, "--seed", "4")

    assert [bar for bar in report["bars"] if not bar["holds"]] == []


def test_a_ledger_that_trusts_an_absence_too_soon_is_found_out():
    # Two at a time, so that no other round keeps a look-up waiting until the effect is there.
    careless = ("--duration", "absence_proof=0", "--at-once", "2")

    report = chaos("--rounds", "60", "--database", "sqlite", "--seed", "27", *careless)

    fallen = [bar["name"] for bar in report["bars"] if not bar["holds"]]
    assert "effects_twice" in fallen
