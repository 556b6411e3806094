"""From a prompt's body to the form and back; instants stand in the app's own zone."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

import msgspec

from standfast.contract.connector import ConnectorSpec
from standfast.domain.prompt import (
    AttachedAction,
    Button,
    ButtonBody,
    ManualTrigger,
    PageTrigger,
    PromptBody,
    ReShow,
    ReShowRule,
    ReShowRules,
    ResultTexts,
    Schedule,
    Step,
    Triggers,
)
from standfast.services.errors import FieldInvalid
from standfast.web.console.prompts_edited import (
    FORM,
    RE_SHOW,
    TEXTS,
    EditedAction,
    EditedButton,
    EditedPage,
    EditedPrompt,
    EditedReShow,
)
from standfast.web.console.prompts_limits import edited_limits, limits_of
from standfast.web.console.prompts_questions import edited_questions, form_of
from standfast.web.console.render import in_zone

UNITS = {"hours": 3_600.0, "days": 86_400.0, "seconds": 1.0}
LOCAL = "%Y-%m-%dT%H:%M"

Specs = Mapping[str, ConnectorSpec]


def edited_of(name: str, body: PromptBody, zone: str) -> EditedPrompt:
    """The form for this body; of several steps only the first is edited here."""
    step = body.steps[0] if body.steps else Step("offer", "", "", {})
    return EditedPrompt(
        name=name,
        title=step.title,
        message=step.message,
        buttons={kind: _edited_button(step.buttons.get(kind)) for kind in Button},
        pages=[EditedPage(_address(page), page.is_regex) for page in body.triggers.pages],
        manual=", ".join(one.name for one in body.triggers.manual),
        delay=_number(body.triggers.delay_seconds),
        starts_at=_local(body.schedule.starts_at, zone),
        ends_at=_local(body.schedule.ends_at, zone),
        priority=str(body.priority),
        included=list(body.included_segments),
        excluded=list(body.excluded_segments),
        re_show={one: _edited_re_show(getattr(body.re_show, one)) for one in RE_SHOW},
        texts={one: getattr(body.texts, one) or "" for one in TEXTS},
        questions=edited_questions(step.form),
        show_price=body.show_price,
        waits_when_down=body.waits_when_down,
        limits=edited_limits(body.limits),
    )


def body_of(edited: EditedPrompt, present: PromptBody, specs: Specs, zone: str) -> PromptBody:
    """What was edited, put into the present body. Raises `FieldInvalid` naming the field."""
    first = present.steps[0] if present.steps else Step("offer", "", "", {})
    step = msgspec.structs.replace(
        first,
        title=edited.title,
        message=edited.message,
        buttons={
            kind: _button(button, specs)
            for kind, button in edited.buttons.items()
            if kind is Button.ACCEPT or button.label or button.actions
        },
        form=form_of(edited.questions, FORM),
    )
    return msgspec.structs.replace(
        present,
        steps=(step, *present.steps[1:]),
        priority=_whole(edited.priority, "priority"),
        included_segments=tuple(dict.fromkeys(one for one in edited.included if one)),
        excluded_segments=tuple(dict.fromkeys(one for one in edited.excluded if one)),
        triggers=_triggers(edited),
        schedule=Schedule(
            _instant(edited.starts_at, zone, "schedule.starts_at"),
            _instant(edited.ends_at, zone, "schedule.ends_at"),
        ),
        re_show=ReShowRules(**{one: _re_show(edited.re_show[one], one) for one in RE_SHOW}),
        texts=ResultTexts(
            **{one: edited.texts[one] for one in TEXTS if one != "fallback_link"},
            fallback_link=edited.texts["fallback_link"] or None,
        ),
        limits=limits_of(edited.limits),
        show_price=edited.show_price,
        waits_when_down=edited.waits_when_down,
    )


def _edited_button(button: ButtonBody | None) -> EditedButton:
    if button is None:
        return EditedButton()
    actions = [
        EditedAction(f"{one.connector}:{one.action}", dict(one.parameters), one.stop_on_error)
        for one in button.actions
    ]
    return EditedButton(button.label, actions)


def _edited_re_show(rule: ReShowRule) -> EditedReShow:
    seconds = rule.after_seconds or 0.0
    if not seconds:
        return EditedReShow(rule.rule)
    unit = next((one for one in ("days", "hours") if seconds % UNITS[one] == 0), "seconds")
    return EditedReShow(rule.rule, _number(seconds / UNITS[unit]), unit)


def _button(edited: EditedButton, specs: Specs) -> ButtonBody:
    actions = tuple(_action(one, specs) for one in edited.actions if one.key)
    return ButtonBody(edited.label, actions)


def _action(edited: EditedAction, specs: Specs) -> AttachedAction:
    """Fields of an action chosen before do not belong to this one."""
    connector, _, key = edited.key.partition(":")
    spec = specs[connector].action(key) if connector in specs else None
    parameters = {
        name: value
        for name, value in edited.parameters.items()
        if spec is None or spec.parameter(name)
    }
    return AttachedAction(connector, key, parameters, edited.stops)


def _triggers(edited: EditedPrompt) -> Triggers:
    names = [one.strip() for one in edited.manual.split(",")]
    return Triggers(
        pages=tuple(_page(one) for one in edited.pages if one.path),
        manual=tuple(ManualTrigger(one) for one in names if one),
        delay_seconds=_real(edited.delay, "triggers.delay_seconds"),
    )


def _page(edited: EditedPage) -> PageTrigger:
    if edited.is_regex:
        return PageTrigger(edited.path, is_regex=True)
    address, _, fragment = edited.path.partition("#")
    path, _, query = address.partition("?")
    words = dict(parse_qsl(query, keep_blank_values=True))
    return PageTrigger(path or "*", query=words, hash=fragment or None)


def _address(page: PageTrigger) -> str:
    query = f"?{urlencode(page.query, safe='*/')}" if page.query else ""
    return f"{page.path}{query}{'#' + page.hash if page.hash else ''}"


def _re_show(edited: EditedReShow, name: str) -> ReShowRule:
    if edited.rule not in {one.value for one in ReShow}:
        raise FieldInvalid("Choose when it may be shown again.", field=f"re_show.{name}.rule")
    if ReShow(edited.rule) is not ReShow.AFTER:
        return ReShowRule(ReShow(edited.rule))
    where = f"re_show.{name}.after_seconds"
    seconds = _real(edited.amount, where) * UNITS.get(edited.unit, UNITS["days"])
    return ReShowRule(ReShow.AFTER, seconds or None)


def _instant(text: str, zone: str, where: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        there = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
        there.astimezone(UTC)
    except (ValueError, OverflowError) as error:  # in UTC it would be in the year 0 or 10000
        raise FieldInvalid("Write a date and a time.", field=where) from error
    return there


def _local(instant: datetime | None, zone: str) -> str:
    return in_zone(instant, zone).strftime(LOCAL) if instant else ""


def _real(text: str, where: str) -> float:
    try:
        found = float(text or 0)
    except ValueError as error:
        raise FieldInvalid("Write a number.", field=where) from error
    if not math.isfinite(found) or found < 0:
        raise FieldInvalid("Write a number that is not negative.", field=where)
    return found


def _whole(text: str, where: str) -> int:
    try:
        found = int(text or 0)
    except ValueError as error:
        raise FieldInvalid("Write a whole number.", field=where) from error
    if abs(found) > 1_000_000:
        raise FieldInvalid("Write a number between -1000000 and 1000000.", field=where)
    return found


def _number(value: float) -> str:
    return f"{value:g}" if value < 1_000_000 else str(int(value))
