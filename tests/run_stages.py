"""A run at each stage of its life, for tests that look at the whole of it."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from clocks import START
from ledger.rig import a_run
from standfast.config import Durations
from standfast.contract.actions import Finding, Outcome, Unknown
from standfast.contract.catalogue import Money
from standfast.domain.action_run import ActionRun, RunResult
from standfast.domain.run_transitions import open_intent, settle, settle_look_up

DURATIONS = Durations()
PRICE = Money(900, "USD")
EARLIER = RunResult("s0", already=True, reason="other", message="before", link="https://x.example")
"""What an earlier event left: a new message replaces it and its reason, the rest stays."""


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def sent(**changes: object) -> ActionRun:
    """Sent once, at the click, and not answered yet."""
    run = open_intent(a_run(), target="s1", now=after(0), memo={"plan": "gold"})
    return replace(run, **changes)  # type: ignore[arg-type]


def in_doubt(**changes: object) -> ActionRun:
    """Sent at the click; the connection broke a second later."""
    run = settle(sent(), Unknown("cut"), now=after(1), durations=DURATIONS)
    return replace(run, **changes)  # type: ignore[arg-type]


def settled(run: ActionRun, outcome: Outcome, *, at: float = 1) -> ActionRun:
    return settle(run, outcome, now=after(at), durations=DURATIONS)


def looked_up(run: ActionRun, finding: Finding, *, at: float) -> ActionRun:
    return settle_look_up(run, finding, now=after(at), durations=DURATIONS)
