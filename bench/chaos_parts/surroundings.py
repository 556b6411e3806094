"""Durations and limits small enough that a doubt of hours lasts seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

CUT_SECONDS = 2.0
"""After so long the twin cuts a request; the vendor does it at 120 s."""
IN_FLIGHT = 3
"""What the connection allows itself; the vendor runs four."""
READ_SECONDS = 1.0
"""How long Standfast waits for an answer; for a charge longer than the twin lets it take."""
BEYOND_READ_SECONDS = READ_SECONDS + 0.5
BEYOND_CHARGE_SECONDS = CUT_SECONDS + 1.0
WEBHOOK_COPIES = 2

DURATIONS = {
    "lease": 1.0,
    "heartbeat": 0.3,
    "poll": 0.05,
    "accept_wait": 1.0,
    "retry_first": 0.05,
    "retry_longest": 0.18,  # and at most a tenth more
    "broken_pause": 0.2,
    "look_up_1": 0.05,
    "look_up_2": 0.1,
    "look_up_3": 0.2,
    "look_up_4": 0.2,
    "look_up_then": 0.2,
    "absence_proof": CUT_SECONDS + 1.0,
    "connect_timeout": 1.0,
    "read_timeout": READ_SECONDS,
    "charge_timeout": CUT_SECONDS + 0.5,
    "slot_patience": 2.0,
    "throttle_pause": 0.045,  # then twice and four times as long, and at most a tenth more
}
LIMITS = {"visitor": 10_000, "app": 1_000_000, "address": 1_000_000, "server": 1_000_000}


@dataclass(frozen=True)
class Scale:
    """How many rounds run at once, and how many processes there are on PostgreSQL.

    No round begins after so many `seconds`. `durations` replace some of ours: a ledger made
    careless must be found out.
    """

    at_once: int = 12
    webs: int = 2
    workers: int = 3
    seconds: float = float("inf")
    durations: Mapping[str, float] = field(default_factory=dict[str, float])


def environment(
    simulator_host: str, database_url: str | None, durations: Mapping[str, float]
) -> dict[str, str]:
    found = {
        "STANDFAST_SIMULATOR_HOSTS": simulator_host,
        "STANDFAST_DURATIONS": _pairs({**DURATIONS, **durations}),
        "STANDFAST_LIMITS": _pairs(LIMITS),
    }
    return found | ({"DATABASE_URL": database_url} if database_url else {})


def _pairs(values: Mapping[str, float]) -> str:
    return ",".join(f"{name}={value}" for name, value in values.items())
