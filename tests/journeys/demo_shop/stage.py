"""`./run demo` as a process, and a customer who clicks through its shop."""

import json
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Locator, Page, expect

ROOT = Path(__file__).parents[3]
END_SECONDS = 60
CARD = "/account/card"
"""As the billing portal of a real site: another house."""


@dataclass
class Demo:
    """`told`: what it printed until it was ready."""

    process: subprocess.Popen[str]
    folder: Path
    told: str

    def address(self, name: str) -> str:
        return next(
            line.split()[1] for line in self.told.splitlines() if line.split()[:1] == [name]
        )

    @property
    def shop(self) -> str:
        return self.address("Shop")

    @property
    def remembered(self) -> dict[str, Any]:
        return json.loads((self.folder / "demo.json").read_text())

    def subscriptions(self, person: str) -> list[dict[str, Any]]:
        """The truth at the billing site."""
        customer = self.remembered["customers"][person]
        found = httpx2.get(f"{self.address('Chargify')}/_control/state", trust_env=False).json()
        return [one for one in found["subscriptions"] if one["customer_id"] == customer]

    def writes(self, path: str) -> list[dict[str, Any]]:
        """What Standfast asked the billing site to change there."""
        found = httpx2.get(
            f"{self.address('Chargify')}/_control/requests",
            params={"path": path},
            trust_env=False,
        ).json()["requests"]
        return [
            one
            for one in found
            if one["method"] != "GET" and one["user_agent"].startswith("standfast")
        ]

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(END_SECONDS)


@contextmanager
def running_demo(folder: Path, *words: str, free_ports: bool = True) -> Generator[Demo]:
    ports = ["--free-ports"] if free_ports else []
    command = [sys.executable, "-m", "demo", *ports, "--data", str(folder), *words]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield Demo(process, folder, _told_until_ready(process))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=END_SECONDS)


def _told_until_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    told = ""
    for line in process.stdout:
        told += line
        if line.startswith("Ctrl-C"):
            return told
    raise AssertionError(told + process.stderr.read())


@dataclass
class Customer:
    """Somebody at a browser."""

    demo: Demo
    page: Page

    def sign_in(self, name: str, path: str = "/") -> None:
        self.page.goto(self.demo.shop)
        self.page.get_by_role("main").get_by_role("button", name=name).click()
        self.page.wait_for_url(f"{self.demo.shop}/")
        if path != "/":
            self.go(path)

    def go(self, path: str) -> None:
        """And wait until the tag has asked what may be shown; the card's page is without it."""
        if path == CARD:
            self.page.goto(self.demo.shop + path)
            return
        with self.page.expect_response("**/v1/decide"):
            self.page.goto(self.demo.shop + path)

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def plan(self) -> Locator:
        return self.page.get_by_role("region", name="Your plan")

    def choose(self, button: str) -> None:
        self.dialog.get_by_role("button", name=button).click()

    def is_told(self, text: str) -> None:
        expect(self.dialog.get_by_role("status")).to_contain_text(text)

    def sees_nothing(self) -> None:
        """Well after every prompt's delay."""
        self.page.wait_for_timeout(1_500)
        expect(self.dialog).to_have_count(0)
