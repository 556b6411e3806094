"""The pages of the connectors tell their actions as the specs have them."""

from pathlib import Path

import pytest

from standfast.connectors.action_pages import drawn
from standfast.connectors.registry import Registry

CONNECTORS = list(Registry.from_entry_points())
PAGES = Path(__file__).parents[2] / "docs/connectors"


@pytest.mark.parametrize("connector", CONNECTORS, ids=[one.spec.key for one in CONNECTORS])
def test_a_connectors_page_equals_its_specs(connector):
    page = (PAGES / f"{connector.spec.key}.md").read_text(encoding="utf-8")

    assert page == drawn(page, connector.spec)


@pytest.mark.parametrize("connector", CONNECTORS, ids=[one.spec.key for one in CONNECTORS])
def test_a_page_tells_needs_cost_undo_and_calls_of_every_action(connector):
    page = (PAGES / f"{connector.spec.key}.md").read_text(encoding="utf-8")

    for action in connector.spec.actions:
        ways = [one for one in (action.undo, *action.undo_if) if one is not None]
        told = [action.cost, *action.calls, *(one.until for one in ways)]
        assert [one for one in told if one not in page] == [], action.key


def test_a_page_without_markers_cannot_be_drawn():
    with pytest.raises(ValueError, match="unpack"):
        drawn("# A page", CONNECTORS[0].spec)
