"""What a visitor may want: what it finds, which call does it, what it leaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

PLAN, OTHER_PLAN, TRIAL_PLAN = "basic", "pro-yearly", "pro"
COUPON_CODE = "STACK5"
"""It stacks on itself, so a second one would be seen."""
TRIAL_DAYS, PAUSE_DAYS = 7, 30
RESUMES_AT = "2100-01-01T00:00:00Z"

State = Mapping[str, Any]
"""A subscription as the twin's control plane tells it."""


class Action(StrEnum):
    """The step key of its prompt."""

    CREATE = "create"
    CANCEL = "cancel"
    COUPON = "coupon"
    CANCEL_NOW = "cancel_now"
    UNDO_CANCELLATION = "undo_cancellation"
    REACTIVATE = "reactivate"
    SWITCH_NOW = "switch_now"
    SWITCH_LATER = "switch_later"
    UNDO_PLAN_CHANGE = "undo_plan_change"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND_TRIAL = "extend_trial"
    REMOVE_COUPON = "remove_coupon"
    RETRY_PAYMENT = "retry_payment"


@dataclass(frozen=True)
class Call:
    """A vendor call on one subscription; `operation` is the end of its path."""

    method: str
    operation: str = ""
    body: Mapping[str, object] = field(default_factory=dict[str, object])

    def path(self, subscription: int | None) -> str:
        end = f"/{self.operation}" if self.operation else ""
        return f"/subscriptions/{subscription}{end}.json"


@dataclass(frozen=True)
class Intent:
    """One kind of change.

    `before` brings a fresh subscription to where the change finds it; `force` does so past the
    vendor's rules. `write` changes the bill. `times` counts the change in the subscription as it
    was at first and as it is at the end. `charges`: Standfast waits for the gateway.
    """

    key: str
    parameters: Mapping[str, str]
    write: Call
    times: Callable[[State, State], int]
    before: tuple[Call, ...] = ()
    force: Mapping[str, object] = field(default_factory=dict[str, object])
    plan: str = PLAN
    charges: bool = False


def _is(name: str, value: object) -> Callable[[State, State], int]:
    return lambda _before, after: int(after[name] == value)


def _differs(name: str) -> Callable[[State, State], int]:
    return lambda before, after: int(before[name] != after[name])


def _days_between(before: State, after: State) -> int:
    """By how many days the end of the trial has moved."""
    first, last = (datetime.fromisoformat(one["trial_ended_at"]) for one in (before, after))
    return round((last - first) / timedelta(days=1))


_ADD_COUPON = Call("POST", "add_coupon", {"codes": [COUPON_CODE]})
_CANCEL = Call("DELETE")
_DELAY_CANCEL = Call("POST", "delayed_cancel")
_HOLD = Call("POST", "hold", {"hold": {"automatically_resume_at": RESUMES_AT}})
_CHANGE_LATER = Call(
    "PUT", "", {"subscription": {"product_handle": OTHER_PLAN, "product_change_delayed": True}}
)

INTENTS: Mapping[Action, Intent] = {
    # Another subscription is allowed, so that only the ledger keeps a second one away.
    Action.CREATE: Intent(
        "create_subscription",
        {"plan": PLAN, "when_live": "allow"},
        Call("POST"),
        times=lambda _before, _after: 0,  # the judge counts the customer's subscriptions
        charges=True,
    ),
    Action.CANCEL: Intent(
        "cancel_subscription",
        {"when": "end_of_period"},
        _DELAY_CANCEL,
        _is("cancel_at_end_of_period", True),
    ),
    Action.COUPON: Intent(
        "add_coupon",
        {"coupon": COUPON_CODE},
        _ADD_COUPON,
        lambda _before, after: after["coupon_codes"].count(COUPON_CODE),
    ),
    Action.CANCEL_NOW: Intent(
        "cancel_subscription", {"when": "now"}, _CANCEL, _is("state", "canceled")
    ),
    Action.UNDO_CANCELLATION: Intent(
        "undo_cancellation",
        {},
        Call("DELETE", "delayed_cancel"),
        _is("cancel_at_end_of_period", False),
        before=(_DELAY_CANCEL,),
    ),
    Action.REACTIVATE: Intent(
        "reactivate",
        {},
        Call("PUT", "reactivate"),
        _is("state", "active"),
        before=(_CANCEL,),
        charges=True,
    ),
    Action.SWITCH_NOW: Intent(
        "switch_plan",
        {"plan": OTHER_PLAN, "when": "now", "billing_date": "restart"},
        Call("POST", "migrations"),
        _differs("product_id"),
        charges=True,
    ),
    Action.SWITCH_LATER: Intent(
        "switch_plan",
        {"plan": OTHER_PLAN, "when": "at_renewal"},
        Call("PUT"),
        _differs("next_product_id"),
    ),
    Action.UNDO_PLAN_CHANGE: Intent(
        "undo_plan_change",
        {},
        Call("PUT"),
        _differs("next_product_id"),
        before=(_CHANGE_LATER,),
    ),
    Action.PAUSE: Intent(
        "pause", {"for_days": str(PAUSE_DAYS)}, Call("POST", "hold"), _is("state", "on_hold")
    ),
    Action.RESUME: Intent(
        "resume",
        {},
        Call("POST", "resume"),
        _is("state", "active"),
        before=(_HOLD,),
        charges=True,
    ),
    Action.EXTEND_TRIAL: Intent(
        "extend_trial",
        {"days": str(TRIAL_DAYS)},
        Call("PUT"),
        lambda before, after: _days_between(before, after) // TRIAL_DAYS,
        plan=TRIAL_PLAN,
    ),
    Action.REMOVE_COUPON: Intent(
        "remove_coupon",
        {"coupon": COUPON_CODE},
        Call("DELETE", "remove_coupon"),
        lambda _before, after: int(COUPON_CODE not in after["coupon_codes"]),
        before=(_ADD_COUPON,),
    ),
    Action.RETRY_PAYMENT: Intent(
        "retry_payment",
        {},
        Call("PUT", "retry"),
        _is("state", "active"),
        force={"state": "past_due", "balance_in_cents": 900, "charged_in_cents": 1800},
        charges=True,
    ),
}
