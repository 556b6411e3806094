"""Tells what happened, for a person at a terminal."""

from collections.abc import Iterable
from typing import Any

TITLES = {
    "create_subscription": "Create subscription",
    "cancel_subscription": "Cancel subscription",
    "add_coupon": "Add coupon code",
}


def tell(number: int, told: dict[str, Any]) -> str:
    offer, run = told["offer"], told["run"]
    lines = [
        f"{number}. {TITLES[told['action']]}",
        f"   before    {_subscriptions(told['before'])}",
        f"   offered   “{offer['title']}” {offer['message']}  [ {offer['buttons']['accept']} ]",
        f"   answered  {told['answer']['runs'][0]['message']}",
        f"   run       {run['id']}: {_states(run['attempts'])}",
        *(f"             {line}" for line in _journal(run["attempts"])),
        f"   after     {_subscriptions(told['after'])}",
        f"   calls     {len(told['vendor_calls'])} to the billing system",
        *(f"             {call}" for call in told["vendor_calls"]),
        f"   holds     {'yes' if told['holds'] else 'NO'}",
    ]
    return "\n".join(lines)


def _subscriptions(found: Iterable[dict[str, Any]]) -> str:
    said = [_subscription(one) for one in found]
    return "; ".join(said) or "no subscription"


def _subscription(one: dict[str, Any]) -> str:
    price = (one["price_in_cents"] or 0) / 100
    words = [f"#{one['id']} {one['product']} at ${price:.2f}, {one['state']}"]
    if one["cancel_at_end_of_period"]:
        words.append("ends with the period")
    if one["coupon_codes"]:
        words.append("coupon " + ", ".join(one["coupon_codes"]))
    return ", ".join(words)


def _states(attempts: Iterable[dict[str, Any]]) -> str:
    states: list[str] = []
    for attempt in attempts:
        if not states or states[-1] != attempt["state"]:
            states.append(attempt["state"])
    return " → ".join(states)


def _journal(attempts: Iterable[dict[str, Any]]) -> Iterable[str]:
    for attempt in attempts:
        call, answer = attempt["body"].get("call"), attempt["body"].get("answer")
        what = f"{call['method']} {call['path']}" if call else ""
        what = f"status {answer['status']}" if answer else what
        yield f"{attempt['at'][11:23]}  {attempt['kind']:8} {what}".rstrip()
