"""Changes the heart of the product in small ways, one at a time: does a test notice?

usage: ./run mutants [NAME...]    (a NAME is a module or a function, with * for anything)

What to change and which tests may notice stands in pyproject.toml under [tool.mutmut]. What is
known of an earlier run is kept in mutants/; delete it to begin anew.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from report import Bar, Report

ROOT = Path(__file__).parents[1]
FOUND_IN = ROOT / "mutants" / "src"
LEAST_PERCENT = 90
KILLED, SURVIVED, UNTESTED = {1, 3}, {0}, {33}
"""mutmut's words for how the tests ended; None is a mutant whose turn has not come."""


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    names = [name for name in given if name != "--json"]
    mutmut = Path(sys.executable).with_name("mutmut")
    # What it shows while it works is for people; the table stands on standard output.
    subprocess.run([mutmut, "run", *names], cwd=ROOT, stdout=sys.stderr, check=False)
    report = Report("mutants", packages=("mutmut", "pytest"))
    for file in sorted(FOUND_IN.rglob("*.meta")):
        _tell(report, file)
    return report.finish(["--json"] if "--json" in given else [])


def _tell(report: Report, file: Path) -> None:
    ends = Counter(_end(code) for code in _codes(file))
    tried = ends.total() - ends["not tried"]
    if not tried:
        return
    name = str(file.relative_to(FOUND_IN / "standfast")).removesuffix(".py.meta")
    percent = round(100 * (ends["killed"] + ends["never ended"]) / tried, 1)
    kinds = ("killed", "never ended", "survived", "no test", "not tried")
    report.row(
        file=name, mutants=ends.total(), **{kind.replace(" ", "_"): ends[kind] for kind in kinds}
    )
    report.bar(Bar(f"killed_percent {name}", percent, LEAST_PERCENT, "%", at="least"))


def _codes(file: Path) -> list[int | None]:
    return list(json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"].values())


def _end(code: int | None) -> str:
    if code is None:
        return "not tried"
    if code in KILLED:
        return "killed"
    if code in SURVIVED:
        return "survived"
    return "no test" if code in UNTESTED else "never ended"


if __name__ == "__main__":
    sys.exit(main())
