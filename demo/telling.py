"""What the demo says on the terminal."""

import sys
from collections.abc import Iterable
from pathlib import Path

from demo.ports import Addresses


def tell(line: str) -> None:
    print(line, flush=True)


def tell_addresses(addresses: Addresses, *, link: str | None, notes: Iterable[str]) -> None:
    for note in notes:
        tell(note)
    console = f"{link}  (one time, for your account)" if link else addresses.standfast
    tell(
        f"""
  Shop        {addresses.shop}
  Console     {console}
  Chargify    {addresses.vendor}  (simulated)

What to click:
  1. In the shop, sign in as Nora and open Pricing: start a year of Pro.
  2. Switch to Ben and open Account: take 30% off. Then Paula: Cancel plan, and choose when.
  3. Open the console above; then the bar on top of the shop leads to the run of each click.

Ctrl-C ends everything; the next start goes on from here, --fresh starts over."""
    )


def tell_end(path: Path) -> None:
    tell(f"\nEverything has ended. What happened is kept in {path}.")


def tell_problem(problem: Exception | str, more: Iterable[str] = ()) -> int:
    """On standard error; the exit status."""
    for line in (f"demo: {problem}", *more):
        print(line, file=sys.stderr, flush=True)
    return 1
