"""Orders trouble at the twin for the calls of one round."""

from collections.abc import Mapping

from chaos_parts.house import Customer
from chaos_parts.intents import INTENTS, Action
from chaos_parts.plan import Trouble, Window
from chaos_parts.surroundings import BEYOND_CHARGE_SECONDS, BEYOND_READ_SECONDS
from chargify_simulator.testing import RunningSimulator

HTML = {"kind": "status", "status": 500, "body": "<html><h1>500</h1></html>"}
CONFLICT = {"kind": "status", "status": 409, "body": "{}", "content_type": "application/json"}

ORDERS: Mapping[Trouble, Mapping[str, object]] = {
    Trouble.CUT_BEFORE: {"kind": "cut_before"},
    Trouble.CUT_AFTER: {"kind": "cut_after"},
    Trouble.THROTTLED: {"kind": "status", "status": 429, "content_type": "text/plain"},
    Trouble.HTML_500: HTML,
    Trouble.HTML_500_AFTER: {**HTML, "after": True},
    Trouble.CONFLICT: CONFLICT,
    Trouble.CONFLICT_AFTER: {**CONFLICT, "after": True},
    Trouble.LATE_EFFECT: {"kind": "delay"},
    Trouble.LATE_ANSWER: {"kind": "delay", "after": True},
    Trouble.HELD_BEFORE: {"kind": "hold_before"},
    Trouble.HELD_AFTER: {"kind": "hold_after"},
    Trouble.READ_CUT: {"kind": "cut_before"},
    Trouble.READ_500: HTML,
}
OF_READS = frozenset({Trouble.READ_CUT, Trouble.READ_500})
HOLDS = frozenset({Trouble.HELD_BEFORE, Trouble.HELD_AFTER})


def write_call(action: Action, customer: Customer) -> tuple[str, str]:
    """The call that changes the bill, as (method, path)."""
    write = INTENTS[action].write
    if action is Action.CREATE:
        return write.method, "/subscriptions.json"
    return write.method, write.path(customer.subscription)


def order(twin: RunningSimulator, trouble: Trouble, action: Action, customer: Customer) -> int:
    """The fault's id. On a create it may strike another visitor's: they share the path."""
    wanted = dict(ORDERS[trouble])
    if wanted["kind"] == "delay":
        is_charge = INTENTS[action].charges
        wanted["seconds"] = BEYOND_CHARGE_SECONDS if is_charge else BEYOND_READ_SECONDS
    call = _read_calls(customer) if trouble in OF_READS else write_call(action, customer)
    return _fault(twin, call, wanted)


def hold_for(twin: RunningSimulator, window: Window, action: Action, customer: Customer) -> int:
    """Holds the request that marks the window."""
    match window:
        case Window.BEFORE_INTENT:
            return _fault(twin, _read_calls(customer), {"kind": "hold_before"})
        case Window.INTENT_CALL | Window.OUTCOME_ANSWER:
            return _fault(twin, write_call(action, customer), {"kind": "hold_before"})
        case Window.EFFECT_OUTCOME:
            return _fault(twin, write_call(action, customer), {"kind": "hold_after"})


def _read_calls(customer: Customer) -> tuple[str, str]:
    return "GET", f"/customers/{customer.id}*"


def _fault(twin: RunningSimulator, call: tuple[str, str], wanted: Mapping[str, object]) -> int:
    method, path = call
    more = {key: value for key, value in wanted.items() if key != "kind"}
    return twin.fault(method, path, str(wanted["kind"]), **more)
