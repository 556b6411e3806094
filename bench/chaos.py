"""Kills processes and breaks connections while visitors click, then compares ledger and biller."""

import sys

sys.path.append(sys.path.pop(0))  # a package is found before the bench of its name (click)

import argparse
import logging
import random
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from chaos_parts.course import run_course
from chaos_parts.surroundings import Scale
from chaos_parts.told import tell
from standfast.logs import configure as configure_logs

DATABASES = ("sqlite", "postgresql")


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    configure_logs(level=logging.WARNING)
    seed = random.SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    scale = Scale(
        chosen.at_once,
        chosen.webs,
        chosen.workers,
        seconds=60 * chosen.minutes,
        durations=dict(chosen.duration),
    )
    wanted = DATABASES if chosen.database == "both" else (chosen.database,)
    courses = {}
    for database in wanted:
        # A short name: PostgreSQL's and our own sockets live below it.
        folder = Path(tempfile.mkdtemp(prefix="sf-chaos-"))
        courses[database] = run_course(
            folder, rounds=chosen.rounds, seed=seed, scale=scale, database=database
        )
        if courses[database].verdict.complaints or chosen.keep:
            print(f"The processes' logs and the data are kept in {folder}.", file=sys.stderr)
        else:
            shutil.rmtree(folder)
    return tell(courses, seed).finish(["--json"] if chosen.json else [])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run bench chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="visitors' intentions")
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    parser.add_argument("--seed", type=int, help="the same number draws the same rounds")
    parser.add_argument("--at-once", type=int, default=12, help="rounds under way at once")
    parser.add_argument("--webs", type=int, default=2, help="`standfast web` on PostgreSQL")
    parser.add_argument("--workers", type=int, default=3, help="`standfast worker` on PostgreSQL")
    parser.add_argument(
        "--duration",
        action="append",
        default=[],
        type=_duration,
        metavar="NAME=SECONDS",
        help="change one of Standfast's; with absence_proof=0 the bars must fail",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=float("inf"),
        help="begin no round after so long, and judge those that were played",
    )
    parser.add_argument("--keep", action="store_true", help="keep logs and data in any case")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser


def _duration(text: str) -> tuple[str, float]:
    name, _, seconds = text.partition("=")
    return name, float(seconds)


if __name__ == "__main__":
    sys.exit(main())
