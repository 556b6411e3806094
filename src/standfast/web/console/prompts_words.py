"""The parts of a prompt in the words of its form, for findings and for what changed."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

import msgspec

from standfast.domain.preflight import Finding
from standfast.domain.prompt import Button, PromptBody, PromptStatus

BUTTONS = {
    Button.ACCEPT: "Accept button",
    Button.SECONDARY_ACCEPT: "Second button",
    Button.DECLINE: "Decline button",
}
STATES = {
    PromptStatus.DRAFT: ("Draft", "neutral"),
    PromptStatus.REVIEW: ("In review", "info"),
    PromptStatus.LIVE: ("Live", "good"),
    PromptStatus.PAUSED: ("Paused", "warn"),
    PromptStatus.ENDED: ("Ended", "neutral"),
}
_NAMES = (
    (r"steps\[0\]\.title", "Title"),
    (r"steps\[0\]\.message", "Message"),
    (r"steps\[0\]\.form\[(\d+)\].*", "Question {}"),
    (r"show_price", "Show the price first"),
    (r"waits_when_down", "While the billing system is down"),
    (r"limits\.total", "Accepts in all"),
    (r"limits\.per_day", "Accepts a day"),
    (r"limits\.once_per_tag", "Once per customer"),
    (r"limits\.budget\.amount_in_cents", "Discount budget"),
    (r"limits\.budget\.fixed_cost_in_cents", "Cost of an accept"),
    (r"triggers\.pages\[(\d+)\](\.path)?", "Page {}"),
    (r"triggers\.pages", "Pages"),
    (r"triggers\.manual.*", "Opened by the page"),
    (r"triggers\.delay_seconds", "Delay"),
    (r"triggers", "Where"),
    (r"schedule\.starts_at", "Starts"),
    (r"schedule\.ends_at", "Ends"),
    (r"included_segments.*", "Shown to"),
    (r"excluded_segments.*", "Not shown to"),
    (r"re_show\.after_accept.*", "Again after an accept"),
    (r"re_show\.after_decline.*", "Again after a decline"),
    (r"re_show\.after_dismiss.*", "Again after closing"),
    (r"texts\.succeeded", "Text on success"),
    (r"texts\.pending", "Text while it takes longer"),
    (r"texts\.refused", "Text on a refusal"),
    (r"texts\.needs_visitor", "Text without a payment method"),
    (r"texts\.fallback_link", "Fallback link"),
    (r"priority", "Priority"),
)
_BUTTON = re.compile(r"steps\[0\]\.buttons\.(accept|secondary_accept|decline)(.*)")
_ACTION = re.compile(r"\.actions\[(\d+)\](?:\.parameters\.(\w+)|\.(\w+))?")


@dataclass(frozen=True)
class Difference:
    """One line of a comparison; None where there was nothing."""

    label: str
    before: str | None
    after: str | None


def label_of(where: str) -> str:
    """As in "Accept button, action 1, coupon"."""
    button = _BUTTON.fullmatch(where)
    if button:
        return f"{BUTTONS[Button(button[1])]}{_rest(button[2])}"
    for pattern, name in _NAMES:
        found = re.fullmatch(pattern, where)
        if found:
            number = found[1] if found.re.groups else None
            return name.format(int(number) + 1 if number else "").strip()
    return where.replace("_", " ")


def obstacle(findings: Iterable[Finding]) -> str:
    """The first thing that prevents the start, in words of the form."""
    first = next(one for one in findings if one.blocks)
    return f"{label_of(first.where)}: {first.text}"


def differences(before: PromptBody, after: PromptBody) -> tuple[Difference, ...]:
    """What one version says otherwise than the other, part by part."""
    old, new = _flat(msgspec.to_builtins(before)), _flat(msgspec.to_builtins(after))
    return tuple(
        Difference(label_of(path), old.get(path), new.get(path))
        for path in dict.fromkeys((*old, *new))
        if old.get(path) != new.get(path)
    )


def _rest(text: str) -> str:
    action = _ACTION.fullmatch(text)
    if action:
        part = (action[2] or action[3] or "").replace("_", " ")
        return f", action {int(action[1]) + 1}" + (f", {part}" if part else "")
    return f", {text.lstrip('.')}" if text else ""


def _flat(value: object, path: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        parts = cast("Mapping[str, object]", value)
        pairs = ((f"{path}.{key}" if path else key, one) for key, one in parts.items())
        return {name: text for key, one in pairs for name, text in _flat(one, key).items()}
    if isinstance(value, list | tuple):
        members = cast("list[object]", value)
        pairs = ((f"{path}[{place}]", one) for place, one in enumerate(members))
        return {name: text for key, one in pairs for name, text in _flat(one, key).items()}
    return {} if value is None or value == "" else {path: _text(value)}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
