"""`./run demo --headless`: exit status 0 only if all three changes hold."""

import json
import secrets
import tempfile
from pathlib import Path
from typing import Any

import httpx2

from demo.acts import ACTS, perform
from demo.customer_app import CustomerApp
from demo.furnish import furnish
from demo.processes import running_simulator, running_standfast
from demo.story import tell
from demo.vendor import Vendor


def run_headless(*, as_json: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="standfast-demo-") as folder:
        told = play(Path(folder), as_json=as_json)
    return 0 if len(told) == len(ACTS) and all(one["holds"] for one in told) else 1


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
