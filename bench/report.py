"""What every bench prints: a table for people, or one JSON object for machines."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

Cell = str | int | float


@dataclass(frozen=True)
class Bar:
    """A promise with a number. `at` says on which side of `bar` the value must lie."""

    name: str
    value: float
    bar: float
    unit: str
    at: Literal["most", "least"] = "most"

    @property
    def holds(self) -> bool:
        return self.value <= self.bar if self.at == "most" else self.value >= self.bar


@dataclass
class Report:
    """Collects rows and bars; `packages` are the ones whose versions matter to the numbers."""

    bench: str
    packages: Sequence[str] = ()
    rows: list[Mapping[str, Cell]] = field(default_factory=list[Mapping[str, Cell]])
    bars: list[Bar] = field(default_factory=list[Bar])

    def row(self, **cells: Cell) -> None:
        self.rows.append(cells)

    def bar(self, bar: Bar) -> None:
        self.bars.append(bar)

    def finish(self, arguments: Sequence[str] | None = None) -> int:
        """Print everything; the exit status is 0 only if every bar holds."""
        as_json = "--json" in (sys.argv[1:] if arguments is None else arguments)
        print(json.dumps(self.as_json()) if as_json else self.as_text())
        return 0 if all(bar.holds for bar in self.bars) else 1

    def as_json(self) -> dict[str, object]:
        return {
            "bench": self.bench,
            "commit": _commit(),
            "machine": _machine(),
            "versions": {"python": platform.python_version()} | _versions(self.packages),
            "rows": [dict(row) for row in self.rows],
            "bars": [
                {key: value for key, value in asdict(bar).items() if key != "at"}
                | {"holds": bar.holds}
                for bar in self.bars
            ],
        }

    def as_text(self) -> str:
        columns = list(dict.fromkeys(key for row in self.rows for key in row))
        cells = [columns, *([_shown(row.get(key, "")) for key in columns] for row in self.rows)]
        widths = [max(len(line[n]) for line in cells) for n in range(len(columns))]
        table = [
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
            for line in cells
        ]
        return "\n".join([f"bench {self.bench}", *table, "", *map(_verdict, self.bars)])


def _shown(cell: Cell) -> str:
    return f"{cell:,.3f}" if isinstance(cell, float) else str(cell)


def _verdict(bar: Bar) -> str:
    verdict = "holds" if bar.holds else "FAILS"
    return f"{verdict}  {bar.name}: {bar.value:g} {bar.unit} (at {bar.at} {bar.bar:g})"


def _commit() -> str:
    shown = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return shown.stdout.strip() or "unknown"


def _machine() -> dict[str, str | int]:
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count() or 0,
    }


def _versions(packages: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found
