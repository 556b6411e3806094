"""Decides what a visitor may be shown now."""

import secrets
from datetime import datetime, timedelta

import msgspec

from standfast.clock import Clock
from standfast.config import Durations
from standfast.domain.decision import decide
from standfast.domain.decision_token import DecisionClaims, ResultClaims
from standfast.domain.gates import Situation
from standfast.domain.interaction import decision_id
from standfast.domain.prompt import ResultTexts
from standfast.domain.request import DecideRequest
from standfast.domain.snapshot import CompiledPrompt, ShownStep, ShownTriggers
from standfast.domain.visitor import Identity
from standfast.services.read_situation import Situations
from standfast.services.snapshots import Snapshots
from standfast.services.tokens import Tokens
from standfast.store.database import Database
from standfast.store.runs import PendingInteraction, list_pending_interactions

VARIATION = "default"


class DecidedPrompt(msgspec.Struct, frozen=True):
    """What the page needs to show a prompt; no actions and no parameters.

    `show_price`: the page asks for the price before it lets the visitor accept.
    """

    token: str
    prompt: str
    version: int
    variation: str
    type: str
    zone: str | None
    steps: tuple[ShownStep, ...]
    triggers: ShownTriggers
    texts: ResultTexts
    reserve: bool
    show_price: bool


class HeldOutPrompt(msgspec.Struct, frozen=True):
    """Would have been shown; the page reports when its trigger fires."""

    token: str
    prompt: str
    triggers: ShownTriggers


class Pending(msgspec.Struct, frozen=True):
    """An earlier click that is still under way."""

    interaction: str
    prompt: str
    step: str
    result_token: str


class Decisions(msgspec.Struct, frozen=True):
    prompts: tuple[DecidedPrompt, ...]
    holdouts: tuple[HeldOutPrompt, ...]
    pending: tuple[Pending, ...]


class DecidePrompts:
    """Reads, decides, signs."""

    def __init__(
        self,
        database: Database,
        situations: Situations,
        snapshots: Snapshots,
        tokens: Tokens,
        clock: Clock,
        durations: Durations,
    ) -> None:
        self._database = database
        self._situations = situations
        self._snapshots = snapshots
        self._tokens = tokens
        self._clock = clock
        self._durations = durations

    def decide(self, identity: Identity, request: DecideRequest) -> Decisions:
        """All that may be shown, by priority. Raises `NotFound` for an unknown app."""
        now = self._clock.now()
        snapshot = self._snapshots.current(identity.app_id)
        situation = self._situations.read(identity, request, snapshot, now)
        choice = decide(situation)
        view = secrets.token_hex(8)
        return Decisions(
            prompts=tuple(self._shown(situation, prompt, view) for prompt in choice.shown),
            holdouts=tuple(self._held_out(situation, prompt, view) for prompt in choice.held_out),
            pending=self._pending(identity, now),
        )

    def _shown(self, situation: Situation, prompt: CompiledPrompt, view: str) -> DecidedPrompt:
        return DecidedPrompt(
            token=self._token(situation, prompt, view),
            prompt=prompt.id,
            version=prompt.live.version,
            variation=VARIATION,
            type=prompt.body.type,
            zone=prompt.body.zone,
            steps=prompt.steps,
            triggers=prompt.triggers_on(situation.page),
            texts=prompt.texts,
            reserve=False,
            show_price=prompt.body.show_price,
        )

    def _held_out(self, situation: Situation, prompt: CompiledPrompt, view: str) -> HeldOutPrompt:
        token = self._token(situation, prompt, view)
        return HeldOutPrompt(token, prompt.id, prompt.triggers_on(situation.page))

    def _token(self, situation: Situation, prompt: CompiledPrompt, view: str) -> str:
        app_id, visitor = situation.snapshot.snapshot.app_id, situation.visitor
        past = visitor.history.get(prompt.id)
        claims = DecisionClaims(
            app_id=app_id,
            visitor=visitor.visitor,
            decision=decision_id(
                app_id=app_id,
                visitor=visitor.visitor,
                prompt_id=prompt.id,
                finals=past.finals if past else 0,
            ),
            view=view,
            prompt_id=prompt.id,
            version=prompt.live.version,
            variation=VARIATION,
            snapshot_hash=situation.snapshot.hash,
            decided_at=situation.now,
            expires_at=situation.now + timedelta(seconds=self._durations.decision_token),
        )
        return self._tokens.sign_decision(app_id, claims)

    def _pending(self, identity: Identity, now: datetime) -> tuple[Pending, ...]:
        if not identity.is_signed:
            return ()
        with self._database.reading() as reader:
            found = list_pending_interactions(reader, identity.app_id, identity.visitor)
        return tuple(self._pending_one(identity, one, now) for one in found)

    def _pending_one(self, identity: Identity, one: PendingInteraction, now: datetime) -> Pending:
        claims = ResultClaims(
            app_id=identity.app_id,
            visitor=identity.visitor,
            interaction_id=one.interaction_id,
            expires_at=now + timedelta(seconds=self._durations.result_token),
        )
        token = self._tokens.sign_result(identity.app_id, claims)
        return Pending(one.interaction_id, one.prompt_id, one.step, token)
