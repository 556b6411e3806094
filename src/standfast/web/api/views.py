"""What the server API reads and answers; these types are the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from standfast.domain.attempt_chain import Entry
from standfast.domain.decision import GateVerdict
from standfast.domain.visitor import TraitValue
from standfast.services.explain import ExplainedPrompt
from standfast.services.get_run import RunWithAttempts
from standfast.store.visitors import VisitorRow


class VisitorBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Merged into what is known; a trait that is null is removed."""

    traits: dict[str, TraitValue] = msgspec.field(default_factory=dict[str, TraitValue])
    is_suppressed: bool | None = None
    is_test: bool | None = None


class VisitorView(msgspec.Struct, frozen=True):
    """`sources` says where a system trait (chargify_id) came from."""

    user_id: str
    traits: dict[str, TraitValue]
    sources: dict[str, str]
    is_suppressed: bool
    is_test: bool
    created_at: datetime
    updated_at: datetime


class ExplainBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The page and device the visitor would come with."""

    user_id: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    page: str = ""
    device: str = ""
    language: str = ""
    time_zone: str = ""


class GateView(msgspec.Struct, frozen=True):
    gate: str
    verdict: str
    condition: str
    actual: str


class PromptExplanation(msgspec.Struct, frozen=True):
    """`gates` in their published order."""

    prompt: str
    name: str
    status: str
    version: int
    is_shown: bool
    is_held_out: bool
    gates: list[GateView]


class ExplanationView(msgspec.Struct, frozen=True):
    prompts: list[PromptExplanation]


class AttemptView(msgspec.Struct, frozen=True):
    """One line of the run's journal; `body` is redacted."""

    n: int
    kind: str
    state: str
    at: datetime
    body: dict[str, Any] | None
    hash: str


class RunDetail(msgspec.Struct, frozen=True):
    """`origin` is click, undo or again; `parent` the run it is about, if it was not a click.

    `incident` says what a person must look at, empty for nothing.
    """

    id: str
    interaction: str
    connector: str
    action: str
    parameters: dict[str, str]
    user_id: str
    billing_id: str
    state: str
    reference: str | None
    already: bool
    reason: str | None
    message: str
    link: str | None
    origin: str
    parent: str | None
    started_by: str | None
    charged_in_cents: int | None
    incident: str
    created_at: datetime
    due_at: datetime | None
    finished_at: datetime | None
    attempts: list[AttemptView]


def visitor_view(row: VisitorRow) -> VisitorView:
    return VisitorView(
        user_id=row.user_id,
        traits=row.traits,
        sources={trait: source.source for trait, source in row.sources.items()},
        is_suppressed=row.is_suppressed,
        is_test=row.is_test,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def run_detail(found: RunWithAttempts) -> RunDetail:
    run = found.run
    return RunDetail(
        id=run.id,
        interaction=run.interaction_id,
        connector=run.connector,
        action=run.action,
        parameters=run.parameters,
        user_id=run.user_id,
        billing_id=run.billing_id,
        state=run.state,
        reference=run.result.reference,
        already=run.result.already,
        reason=run.result.reason,
        message=run.result.message,
        link=run.result.link,
        origin=run.origin,
        parent=run.parent_id,
        started_by=run.started_by,
        charged_in_cents=run.result.charged.amount_in_cents if run.result.charged else None,
        incident=run.incident,
        created_at=run.created_at,
        due_at=run.due_at,
        finished_at=run.finished_at,
        attempts=[_attempt(entry) for entry in found.attempts],
    )


def explanation_view(found: tuple[ExplainedPrompt, ...]) -> ExplanationView:
    return ExplanationView([_prompt(one) for one in found])


def _attempt(entry: Entry) -> AttemptView:
    return AttemptView(entry.n, entry.kind, entry.state, entry.at, entry.body, entry.hash)


def _prompt(one: ExplainedPrompt) -> PromptExplanation:
    told = one.explanation
    return PromptExplanation(
        prompt=told.prompt_id,
        name=one.name,
        status=one.status,
        version=told.version,
        is_shown=told.is_shown,
        is_held_out=told.is_held_out,
        gates=[_gate(gate) for gate in told.gates],
    )


def _gate(gate: GateVerdict) -> GateView:
    return GateView(gate.gate, gate.verdict, gate.condition, gate.actual)
