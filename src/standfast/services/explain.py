"""Why a visitor sees, or does not see, each prompt of an app."""

from dataclasses import dataclass, replace

import msgspec

from standfast.clock import Clock
from standfast.domain.decision import Explanation, explain
from standfast.domain.pattern import PatternInvalid
from standfast.domain.prompt import PromptStatus, Triggers
from standfast.domain.request import DecideRequest
from standfast.domain.roles import Permission
from standfast.domain.rules.compile import compile_rule
from standfast.domain.snapshot import (
    CompiledPrompt,
    CompiledSegment,
    CompiledSnapshot,
    LivePrompt,
    LiveSegment,
    compile_prompt,
)
from standfast.domain.visitor import Identity
from standfast.services.permissions import Acting
from standfast.services.read_situation import Situations
from standfast.services.snapshots import Snapshots
from standfast.store.database import Database, Reader
from standfast.store.prompts import PromptRow, list_prompts, list_published
from standfast.store.segments import list_segments


@dataclass(frozen=True)
class ExplainedPrompt:
    """One prompt with its name and status, and the verdict of every gate."""

    name: str
    status: PromptStatus
    explanation: Explanation


class ExplainPrompts(Acting):
    """Judges drafts, paused and ended prompts too: their status is among the gates."""

    def __init__(
        self, database: Database, situations: Situations, snapshots: Snapshots, clock: Clock
    ) -> None:
        self._database = database
        self._situations = situations
        self._snapshots = snapshots
        self._clock = clock

    def explain(
        self, app_id: str, user_id: str, request: DecideRequest
    ) -> tuple[ExplainedPrompt, ...]:
        """Every prompt × every gate, those of the snapshot first. Raises `NotFound`."""
        return self.explain_identity(Identity(app_id, user_id, None), request)

    def explain_identity(
        self, identity: Identity, request: DecideRequest
    ) -> tuple[ExplainedPrompt, ...]:
        self._allow(Permission.SEE_VISITORS, identity.app_id)
        now = self._clock.now()
        live = self._snapshots.current(identity.app_id)
        with self._database.reading() as reader:
            rows = {row.id: row for row in list_prompts(reader, identity.app_id)}
            others = _others(reader, identity.app_id, rows, live)
            snapshot = _with_all_segments(reader, identity.app_id, live)
        actions = [a for one in (*live.prompts, *others) for a in one.body.actions()]
        situation = self._situations.read(
            identity, request, snapshot, now, actions=actions, others=others
        )
        return tuple(
            ExplainedPrompt(rows[one.prompt_id].name, rows[one.prompt_id].status, one)
            for one in explain(situation, others)
            if one.prompt_id in rows
        )


def _others(
    reader: Reader, app_id: str, rows: dict[str, PromptRow], live: CompiledSnapshot
) -> tuple[CompiledPrompt, ...]:
    """What is not live, in its newest version, or as a draft where it has none."""
    bodies = {row.id: version.body for row, version in list_published(reader, app_id)}
    return tuple(
        _compiled(LivePrompt(row.id, row.version, row.status, bodies.get(row.id, row.draft)))
        for row in rows.values()
        if live.find_prompt(row.id) is None
    )


def _compiled(prompt: LivePrompt) -> CompiledPrompt:
    try:
        return compile_prompt(prompt)
    except PatternInvalid:  # a draft may be unfinished; then it is on no page
        return compile_prompt(_on_no_page(prompt))


def _on_no_page(prompt: LivePrompt) -> LivePrompt:
    triggers = Triggers(manual=prompt.body.triggers.manual)
    body = msgspec.structs.replace(prompt.body, triggers=triggers)
    return msgspec.structs.replace(prompt, body=body)


def _with_all_segments(reader: Reader, app_id: str, live: CompiledSnapshot) -> CompiledSnapshot:
    """Drafts may name segments that no live prompt uses."""
    others = {
        row.id: CompiledSegment(LiveSegment(row.id, row.name, row.rule), compile_rule(row.rule))
        for row in list_segments(reader, app_id)
    }
    return replace(live, segments={**others, **live.segments})
