"""What is wrong with a prompt before it starts: each finding says what to do and where."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from standfast.contract.actions import ActionSpec, Refused
from standfast.contract.catalogue import CatalogueItem, ItemKind, Money, ReasonCode
from standfast.contract.connector import ConnectorSpec
from standfast.domain.finding import Finding
from standfast.domain.offer import settled_parameters
from standfast.domain.page import compile_page
from standfast.domain.pattern import PatternInvalid
from standfast.domain.preflight_budget import check_budget
from standfast.domain.preflight_form import (
    check_form,
    check_limits,
    check_parameter,
    check_price,
)
from standfast.domain.prompt import AttachedAction, PromptBody, ReShow, Step

TYPES = ("modal", "interstitial", "banner", "notification", "inline", "invisible")
DEVICES = ("desktop", "tablet", "mobile")
ITEM_RETIRED = "item_retired"
STEPS_LIMIT = 20
TITLE_LIMIT = 500
MESSAGE_LIMIT = 5_000
LABEL_LIMIT = 100

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ITEM_KINDS = {str(kind): kind for kind in ItemKind}


@dataclass(frozen=True)
class PreflightBiller:
    """One connection as preflight sees it: without any visitor.

    `obstacle` is the connector's judgement of the catalogue alone, and `discount` its word on
    what is given away. `currency` is the site's.
    """

    spec: ConnectorSpec
    trouble: str | None
    items: Mapping[tuple[ItemKind, str], CatalogueItem]
    obstacle: Callable[[str, Mapping[str, str]], Refused | None]
    currency: str
    discount: Callable[[str, Mapping[str, str]], Money | Refused | None]


def preflight(
    body: PromptBody,
    *,
    segments: Collection[str],
    billers: Mapping[str, PreflightBiller],
    now: datetime,
) -> tuple[Finding, ...]:
    """All findings, in the order of the prompt's form; empty when it may start."""
    return (
        *_content(body),
        *_segments(body, segments),
        *_triggers(body),
        *_schedule(body, now),
        *_re_show(body),
        *check_limits(body),
        *check_budget(body, billers),
        *check_price(body, {key: one.spec for key, one in billers.items()}),
        *_actions(body, billers),
    )


def _content(body: PromptBody) -> Iterator[Finding]:
    if body.type not in TYPES:
        known = ", ".join(TYPES)
        yield Finding("type_unknown", f"Choose one of the types {known}.", "type")
    if body.type == "inline" and not body.zone:
        yield Finding("zone_missing", "Name the zone an inline prompt stands in.", "zone")
    for place, device in enumerate(body.devices):
        if device not in DEVICES:
            known = ", ".join(DEVICES)
            yield Finding("device_unknown", f"Choose from {known}.", f"devices[{place}]")
    if not 0 < len(body.steps) <= STEPS_LIMIT:
        text = f"A prompt has at least one step and at most {STEPS_LIMIT}."
        yield Finding("step_count", text, "steps")
    keys = Counter(step.key for step in body.steps)
    for place, step in enumerate(body.steps):
        yield from _step(step, f"steps[{place}]", is_double=keys[step.key] > 1)
    for name in ("succeeded", "pending", "refused", "needs_visitor"):
        if not getattr(body.texts, name).strip():
            yield Finding("text_empty", "Write what the visitor reads then.", f"texts.{name}")


def _step(step: Step, where: str, *, is_double: bool) -> Iterator[Finding]:
    if is_double or not _KEY.fullmatch(step.key):
        text = "Give every step a key of its own: letters, digits, _ and -, at most 64."
        yield Finding("step_key", text, f"{where}.key")
    if not step.title.strip() and not step.message.strip():
        yield Finding("text_empty", "Write a title or a message.", f"{where}.title")
    for name, longest in (("title", TITLE_LIMIT), ("message", MESSAGE_LIMIT)):
        if len(getattr(step, name)) > longest:
            text = f"Write at most {longest} characters."
            yield Finding("text_too_long", text, f"{where}.{name}")
    if not step.buttons:
        yield Finding("button_missing", "Add at least one button.", f"{where}.buttons")
    for kind, button in step.buttons.items():
        if not 0 < len(button.label.strip()) <= LABEL_LIMIT:
            text = f"Write what stands on the button, in at most {LABEL_LIMIT} characters."
            yield Finding("text_empty", text, f"{where}.buttons.{kind}.label")
    yield from check_form(step, where)


def _segments(body: PromptBody, segments: Collection[str]) -> Iterator[Finding]:
    for field in ("included_segments", "excluded_segments"):
        for place, segment_id in enumerate(getattr(body, field)):
            if segment_id not in segments:
                text = f"There is no segment {segment_id}. Choose another one or take it out."
                yield Finding("segment_unknown", text, f"{field}[{place}]")


