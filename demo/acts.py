"""The three acts: who acts, which offer they take, and what must be true afterwards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from demo.customer_app import CustomerApp
from demo.furnish import CANCEL, COUPON, COUPON_CODE, CREATE, PLAN
from demo.vendor import Vendor

Subscriptions = Sequence[dict[str, Any]]
PATIENCE_MS = 10_000
UNDER_WAY = {"accepted", "retrying", "unknown"}


@dataclass(frozen=True)
class Act:
    """`holds` judges the subscriptions before and after, and the run's reference."""

    action: str
    person: str
    plan: str | None
    step: str
    write: str
    holds: Callable[[Subscriptions, Subscriptions, str], bool]


def _was_created(before: Subscriptions, after: Subscriptions, reference: str) -> bool:
    mine = [one for one in after if one["reference"] == reference]
    return (
        not before
        and len(after) == 1
        and [(one["product"], one["state"]) for one in mine] == [(PLAN, "active")]
    )


def _will_end(before: Subscriptions, after: Subscriptions, _reference: str) -> bool:
    expected = [{**one, "cancel_at_end_of_period": True} for one in before]
    return list(after) == expected and not any(one["cancel_at_end_of_period"] for one in before)


def _has_coupon(before: Subscriptions, after: Subscriptions, _reference: str) -> bool:
    expected = [{**one, "coupon_codes": [COUPON_CODE]} for one in before]
    return list(after) == expected and not any(one["coupon_codes"] for one in before)


ACTS = (
    Act(CREATE, "Nora", None, "upgrade", "POST /subscriptions.json", _was_created),
    Act(CANCEL, "Carl", "basic", "cancel", "/delayed_cancel.json", _will_end),
    Act(COUPON, "Lea", "basic", "loyalty", "/add_coupon.json", _has_coupon),
)


def perform(act: Act, customer: int, app: CustomerApp, vendor: Vendor) -> dict[str, Any]:
    """Decide, accept, follow; everything that was seen on the way."""
    user = f"user-{act.person.lower()}"
    before = vendor.subscriptions(customer)
    mark = vendor.last_call()
    identity = app.identity(user, customer)
    prompts = app.decide(identity)
    prompt = next(one for one in prompts if one["steps"][0]["key"] == act.step)
    answer = app.accept(identity, prompt)
    answer = _settled(app, answer)
    run = app.run(answer["runs"][0]["id"])
    calls = vendor.calls_since(mark, agent="standfast")
    after = vendor.subscriptions(customer)
    return {
        "action": act.action,
        "before": before,
        "offer": _offer(prompt),
        "answer": answer,
        "run": {key: run[key] for key in ("id", "state", "message", "attempts")},
        "after": after,
        "vendor_calls": calls,
        "holds": run["state"] == "succeeded"
        and sum(act.write in call for call in calls) == 1
        and act.holds(before, after, f"sf-{run['id']}"),
    }


def _settled(app: CustomerApp, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, followed once more when the click was answered "pending"."""
    if all(run["state"] not in UNDER_WAY for run in answer["runs"]):
        return answer
    return app.result(answer["result_token"], wait_ms=PATIENCE_MS)


def _offer(prompt: dict[str, Any]) -> dict[str, Any]:
    step = prompt["steps"][0]
    return {
        "prompt": prompt["prompt"],
        "version": prompt["version"],
        "title": step["title"],
        "message": step["message"],
        "buttons": {kind: button["label"] for kind, button in step["buttons"].items()},
    }
