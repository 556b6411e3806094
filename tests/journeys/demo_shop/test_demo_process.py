"""`./run demo` as a process: it begins, ends, goes on where it ended, and starts over."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from journeys.demo_shop.stage import ROOT, Demo, running_demo

pytestmark = pytest.mark.slow


def _plan(demo: Demo, person: str) -> str:
    """What the account page says of somebody's plan."""
    shop = demo.shop
    with httpx2.Client(base_url=shop, trust_env=False, timeout=20) as client:
        form = {"person": person, "back": "/account"}
        client.post("/session", data=form, headers={"origin": shop})
        return client.get("/account/plan").text


def _click(demo: Demo) -> None:
    """Ben takes the loyalty offer, without a browser."""
    shop, standfast = demo.shop, demo.address("Console").split("/welcome")[0]
    app = demo.remembered["app"]["app_id"]
    with httpx2.Client(trust_env=False, timeout=20) as client:
        client.post(f"{shop}/session", data={"person": "ben"}, headers={"origin": shop})
        identity = client.get(f"{shop}/standfast-token").text
        who = {"app": app, "identity": identity}
        asked = {**who, "page": f"{shop}/account", "device": "desktop"}
        prompts = client.post(f"{standfast}/v1/decide", json=asked).json()["prompts"]
        offer = next(one for one in prompts if "30%" in one["steps"][0]["title"])
        clicked = {"token": offer["token"], "kind": "accept", "step": "offer"}
        answer = client.post(
            f"{standfast}/v1/interactions", json={**who, "interactions": [clicked]}
        )
        assert answer.json()["results"][0]["runs"][0]["state"] == "succeeded"


def _let_pass(demo: Demo, *, days: int) -> None:
    order = {"offset_seconds": days * 86_400}
    url = f"{demo.address('Chargify')}/_control/clock"
    httpx2.put(url, json=order, trust_env=False).raise_for_status()


def _children(demo: Demo) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(demo.process.pid)],
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(one) for one in found.stdout.split()]


def test_a_demo_ends_with_all_its_processes_and_goes_on_where_it_ended(tmp_path) -> None:
    folder = tmp_path / "demo"
    with running_demo(folder) as first:
        link = first.address("Console")
        _click(first)
        _let_pass(first, days=40)
        before = {person: _plan(first, person) for person in ("nora", "ben", "carl")}
        children = _children(first)
        status = first.end()
    with running_demo(folder) as second:
        after = {person: _plan(second, person) for person in ("nora", "ben", "carl")}
        status_of_second = second.end(signal.SIGTERM)

    assert "/welcome/" in link
    assert (status, status_of_second) == (0, 0)
    assert len(children) == 3
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert "STAY30" in before["ben"]
    assert after == before
    for name in ("demo.json", "shop.json", "billing.jsonl"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600

    with running_demo(folder, "--fresh") as third:
        assert "STAY30" not in _plan(third, "ben")


def test_a_site_that_came_back_as_another_one_is_not_used(tmp_path) -> None:
    folder = tmp_path / "demo"
    with running_demo(folder) as demo:
        demo.end()
    remembered = demo.remembered
    remembered["customers"]["nora"] += 1
    (folder / "demo.json").write_text(json.dumps(remembered))

    second = _run("--free-ports", "--data", str(folder))

    assert second.returncode == 1
    assert "--fresh starts over" in second.stderr


def test_a_demo_whose_child_dies_says_which_and_ends(tmp_path) -> None:
    with running_demo(tmp_path / "demo") as demo:
        children = _children(demo)
        shop = next(
            pid for pid in children if b"demo.shop" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
        os.kill(shop, signal.SIGKILL)

        status = demo.process.wait(60)

        assert demo.process.stderr is not None
        told = demo.process.stderr.read()
    assert status == 1
    assert "shop ended by itself (signal 9)" in told
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


def test_a_second_demo_on_the_folder_is_refused(tmp_path) -> None:
    with running_demo(tmp_path / "demo"):
        second = _run("--data", str(tmp_path / "demo"))

    assert second.returncode == 1
    assert "already (pid " in second.stderr


def test_a_folder_of_something_else_is_left_alone(tmp_path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")

    refused = _run("--fresh", "--data", str(tmp_path))

    assert refused.returncode == 1
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_taken_port_is_replaced_and_that_is_said(tmp_path) -> None:
    with socket.socket() as somebody:
        with suppress(OSError):  # else it is somebody else's already
            somebody.bind(("127.0.0.1", 8020))
            somebody.listen()

        with running_demo(tmp_path / "demo", free_ports=False) as demo:
            said = demo.told

    assert "Port 8020 is taken, so the shop listens on " in said
    assert not demo.shop.endswith(":8020")


@pytest.mark.parametrize("words", [("--json",), ("--nonsense",)])
def test_what_is_not_understood_is_said_so(words) -> None:
    assert _run(*words).returncode == 2


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
