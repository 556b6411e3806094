"""Holds a run that has succeeded to the price that its visitor was shown."""

from typing import Any

import structlog
from msgspec.structs import replace

from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.quote import Promise, compare

_log = structlog.get_logger()


def hold_to_price(run: ActionRun, body: dict[str, Any]) -> tuple[ActionRun, dict[str, Any]]:
    """The run, with an incident when it charged another price, and its entry saying what was found.

    Nothing is undone: where no money moved, the customer has for nothing what they agreed to pay
    for (ADR 0007).
    """
    if run.state is not RunState.SUCCEEDED or run.quoted is None:
        return run, body
    found = compare(run.quoted, run.result.charged, already=run.result.already)
    body = {**body, "price": {"promise": str(found.promise), "said": found.said}}
    if found.promise is not Promise.BROKEN:
        return run, body
    _log.warning("action_run.price_differs", run=run.id, said=found.said)
    return replace(run, incident=found.said), body
