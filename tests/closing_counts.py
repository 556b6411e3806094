"""What a run of the tests ends with: a count for every kind of test, then one plain line."""

import re
from collections import Counter

import pytest

STORES = {"sqlite": "store (SQLite)", "postgresql": "store (PostgreSQL)"}
STORE_FIXTURES = {
    "embedded_database": STORES["sqlite"],
    "postgresql_database": STORES["postgresql"],
    "postgresql_url": STORES["postgresql"],
}
FOLDERS = {
    "tests/journeys/": "journeys",
    "tests/simulator/": "simulator",
    "tests/contract/": "contract",
    "tests/connectors/": "contract",
}
GROUP = "group"
HOUSE = re.compile(r"tests/test_(house|docs_are_true)\.py")
GROUPS = (
    "unit",
    "property",
    *STORES.values(),
    "contract",
    "simulator",
    "journeys",
    "house and docs",
)


def group_of(item: pytest.Item) -> str:
    """The first that fits: its folder, the property marker, its database; else a unit test."""
    path = item.nodeid.partition("::")[0]
    for folder, group in FOLDERS.items():
        if path.startswith(folder):
            return group
    if HOUSE.fullmatch(path):
        return "house and docs"
    if item.get_closest_marker("property"):
        return "property"
    return _database_of(item) or "unit"


def _database_of(item: pytest.Item) -> str | None:
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    for name in ("database", "database_url"):
        if parameters.get(name) in STORES:
            return STORES[parameters[name]]
    asked = getattr(item, "fixturenames", ())
    return next((STORE_FIXTURES[name] for name in asked if name in STORE_FIXTURES), None)


class ClosingCounts:
    def __init__(self) -> None:
        self._groups: dict[str, str] = {}  # by test, as its own process told
        self._outcomes: dict[str, str] = {}
        self._broken_files = 0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            item.user_properties.append((GROUP, group_of(item)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._broken_files += report.failed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A failure before or after a test fails it; its call alone lets it pass."""
        self._groups[report.nodeid] = str(dict(report.user_properties).get(GROUP, "unit"))
        known = self._outcomes.get(report.nodeid)
        if report.failed or (known is None and (report.skipped or report.when == "call")):
            self._outcomes[report.nodeid] = report.outcome

    def table(self) -> list[str]:
        counts = Counter(
            (self._groups.get(nodeid, "unit"), outcome)
            for nodeid, outcome in self._outcomes.items()
        )
        rows = [f"{'':20}{'passed':>8}{'failed':>8}{'skipped':>8}"]
        for group in GROUPS:
            numbers = [counts[group, outcome] for outcome in ("passed", "failed", "skipped")]
            if any(numbers):
                rows.append(f"{group:20}" + "".join(f"{number:8}" for number in numbers))
        return rows

    def closing_line(self) -> str:
        total = Counter(self._outcomes.values())
        line = f"{total['passed']} passed, {total['failed'] + self._broken_files} failed"
        return f"{line}, {total['skipped']} skipped" if total["skipped"] else line


COUNTS = pytest.StashKey[ClosingCounts]()


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.collectonly:
        config.stash[COUNTS] = ClosingCounts()
        config.pluginmanager.register(config.stash[COUNTS], "the closing counts")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Printed here because pytest's own summary comes after every hook meant for it."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    counts = config.stash.get(COUNTS, None)
    if terminal is None or counts is None:
        return
    terminal.write_line("")
    for line in (*counts.table(), "", counts.closing_line()):
        terminal.write_line(line)
