"""What every test may lean on: databases, clocks, profiles of hypothesis, closing counts."""

import os

import pytest
from hypothesis import settings

from clocks import FrozenClock

pytest_plugins = ["databases", "closing_counts", "browser"]

# Where nobody watches, chance must not decide; at home every run looks somewhere else.
IN_CI = bool(os.environ.get("CI"))
settings.register_profile("default", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
settings.register_profile(
    "thorough", max_examples=1000, deadline=None, derandomize=IN_CI, print_blob=True
)
settings.load_profile("ci" if IN_CI else "default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="also run what is marked slow")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.all and not config.option.hypothesis_profile:
        config.option.hypothesis_profile = "thorough"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.property)
        if item.nodeid.startswith("tests/journeys/"):
            item.add_marker(pytest.mark.journey)
        if item.get_closest_marker("slow") and not config.option.all:
            item.add_marker(pytest.mark.skip(reason="slow: runs with --all"))


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()
