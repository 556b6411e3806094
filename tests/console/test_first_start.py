"""The first start says how to get in; later ones have nothing to say."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from cli.conftest import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path / "data")
    yield terminal
    while terminal.servers:
        terminal.stop()


def test_the_first_start_prints_a_link_that_opens(terminal: Terminal) -> None:
    address = terminal.serve()
    output = terminal.servers[-1].stdout
    assert output is not None

    told = output.readline()

    found = re.search(rf"{re.escape(address)}/welcome/\S+", told)
    assert found, told
    page = httpx2.get(found[0], trust_env=False, timeout=30)
    assert page.status_code == 200
    assert "Welcome to Standfast" in page.text


def test_the_link_bears_the_address_everybody_can_reach(terminal: Terminal) -> None:
    terminal.serve(STANDFAST_URL="https://console.acme.io")
    output = terminal.servers[-1].stdout
    assert output is not None

    assert "https://console.acme.io/welcome/" in output.readline()
