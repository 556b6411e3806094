"""What the ledger adds to an action, and how many it carries: beside DBOS, in the same run.

The connector does nothing (`actions_parts/idle.py`), so everything measured is ours: the click's
transaction with its interaction, history and run; the claim; the intent before the call; the
outcome after it; the hash-chained journal. Every commit is durable: SQLite runs with
synchronous=FULL, PostgreSQL with its defaults, DBOS with what it sets itself.

`overhead_p99_ms`: one click at a time, from before its transaction to the finished run.
`runs_per_s`: eight threads click, a worker works off (on PostgreSQL in a process of its own); from
the first click to the last finished run. `vs_dbos`: against workflows that DBOS takes into a queue
and works off, which is what we do; started directly, by the caller's own thread, it is quicker, and
that ratio stands in the table.

usage: ./run bench actions [--runs N] [--rounds N] [--json]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from actions_parts.ledger import Measured, measure_ledger
from actions_parts.quiet import be_quiet
from chaos_parts.postgresql import running_postgresql
from report import Bar, Report

PEER = Path(__file__).parent / "actions_parts" / "dbos_peer.py"
PEER_PYTHON = Path(__file__).parents[1] / ".envs" / "dbos" / "bin" / "python"
PEER_SECONDS = 600
BARS = {
    "overhead_p99_ms_sqlite": Bar("overhead_p99_ms_sqlite", 0, 3, "ms"),
    "runs_per_s_sqlite": Bar("runs_per_s_sqlite", 0, 800, "runs/s", "least"),
    "runs_per_s_postgresql": Bar("runs_per_s_postgresql", 0, 400, "runs/s", "least"),
    "vs_dbos_sqlite": Bar("vs_dbos_sqlite", 0, 10, "times", "least"),
    "vs_dbos_postgresql": Bar("vs_dbos_postgresql", 0, 5, "times", "least"),
}


def main() -> int:
    asked = _asked()
    be_quiet()
    report = Report("actions", ("sqlalchemy", "psycopg", "msgspec"))
    report.row(what="fsync of 4 kB on this disk", ms=_fsync_ms())
    values: dict[str, float] = {}
    for kind in ("sqlite", "postgresql"):
        values |= _beside_each_other(report, kind, asked)
    for name, bar in BARS.items():
        report.bar(Bar(name, values[name], bar.bar, bar.unit, bar.at))
    return report.finish()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What the ledger adds to an action.")
    parser.add_argument("--runs", type=int, default=4000, help="runs of the ledger in each round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each, taken in turns")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    return parser.parse_args()


def _beside_each_other(report: Report, kind: str, asked: argparse.Namespace) -> dict[str, float]:
    """Rounds of the ledger and of DBOS, in turns; medians."""
    ledger: list[Measured] = []
    peer: list[dict[str, float]] = []
    for number in range(1, asked.rounds + 1):
        ledger.append(_of_ledger(kind, asked.runs))
        peer.append(_of_dbos(kind, max(asked.runs // 20, 50)))
        report.row(
            what=f"ledger, {kind}, round {number}",
            per_s=ledger[-1].runs_per_s,
            cpu_ms=ledger[-1].cpu_ms,
            overhead_p50_ms=ledger[-1].overhead_p50_ms,
            overhead_p99_ms=ledger[-1].overhead_p99_ms,
        )
        report.row(
            what=f"DBOS, {kind}, round {number}",
            per_s=peer[-1]["queued"],
            direct_per_s=peer[-1]["direct"],
            cpu_ms=peer[-1]["cpu_ms"],
        )
    ours = statistics.median(one.runs_per_s for one in ledger)
    direct = statistics.median(one["direct"] for one in peer)
    report.row(what=f"ledger against DBOS started directly, {kind}", times=ours / direct)
    return {
        f"overhead_p99_ms_{kind}": statistics.median(one.overhead_p99_ms for one in ledger),
        f"runs_per_s_{kind}": ours,
        f"vs_dbos_{kind}": ours / statistics.median(one["queued"] for one in peer),
    }


def _of_ledger(kind: str, runs: int) -> Measured:
    os.sync()  # what the round before has left to write is written before this one begins
    with tempfile.TemporaryDirectory() as folder, _address(kind) as url:
        return measure_ledger(Path(folder), url, runs)


def _of_dbos(kind: str, count: int) -> dict[str, float]:
    os.sync()
    with tempfile.TemporaryDirectory() as folder, _address(kind) as url:
        told = subprocess.run(
            [str(PEER_PYTHON), str(PEER), url or f"sqlite:///{folder}/dbos.sqlite", str(count)],
            capture_output=True,
            text=True,
            timeout=PEER_SECONDS,
            check=True,
        )
    return json.loads(told.stdout.splitlines()[-1])


@contextmanager
def _address(kind: str) -> Generator[str | None]:
    if kind == "sqlite":
        yield None
        return
    with running_postgresql(settings=()) as url:
        yield url


def _fsync_ms(count: int = 200) -> float:
    with tempfile.NamedTemporaryFile() as file:
        began = time.perf_counter()
        for _ in range(count):
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        return (time.perf_counter() - began) / count * 1000


if __name__ == "__main__":
    sys.exit(main())
