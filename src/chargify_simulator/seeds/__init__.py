"""Sites to begin with. A seed and a number give the same ids and records every time."""

from collections.abc import Callable

from chargify_simulator.site import Site

from .generated import regrow, sow_generated
from .lived_in import sow_lived_in

__all__ = ["SEEDS", "regrow", "sow_generated"]

SEEDS: dict[str, Callable[[Site, int], None]] = {
    "empty": lambda site, number: None,  # noqa: ARG005
    "lived-in": sow_lived_in,
    "million": lambda site, number: sow_generated(site, number, 1_000_000),
}