def _triggers(body: PromptBody) -> Iterator[Finding]:
    triggers = body.triggers
    if not triggers.pages and not triggers.manual:
        text = "Add a page, or a name under which the page itself opens the prompt."
        yield Finding("trigger_missing", text, "triggers")
    for place, page in enumerate(triggers.pages):
        try:
            compile_page(page)
        except PatternInvalid as error:
            text = f"The expression cannot be used: {error}"
            yield Finding("pattern_invalid", text, f"triggers.pages[{place}].path")
        if not page.path.strip():
            text = "Write a path, or * for every page."
            yield Finding("path_empty", text, f"triggers.pages[{place}].path")
    for place, one in enumerate(triggers.manual):
        if not one.name.strip():
            yield Finding("name_empty", "Write a name.", f"triggers.manual[{place}].name")
    if not 0 <= triggers.delay_seconds <= 3_600:
        text = "Choose a delay of 0 to 3600 seconds."
        yield Finding("delay_out_of_range", text, "triggers.delay_seconds")


def _schedule(body: PromptBody, now: datetime) -> Iterator[Finding]:
    starts, ends = body.schedule.starts_at, body.schedule.ends_at
    for name, instant in (("starts_at", starts), ("ends_at", ends)):
        if instant is not None and instant.tzinfo is None:
            text = "Write the instant with its offset, as in 2026-03-01T09:00:00Z."
            yield Finding("instant_without_offset", text, f"schedule.{name}")
            return
    if starts is not None and ends is not None and ends <= starts:
        yield Finding("schedule_inverted", "The end must come after the start.", "schedule.ends_at")
    elif ends is not None and ends <= now:
        text = "The end is past. Choose a later one or none."
        yield Finding("schedule_past", text, "schedule.ends_at")


def _re_show(body: PromptBody) -> Iterator[Finding]:
    for name in ("after_accept", "after_decline", "after_dismiss"):
        rule = getattr(body.re_show, name)
        if rule.rule is ReShow.AFTER and not (rule.after_seconds or 0) > 0:
            text = "Say after how many seconds it may come again."
            yield Finding("re_show_time_missing", text, f"re_show.{name}.after_seconds")


def _actions(body: PromptBody, billers: Mapping[str, PreflightBiller]) -> Iterator[Finding]:
    for place, step in enumerate(body.steps):
        for kind, button in step.buttons.items():
            for position, action in enumerate(button.actions):
                where = f"steps[{place}].buttons.{kind}.actions[{position}]"
                yield from _action(action, billers.get(action.connector), step, where)


def _action(
    action: AttachedAction, biller: PreflightBiller | None, step: Step, where: str
) -> Iterator[Finding]:
    if biller is None:
        text = f"Connect {action.connector} under Settings › Connectors, or take the action away."
        yield Finding("connection_missing", text, f"{where}.connector")
        return
    if biller.trouble is not None:
        text = f"{biller.trouble} Mend it under Settings › Connectors."
        yield Finding("connection_unusable", text, f"{where}.connector")
    spec = biller.spec.action(action.action)
    if spec is None:
        known = ", ".join(one.key for one in biller.spec.actions)
        text = f"{biller.spec.title} has no action {action.action}; choose one of {known}."
        yield Finding("action_unknown", text, f"{where}.action")
        return
    faults = list(_parameters(action, spec, step, f"{where}.parameters"))
    retired: list[Finding] = []
    for found in _items(action, spec, biller, f"{where}.parameters"):
        (retired if found.code == ITEM_RETIRED else faults).append(found)
    yield from faults
    refused = (
        None if faults else biller.obstacle(action.action, settled_parameters(action.parameters))
    )
    # A retired item is always told; only the connector knows whether it hinders: a plan that is
    # sold no more can still be cancelled.
    yield from (replace(one, blocks=bool(faults) or refused is not None) for one in retired)
    if refused is not None and not retired:
        yield Finding(str(refused.reason), refused.message, where)


def _parameters(
    action: AttachedAction, spec: ActionSpec, step: Step, where: str
) -> Iterator[Finding]:
    for key in action.parameters:
        if spec.parameter(key) is None:
            text = f"{spec.title} has no parameter {key}; take it out."
            yield Finding("parameter_unknown", text, f"{where}.{key}")
    for parameter in spec.parameters:
        value = action.parameters.get(parameter.key, "")
        if parameter.required and not value.strip():
            text = f"Choose: {parameter.label}."
            yield Finding("parameter_missing", text, f"{where}.{parameter.key}")
        elif value:
            yield from check_parameter(parameter, value, step, f"{where}.{parameter.key}")


def _items(
    action: AttachedAction, spec: ActionSpec, biller: PreflightBiller, where: str
) -> Iterator[Finding]:
    for parameter in spec.parameters:
        value = settled_parameters(action.parameters).get(parameter.key)
        kind = _ITEM_KINDS.get(parameter.kind)
        if not value or kind is None:
            continue
        item = biller.items.get((kind, value))
        if item is None:
            text = f"{biller.spec.title} has no {parameter.label.lower()} {value}. Sync or choose."
            yield Finding("item_unknown", text, f"{where}.{parameter.key}")
        elif not isinstance(item, ReasonCode) and item.archived_at is not None:
            text = f"The {parameter.label.lower()} {value} was retired. Choose another one."
            yield Finding(ITEM_RETIRED, text, f"{where}.{parameter.key}")
