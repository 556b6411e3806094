"""What a visitor may know of what came of their click, now and a moment later."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from standfast.clock import Clock
from standfast.config import Durations
from standfast.connectors.registry import ConnectorUnknown, Registry
from standfast.domain.action_run import ActionRun, Origin, RunState, resume
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.decision_token import ResultClaims
from standfast.domain.prompt import ResultTexts
from standfast.services.errors import NotFound
from standfast.services.snapshots import Snapshots
from standfast.services.tokens import Tokens
from standfast.store.database import Database, Reader
from standfast.store.interactions import InteractionRow, find_interaction
from standfast.store.runs import list_runs, lock_runs, save_run
from standfast.store.signals import RUN_DUE

RETURN_SECONDS = 5.0
"""A visitor who asks again sooner has not been away to act."""


@dataclass(frozen=True)
class RunView:
    """One run in the visitor's words; `link` is where they must act, or the offer's way out."""

    id: str
    state: RunState
    message: str
    link: str | None = None


@dataclass(frozen=True)
class Recorded:
    """What became of an interaction so far. `show` answers an impression that asked first.

    `refusal` is the reason when nothing was started; its message is the prompt's own text.
    `message` is the one sentence for the visitor: what happened, and what did not.
    """

    interaction: str
    show: bool
    runs: tuple[RunView, ...]
    result_token: str | None = None
    refusal: dict[str, str] | None = None
    message: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether waiting any longer could tell the visitor more."""
        return all(run.state not in UNDER_WAY for run in self.runs)


UNDER_WAY = frozenset({RunState.ACCEPTED, RunState.RETRYING, RunState.UNKNOWN})
NOT_DONE = frozenset({RunState.REFUSED, RunState.FAILED, RunState.CANCELLED})


@dataclass(frozen=True)
class FollowResult:
    """Reads the result of a click for whoever holds its result token."""

    database: Database
    tokens: Tokens
    snapshots: Snapshots
    registry: Registry
    clock: Clock
    durations: Durations

    def follow(self, result_token: str) -> Recorded:
        """The present state. A visitor who was away to act sets waiting runs going again.

        Raises `TokenRefused`, `NotFound`.
        """
        claims = self.tokens.read_result(result_token, now=self.clock.now())
        with self.database.reading() as reader:
            recorded = self.read(reader, claims.app_id, claims.interaction_id)
        if any(run.state is RunState.WAITING_FOR_VISITOR for run in recorded.runs):
            self._go_on(claims.interaction_id)
        return replace(recorded, result_token=result_token)

    def read(self, reader: Reader, app_id: str, interaction_id: str) -> Recorded:
        """The stored interaction as its visitor may see it, without a result token."""
        row = find_interaction(reader, app_id, interaction_id)
        if row is None:
            raise NotFound("There is no such interaction.")
        texts = self._texts(row)
        runs = [run for run in list_runs(reader, row.id) if run.origin is Origin.CLICK]
        return Recorded(
            interaction=row.id,
            show=row.show,
            runs=tuple(view_of(run, texts) for run in runs),
            refusal=_refusal_view(row, texts),
            message=texts.refused if row.refusal else self._message(runs, texts),
        )

    def _message(self, runs: Sequence[ActionRun], texts: ResultTexts) -> str:
        """The prompt's own text where all runs stand alike, else what became of each, in order.

        The author wrote for the button as a whole: "Nothing was charged" would be untrue where
        one of two changes was made.
        """
        views = dict.fromkeys(view_of(run, texts).message for run in runs)
        if len(views) < 2:
            return next(iter(views), "")
        return " ".join(dict.fromkeys(self._sentence(run, texts) for run in runs))

    def _sentence(self, run: ActionRun, texts: ResultTexts) -> str:
        is_done = run.state is RunState.SUCCEEDED
        if not is_done and run.state not in NOT_DONE:
            return view_of(run, texts).message
        try:
            spec = self.registry.get(run.connector).spec.action(run.action)
        except ConnectorUnknown:
            spec = None
        return spec.told(is_done=is_done) if spec else view_of(run, texts).message

    def result_token(self, row: InteractionRow) -> str:
        expires_at = self.clock.now() + timedelta(seconds=self.durations.result_token)
        claims = ResultClaims(row.app_id, row.visitor, row.id, expires_at)
        return self.tokens.sign_result(row.app_id, claims)

    def _texts(self, row: InteractionRow) -> ResultTexts:
        snapshot = self.snapshots.by_hash(row.app_id, row.snapshot_hash)
        prompt = snapshot.find_prompt(row.prompt_id) if snapshot else None
        return prompt.texts if prompt else ResultTexts()

    def _go_on(self, interaction_id: str) -> None:
        now = self.clock.now()
        back_since = now - timedelta(seconds=RETURN_SECONDS)
        with self.database.writing() as transaction:
            for run in lock_runs(transaction, interaction_id):
                is_waiting = run.state is RunState.WAITING_FOR_VISITOR
                if not is_waiting or (run.last_try_at or run.created_at) > back_since:
                    continue
                resumed = resume(run, now=now)
                body = {"because": "the visitor came back"}
                save_run(transaction, resumed, EntryKind.CHANGED, body, at=now)
                transaction.signal(RUN_DUE)


def view_of(run: ActionRun, texts: ResultTexts) -> RunView:
    """The operator's reason stays with the operator; the visitor reads the prompt's own words."""
    match run.state:
        case RunState.SUCCEEDED:
            return RunView(run.id, run.state, texts.succeeded)
        case RunState.WAITING_FOR_VISITOR:
            return RunView(run.id, run.state, texts.needs_visitor, run.result.link)
        case RunState.REFUSED | RunState.FAILED | RunState.CANCELLED:
            return RunView(run.id, run.state, texts.refused, texts.fallback_link)
        case RunState.ACCEPTED | RunState.RETRYING | RunState.UNKNOWN | RunState.NEEDS_OPERATOR:
            return RunView(run.id, run.state, texts.pending)


def _refusal_view(row: InteractionRow, texts: ResultTexts) -> dict[str, str] | None:
    if row.refusal is None:
        return None
    view = {"reason": row.refusal["reason"], "message": texts.refused}
    return {**view, "link": texts.fallback_link} if texts.fallback_link else view
