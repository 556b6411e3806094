"""`./run demo --headless`: exit status 0 only if all three changes hold."""

import argparse
import json
import logging
import secrets
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2

from demo.acts import ACTS, perform
from demo.customer_app import CustomerApp
from demo.furnish import furnish
from demo.processes import running_simulator, running_standfast
from demo.story import tell
from demo.vendor import Vendor
from standfast.logs import configure as configure_logs


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    configure_logs(level=logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="standfast-demo-") as folder:
        told = play(Path(folder), as_json=chosen.json)
    return 0 if len(told) == len(ACTS) and all(one["holds"] for one in told) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./run demo",
        description="Starts a simulated Chargify site and Standfast on free loopback ports, then "
        "creates a subscription, cancels one and adds a coupon, each by a customer's click.",
        epilog="Exit status: 0 when all three changes hold, 1 otherwise.",
    )
    parser.add_argument("--headless", action="store_true", help="without a browser (the only way)")
    parser.add_argument("--json", action="store_true", help="one JSON object for each action")
    return parser


def play(folder: Path, *, as_json: bool) -> list[dict[str, Any]]:
    """What was seen in each act; printed as it happens."""
    # Standfast has its own key; the demo looks at the site with another.
    key, own_key = secrets.token_hex(16), secrets.token_hex(16)
    told: list[dict[str, Any]] = []
    with (
        running_simulator((key, own_key)) as simulator,
        httpx2.Client(base_url=simulator.url, auth=(own_key, "x"), timeout=30) as site,
    ):
        vendor = Vendor(site)
        customers = {act.person: _introduce(vendor, act.person, act.plan) for act in ACTS}
        data = folder / "data"
        app = furnish(data, simulator, key, vendor)
        environment = {"STANDFAST_SIMULATOR_HOSTS": simulator.host}
        with (
            running_standfast(data, environment) as url,
            httpx2.Client(base_url=url, timeout=30) as client,
        ):
            if not as_json:
                print(f"Chargify simulator at {simulator.url}, Standfast at {url}\n")
            customer_app = CustomerApp(client, app.app_id, app.kid, app.secret, app.api_key)
            for number, act in enumerate(ACTS, start=1):
                seen = perform(act, customers[act.person], customer_app, vendor)
                told.append(seen)
                print(json.dumps(seen) if as_json else tell(number, seen) + "\n", flush=True)
    return told


def _introduce(vendor: Vendor, person: str, plan: str | None) -> int:
    customer = vendor.add_customer(person)
    if plan is not None:
        vendor.subscribe(customer, plan)
    return customer


if __name__ == "__main__":
    sys.exit(main())
