"""COVERAGE.md lists every route, and no route that is not there; files stay small."""

import re
from pathlib import Path

import chargify_simulator
from chargify_simulator import coverage, states_page
from chargify_simulator.operations import ROUTES
from chargify_simulator.texts import TEXTS

HOUSE = Path(chargify_simulator.__file__).parent
DOCS = Path(__file__).resolve().parents[2] / "docs"
ROW = re.compile(r"^\| `((?:GET|POST|PUT|DELETE|PATCH) [^`]+)` \| (whole|partial)", re.MULTILINE)


def test_every_route_is_listed_once_and_every_listed_one_is_there():
    listed = [row for row, _ in ROW.findall((HOUSE / "COVERAGE.md").read_text())]
    routes = [f"{route.method} {route.path}" for route in ROUTES]

    assert sorted(listed) == sorted(routes)
    assert len(set(listed)) == len(listed)


def test_the_coverage_page_is_drawn_from_the_routes():
    assert (HOUSE / "COVERAGE.md").read_text() == coverage.page()


def test_every_gap_belongs_to_a_route():
    routes = {f"{route.method} {route.path}" for route in ROUTES}

    assert coverage.MISSING.keys() - routes == set()


def test_the_page_of_states_is_drawn_from_the_table():
    assert (DOCS / "simulator-states.md").read_text() == states_page.page()


def test_every_sentence_of_the_table_is_said_somewhere():
    sources = "".join(path.read_text() for path in HOUSE.rglob("*.py") if path.name != "texts.py")

    unsaid = {key for key in TEXTS if f'"{key}"' not in sources}

    assert unsaid == set()


def test_no_sentence_of_the_vendor_stands_outside_the_table():
    sentences = {text.text for text in TEXTS.values() if "{" not in text.text}
    sources = "".join(path.read_text() for path in HOUSE.rglob("*.py") if path.name != "texts.py")

    assert {each for each in sentences if f'"{each}"' in sources} == set()


def test_no_file_is_longer_than_one_sitting():
    lengths = {path.name: len(path.read_text().splitlines()) for path in HOUSE.rglob("*.py")}

    assert {name for name, length in lengths.items() if length > 400} == set()
