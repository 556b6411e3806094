"""Sites to begin with. A seed and a number give the same ids and records every time."""

from collections.abc import Callable
from datetime import datetime

from chargify_simulator.site import Site

from .lived_in import sow_lived_in

SEEDS: dict[str, Callable[[Site, int], None]] = {
    "empty": lambda site, number: None,  # noqa: ARG005
    "lived-in": sow_lived_in,
}


def regrow(site: Site, generated: tuple[int, int, datetime]) -> None:
    """The rows of a generated site, as a snapshot names them."""
    del site, generated
