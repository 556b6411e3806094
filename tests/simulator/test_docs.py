"""docs/simulator.md names every control, fault, setting and option that there is."""

import re
from pathlib import Path

import msgspec
import pytest

from chargify_simulator.cli import parser
from chargify_simulator.control import INDEX
from chargify_simulator.faults import FaultOrder, Kind
from chargify_simulator.settings import Settings
from chargify_simulator.testing import RunningSimulator

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "simulator.md").read_text()


def test_every_control_is_documented():
    documented = {
        (method, path.partition("?")[0])
        for methods, path in re.findall(r"^\| (`[^|]*?)(/_control/[^` ]*)`", DOCS, re.MULTILINE)
        for method in re.findall(r"[A-Z]+", methods)
    }
    known = {
        (method, path)
        for names in INDEX
        for method in names.split()[0].split("|")
        for path in [names.split()[1]]
    }

    assert documented == known


@pytest.mark.parametrize(
    "names",
    [
        [kind.value for kind in Kind],
        [field.name for field in msgspec.structs.fields(FaultOrder)],
        [field.name for field in msgspec.structs.fields(Settings)],
        [name for name in vars(RunningSimulator) if not name.startswith("_")],
    ],
    ids=["kinds", "fault fields", "settings", "helpers"],
)
def test_every_name_is_documented(names):
    missing = [name for name in names if not re.search(rf"\b{name}\b", DOCS)]

    assert missing == []


def test_every_option_is_documented():
    serve = parser().parse_args(["serve"])

    options = {f"--{name.replace('_', '-')}" for name in vars(serve)} - {"--command"}
    assert {each for each in options if f"`{each}`" not in DOCS} == set()
