"""The gates between a prompt and a visitor, in their published order.

Each is judged by one small function and told by another; the table `GATES` is the order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from standfast.contract.actions import RefusalReason, Refused
from standfast.domain.hashing import bucket
from standfast.domain.limited_offer import limit_refusal
from standfast.domain.limits import NOTHING_USED, LimitsUsed, describe_limits, describe_used
from standfast.domain.offer import Biller, find_refusal
from standfast.domain.prompt import PromptStatus
from standfast.domain.re_show import describe_history, describe_re_show, may_show_again
from standfast.domain.request import DecideRequest, Page
from standfast.domain.rules.facts import Facts
from standfast.domain.rules.interpret import describe, reasons
from standfast.domain.schedule import describe_schedule, is_open
from standfast.domain.snapshot import CompiledPrompt, CompiledSegment, CompiledSnapshot
from standfast.domain.visitor import PromptHistory, VisitorState

NO_HISTORY = PromptHistory()


class Gate(StrEnum):
    """In the published order."""

    VISITOR = "visitor"
    """The visitor is not suppressed."""
    HOLDOUT = "holdout"
    """The visitor is not held out of all prompts."""
    STATUS = "status"
    """The prompt is live, or in review for a test visitor."""
    SCHEDULE = "schedule"
    """It is time."""
    PLACE = "place"
    """Placement, device and page fit."""
    SEGMENTS = "segments"
    """In any included segment and in no excluded one."""
    RE_SHOW = "re_show"
    """What the visitor did with it before does not hold it back."""
    CAPS = "caps"
    """No frequency cap is reached."""
    LIMITS = "limits"
    """No limit and no budget is used up."""
    OFFER = "offer"
    """Every accept action could be done right now."""
    EXPERIMENT = "experiment"
    """The visitor is not in a control group."""
    PRIORITY = "priority"
    """Its place among the prompts that may be shown."""


@dataclass(frozen=True)
class Situation:
    """Everything about the moment but the prompt."""

    snapshot: CompiledSnapshot
    visitor: VisitorState
    facts: Facts
    request: DecideRequest
    page: Page
    billers: Mapping[str, Biller]
    now: datetime
    limits: LimitsUsed = NOTHING_USED


@dataclass(frozen=True)
class Case:
    """One prompt for one visitor at one moment."""

    prompt: CompiledPrompt
    at: Situation

    @property
    def history(self) -> PromptHistory:
        return self.at.visitor.history.get(self.prompt.id, NO_HISTORY)


@dataclass(frozen=True)
class GateRule:
    """`passes` decides; `tell` only explains: (condition, actual)."""

    gate: Gate
    passes: Callable[[Case], bool]
    tell: Callable[[Case], tuple[str, str]]


def is_held_out(situation: Situation) -> bool:
    """Stable for ever for a visitor and a percentage; a greater percentage keeps the old ones."""
    snapshot = situation.snapshot.snapshot
    if snapshot.holdout_percent <= 0:
        return False
    place = bucket(salt="holdout", key=snapshot.app_id, visitor=situation.visitor.visitor)
    return place < snapshot.holdout_percent * 100


def is_allowed(case: Case) -> bool:
    return not case.at.visitor.is_suppressed


def _tell_visitor(case: Case) -> tuple[str, str]:
    return "the visitor is not suppressed", "suppressed" if not is_allowed(case) else "allowed"


def _is_not_held_out(case: Case) -> bool:
    return not is_held_out(case.at)


def _tell_holdout(case: Case) -> tuple[str, str]:
    snapshot = case.at.snapshot.snapshot
    place = bucket(salt="holdout", key=snapshot.app_id, visitor=case.at.visitor.visitor)
    least = round(snapshot.holdout_percent * 100)
    return f"bucket at or above {least} of 10000 (holdout)", f"bucket {place}"


def has_status(case: Case) -> bool:
    status = case.prompt.live.status
    is_tried = status is PromptStatus.REVIEW and case.at.visitor.is_test
    return status is PromptStatus.LIVE or is_tried


def _tell_status(case: Case) -> tuple[str, str]:
    who = "a test visitor" if case.at.visitor.is_test else "not a test visitor"
    return "live, or in review for a test visitor", f"{case.prompt.live.status}, {who}"


def _is_time(case: Case) -> bool:
    return is_open(case.prompt.body.schedule, case.at.now)


def _tell_schedule(case: Case) -> tuple[str, str]:
    return describe_schedule(case.prompt.body.schedule), f"now is {case.at.now.isoformat()}"


def _is_here(case: Case) -> bool:
    body = case.prompt.body
    if body.devices and case.at.request.device not in body.devices:
        return False
    return bool(body.triggers.manual) or case.prompt.is_on(case.at.page)


def _tell_place(case: Case) -> tuple[str, str]:
    body = case.prompt.body
    pages = [
        f"{'expression' if one.is_regex else 'path'} {one.path}" for one in body.triggers.pages
    ]
    names = [f'opened by the page as "{one.name}"' for one in body.triggers.manual]
    devices = f"; device {' or '.join(body.devices)}" if body.devices else ""
    condition = (" or ".join([*pages, *names]) or "no page") + devices
    return condition, f"path {case.at.page.path}; device {case.at.request.device or 'not told'}"


def _is_meant(case: Case) -> bool:
    body = case.prompt.body
    if body.included_segments and not any(_is_in(case, one) for one in body.included_segments):
        return False
    return not any(_is_in(case, one) for one in body.excluded_segments)


def _is_in(case: Case, segment_id: str) -> bool:
    """A segment that is gone has nobody in it."""
    segment = case.at.snapshot.segments.get(segment_id)
    return segment is not None and segment.holds(case.at.facts, case.at.now)


def _tell_segments(case: Case) -> tuple[str, str]:
    body = case.prompt.body
    for segment_id in body.excluded_segments:
        if _is_in(case, segment_id):
            return _tell_segment(case, segment_id, "not in")
    matched = next((one for one in body.included_segments if _is_in(case, one)), None)
    if matched is not None:
        return _tell_segment(case, matched, "in")
    if not body.included_segments:
        return "everybody", "nothing to fulfil"
    told = [_tell_segment(case, one, "in") for one in body.included_segments]
    return " or ".join(one for one, _ in told), "; ".join(two for _, two in told)


def _tell_segment(case: Case, segment_id: str, word: str) -> tuple[str, str]:
    segment: CompiledSegment | None = case.at.snapshot.segments.get(segment_id)
    if segment is None:
        return f"{word} segment {segment_id}", "this segment does not exist"
    found = reasons(segment.live.rule, case.at.facts, now=case.at.now)
    actual = "; ".join(f"{one.condition}: {one.actual}" for one in found)
    rule = describe(segment.live.rule)
    return f'{word} segment "{segment.live.name}" ({rule})', actual or "nothing to fulfil"


def _may_return(case: Case) -> bool:
    return may_show_again(case.prompt.body.re_show, case.history, case.at.now)


def _tell_re_show(case: Case) -> tuple[str, str]:
    rules = case.prompt.body.re_show
    return describe_re_show(rules, case.history, case.at.now), describe_history(case.history)


def _always(_case: Case) -> bool:
    return True


def _tell_none(_case: Case) -> tuple[str, str]:
    return "none set", "nothing to fulfil"


def _limit_refusal(case: Case) -> Refused | None:
    return limit_refusal(case.prompt.body, case.prompt.id, case.at.limits, case.at.billers)


def _has_room(case: Case) -> bool:
    return _limit_refusal(case) is None


def _tell_limits(case: Case) -> tuple[str, str]:
    limits = case.prompt.body.limits
    told = describe_used(limits, case.prompt.id, case.at.limits)
    refused = _limit_refusal(case)
    return describe_limits(limits), told if refused is None else f"{told}; {refused.message}"


def _offer_refusal(case: Case) -> Refused | None:
    if not case.prompt.has_actions:
        return None
    if case.at.visitor.user_id is None:
        return Refused(RefusalReason.BILLING_ID_MISSING, "The visitor is not signed in.")
    return find_refusal(case.prompt.body.accept_actions(), case.at.billers)


def _can_be_kept(case: Case) -> bool:
    return _offer_refusal(case) is None


def _tell_offer(case: Case) -> tuple[str, str]:
    refused = _offer_refusal(case)
    actions = [f"{one.connector}.{one.action}" for one in case.prompt.body.accept_actions()]
    condition = f"can be done now: {', '.join(actions)}" if actions else "no action to be done"
    if refused is None:
        return condition, "nothing stands against it"
    return condition, f"{refused.reason}: {refused.message}"


GATES: tuple[GateRule, ...] = (
    GateRule(Gate.VISITOR, is_allowed, _tell_visitor),
    GateRule(Gate.HOLDOUT, _is_not_held_out, _tell_holdout),
    GateRule(Gate.STATUS, has_status, _tell_status),
    GateRule(Gate.SCHEDULE, _is_time, _tell_schedule),
    GateRule(Gate.PLACE, _is_here, _tell_place),
    GateRule(Gate.SEGMENTS, _is_meant, _tell_segments),
    GateRule(Gate.RE_SHOW, _may_return, _tell_re_show),
    GateRule(Gate.CAPS, _always, _tell_none),
    GateRule(Gate.LIMITS, _has_room, _tell_limits),
    GateRule(Gate.OFFER, _can_be_kept, _tell_offer),
    GateRule(Gate.EXPERIMENT, _always, _tell_none),
)
"""All but the last gate, which needs to know the other prompts."""
