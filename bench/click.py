"""What a click costs beside the vendor's own time.

The simulator answers every call after 150 ms. Measured is one click at a time over real HTTP, from
the accept request to its answer, which holds the result. What the vendor's calls took is what they
must take: their number, counted in the simulator's own log, times 150 ms; everything else is ours,
the network's and the simulator's. Why each call is made stands in docs/connectors/chargify.md.

usage: ./run bench click [--clicks N] [--json]
"""

import sys

sys.path.append(sys.path.pop(0))  # a package of this file's name must be found before this file

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from actions_parts.quiet import be_quiet
from chaos_parts.course import running_twin
from chaos_parts.house import AppKeys, Customer, add_customers, furnish
from chaos_parts.intents import Action
from chaos_parts.plan import Delivery, Round
from chaos_parts.processes import Front, running_fleet
from chaos_parts.surroundings import LIMITS
from chaos_parts.visitor import Page, Traffic
from chargify_simulator.testing import RunningSimulator
from report import Bar, Report

VENDOR_SECONDS = 0.150
BAR_MS = 25.0


def main() -> int:
    asked = _asked()
    be_quiet()
    report = Report("click", ("uvicorn", "httpx2", "sqlalchemy"))
    rounds = [
        Round(
            number=place * asked.clicks + click,
            action=action,
            delivery=Delivery.ONCE,
            trouble=None,
            kill=None,
            is_declined=False,
            luck=0,
        )
        for place, action in enumerate(Action)
        for click in range(asked.clicks)
    ]
    everything: list[float] = []
    for action, clicks in _clicked(rounds).items():
        beyond = [(seconds - calls * VENDOR_SECONDS) * 1000 for seconds, calls in clicks]
        everything += beyond
        report.row(
            action=action.value,
            vendor_calls=_calls(clicks),
            whole_p50_ms=statistics.median(seconds * 1000 for seconds, _ in clicks),
            beyond_p50_ms=statistics.median(beyond),
            beyond_most_ms=max(beyond),
        )
    report.bar(Bar("beyond_vendor_calls_p50_ms", statistics.median(everything), BAR_MS, "ms"))
    return report.finish()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What a click costs beside the vendor's time.")
    parser.add_argument("--clicks", type=int, default=15, help="clicks of each action")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    return parser.parse_args()


def _calls(clicks: list[tuple[float, int]]) -> str:
    """One number as a rule; every number that was seen, if they differ."""
    return " or ".join(str(each) for each in sorted({calls for _, calls in clicks}))


def _clicked(rounds: list[Round]) -> Mapping[Action, list[tuple[float, int]]]:
    """(seconds, vendor calls) of every click, by action."""
    found: dict[Action, list[tuple[float, int]]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sf-click-")))
        twin = stack.enter_context(running_twin(folder))
        customers = add_customers(twin, rounds)
        keys = furnish(folder / "data", None, twin)
        limits = ",".join(f"{name}={value}" for name, value in LIMITS.items())
        environment = {
            "STANDFAST_SIMULATOR_HOSTS": urlsplit(twin.url).netloc,
            "STANDFAST_LIMITS": limits,
        }
        fleet = stack.enter_context(
            running_fleet(folder, folder / "data", environment, webs=1, workers=1)
        )
        client = stack.enter_context(httpx2.Client(trust_env=False, timeout=30))
        twin.fault("*", "*", "delay", seconds=VENDOR_SECONDS, times=None)
        for one in rounds:
            page = _page(client, fleet.fronts[0], keys, one, customers[one.number])
            found.setdefault(one.action, []).append(_click(page, twin, one.action))
    return found


def _page(
    client: httpx2.Client, front: Front, keys: AppKeys, one: Round, customer: Customer
) -> Page:
    return Page(
        client=client,
        fronts=(front,),
        keys=keys,
        user=one.user,
        billing_id=customer.id,
        traffic=Traffic(),
        luck=random.Random(1),
    )


def _click(page: Page, twin: RunningSimulator, action: Action) -> tuple[float, int]:
    token = page.decide()[action.value]
    before = len(twin.requests())
    began = time.perf_counter()
    answered = page.accept({action.value: token})[action.value]
    seconds = time.perf_counter() - began
    if not answered.is_settled:
        raise SystemExit(f"{action.value} was not settled by its answer")
    return seconds, len(twin.requests()) - before


if __name__ == "__main__":
    sys.exit(main())
