"""Which prompts this visitor may see now, and why: a pure function.

`decide` stops a prompt at its first closed gate, `explain` does not stop.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from standfast.contract.actions import RefusalReason, Refused
from standfast.domain.gates import (
    GATES,
    Case,
    Gate,
    GateRule,
    Situation,
    has_status,
    is_allowed,
    is_held_out,
)
from standfast.domain.offer import find_refusal
from standfast.domain.prompt import Button
from standfast.domain.snapshot import CompiledPrompt

_AFTER_HOLDOUT = tuple(rule for rule in GATES if rule.gate not in {Gate.VISITOR, Gate.HOLDOUT})


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_JUDGED = "not_judged"
    """It has no say before an earlier gate opens."""


@dataclass(frozen=True)
class GateVerdict:
    """`condition` is what was asked, `actual` what was found."""

    gate: Gate
    verdict: Verdict
    condition: str
    actual: str


@dataclass(frozen=True)
class Choice:
    """By priority. `held_out` would have been shown but for a holdout."""

    shown: tuple[CompiledPrompt, ...] = ()
    held_out: tuple[CompiledPrompt, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """Every gate of one prompt, in order."""

    prompt_id: str
    version: int
    is_shown: bool
    is_held_out: bool
    gates: tuple[GateVerdict, ...] = field(default_factory=tuple[GateVerdict, ...])


def decide(situation: Situation) -> Choice:
    """What may be shown now, and what a holdout keeps back."""
    if situation.visitor.is_suppressed:
        return Choice()
    open_prompts = tuple(
        prompt
        for prompt in situation.snapshot.prompts
        if all(rule.passes(Case(prompt, situation)) for rule in _AFTER_HOLDOUT)
    )
    if is_held_out(situation):
        return Choice(held_out=open_prompts)
    return Choice(shown=open_prompts)


def explain(situation: Situation, others: tuple[CompiledPrompt, ...] = ()) -> list[Explanation]:
    """Every gate of every prompt of the snapshot, and of `others` that are not in it."""
    prompts = (*situation.snapshot.prompts, *others)
    shown = [prompt.id for prompt in decide(situation).shown]
    return [_explanation(Case(prompt, situation), shown) for prompt in prompts]


def accept_refusal(case: Case, *, step: str, button: Button) -> Refused | None:
    """Gates 1, 3 and 10 once more, for the button that was clicked; None when it may be done.

    Gate 9 is judged by the reservation itself, which alone is exact.

    `case.prompt` is the version that was shown; its status is the present one.
    """
    if not is_allowed(case):
        return Refused(RefusalReason.OFFER_CHANGED, "The visitor is suppressed.")
    if not has_status(case):
        return Refused(RefusalReason.OFFER_CHANGED, "The prompt is no longer live.")
    shown = case.prompt.body.step(step)
    clicked = shown.buttons.get(button) if shown else None
    if clicked is None:
        return Refused(RefusalReason.OFFER_CHANGED, "The prompt has no such button.")
    if clicked.actions and case.at.visitor.user_id is None:
        return Refused(RefusalReason.BILLING_ID_MISSING, "The visitor is not signed in.")
    return find_refusal(clicked.actions, case.at.billers, may_be_done=True)


def _explanation(case: Case, shown: list[str]) -> Explanation:
    verdicts = [_verdict(rule, case) for rule in GATES]
    closed = [one.gate for one in verdicts if one.verdict is Verdict.FAILED]
    verdicts.append(_priority(case, shown, is_open=not closed))
    return Explanation(
        prompt_id=case.prompt.id,
        version=case.prompt.live.version,
        is_shown=not closed,
        is_held_out=closed == [Gate.HOLDOUT],
        gates=tuple(verdicts),
    )


def _verdict(rule: GateRule, case: Case) -> GateVerdict:
    condition, actual = rule.tell(case)
    verdict = Verdict.PASSED if rule.passes(case) else Verdict.FAILED
    return GateVerdict(rule.gate, verdict, condition, actual)


def _priority(case: Case, shown: list[str], *, is_open: bool) -> GateVerdict:
    condition = f"priority {case.prompt.body.priority}; one overlay at a time"
    if not is_open or case.prompt.id not in shown:
        return GateVerdict(Gate.PRIORITY, Verdict.NOT_JUDGED, condition, "not in the running")
    place = f"place {shown.index(case.prompt.id) + 1} of {len(shown)}"
    return GateVerdict(Gate.PRIORITY, Verdict.PASSED, condition, place)
