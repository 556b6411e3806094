"""What a visitor may know of what came of their click, now and a moment later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, TypeAlias

from standfast.clock import Clock
from standfast.config import Durations
from standfast.connectors.registry import Registry
from standfast.contract.actions import RefusalReason
from standfast.domain.action_run import CAME_TO_NOTHING, ActionRun, Origin, RunState, is_same_deed
from standfast.domain.decision_token import ResultClaims
from standfast.domain.prompt import ResultTexts
from standfast.services.errors import NotFound
from standfast.services.go_on import go_on
from standfast.services.snapshots import Snapshots
from standfast.services.tokens import Tokens
from standfast.services.visitor_words import refused_words
from standfast.store.database import Database, Reader
from standfast.store.interactions import InteractionRow, find_interaction
from standfast.store.runs import list_runs, lock_runs

PRICE_AGAIN = "This price no longer counts. Nothing was charged. Please look at the price again."


@dataclass(frozen=True)
class RunView:
    """One run in the visitor's words; `link` is where they must act, or the offer's way out."""

    id: str
    state: RunState
    message: str
    link: str | None = None


UNDER_WAY = frozenset({RunState.ACCEPTED, RunState.RETRYING, RunState.UNKNOWN})
Verdict: TypeAlias = Literal["none", "pending", "needs_visitor", "refused", "succeeded"]
READINGS: tuple[tuple[Verdict, frozenset[RunState]], ...] = (
    ("pending", UNDER_WAY),
    ("needs_visitor", frozenset({RunState.WAITING_FOR_VISITOR})),
    ("refused", CAME_TO_NOTHING),
    ("pending", frozenset({RunState.NEEDS_OPERATOR})),
    ("succeeded", frozenset({RunState.SUCCEEDED})),
)
"""The first that fits a run rules, so that one failure among several is never hidden."""


@dataclass(frozen=True)
class Recorded:
    """What became of an interaction so far. `show` answers an impression that asked first.

    `refusal` is the reason when nothing was started; its message is the prompt's own text.
    `state`, `message` and `link` are all of it for the visitor: where it stands, one sentence of
    what happened and what did not, and where they may go on. `is_settled`: waiting any longer
    could tell nothing more.
    """

    interaction: str
    show: bool
    runs: tuple[RunView, ...]
    result_token: str | None = None
    refusal: dict[str, str] | None = None
    state: Verdict = "none"
    message: str = ""
    link: str | None = None
    is_settled: bool = True


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
        views = tuple(view_of(run, texts) for run in runs)
        state, link = _verdict(views)
        recorded = Recorded(
            interaction=row.id,
            show=row.show,
            runs=views,
            state=state,
            message=self._message(runs, texts),
            link=link,
            is_settled=all(run.state not in UNDER_WAY for run in runs),
        )
        return recorded if row.refusal is None else _refused(recorded, row.refusal, texts)

    def _message(self, runs: Sequence[ActionRun], texts: ResultTexts) -> str:
        """The prompt's own text where all runs stand alike, else what became of each, in order.

        The author wrote for the button as a whole: "Nothing was charged" would be untrue where
        one of two changes was made.
        """
        if len({_text_of(run.state, texts) for run in runs}) < 2:
            return next((view_of(run, texts).message for run in runs), "")
        return " ".join(dict.fromkeys(self._sentence(run, runs, texts) for run in runs))

    def _sentence(self, run: ActionRun, runs: Sequence[ActionRun], texts: ResultTexts) -> str:
        """Of the same change to several subscriptions it is said once what became of all."""
        spec = self.registry.find_action(run.connector, run.action)
        alike = [one for one in runs if one is run or is_same_deed(one, run, spec)]
        still = next((one for one in alike if one.state not in _OVER), None)
        if spec is None or still is not None:
            return view_of(still or run, texts).message
        is_done = {one.state is RunState.SUCCEEDED for one in alike}
        if len(is_done) > 1 and spec.spread is not None:
            return spec.spread.partly_done
        return spec.told(is_done=is_done.pop())

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
        with self.database.writing() as transaction:
            for run in lock_runs(transaction, interaction_id):
                go_on(transaction, run, because="the visitor came back", now=now)


_OVER = CAME_TO_NOTHING | {RunState.SUCCEEDED}


def view_of(run: ActionRun, texts: ResultTexts) -> RunView:
    """The billing system's words stay with the operator; the visitor reads the prompt's own."""
    text = _text_of(run.state, texts)
    match run.state:
        case RunState.WAITING_FOR_VISITOR:
            return RunView(run.id, run.state, text, run.result.link)
        case RunState.REFUSED:
            told = refused_words(texts, run.result.reason)
            return RunView(run.id, run.state, told, texts.fallback_link)
        case RunState.FAILED | RunState.CANCELLED:
            return RunView(run.id, run.state, text, texts.fallback_link)
        case _:
            return RunView(run.id, run.state, text)


def _text_of(state: RunState, texts: ResultTexts) -> str:
    match state:
        case RunState.SUCCEEDED:
            return texts.succeeded
        case RunState.WAITING_FOR_VISITOR:
            return texts.needs_visitor
        case RunState.REFUSED | RunState.FAILED | RunState.CANCELLED:
            return texts.refused
        case RunState.ACCEPTED | RunState.RETRYING | RunState.UNKNOWN | RunState.NEEDS_OPERATOR:
            return texts.pending


def _verdict(views: Sequence[RunView]) -> tuple[Verdict, str | None]:
    for verdict, states in READINGS:
        found = next((view for view in views if view.state in states), None)
        if found is not None:
            return verdict, found.link
    return "none", None


def _refused(recorded: Recorded, refusal: Mapping[str, str], texts: ResultTexts) -> Recorded:
    """Nothing was started. A price that does not count is no end: it is shown again."""
    is_price = refusal["reason"] == RefusalReason.QUOTE_REFUSED
    told = refused_words(texts, refusal["reason"])
    message, way_out = (PRICE_AGAIN, None) if is_price else (told, texts.fallback_link)
    link = {"link": way_out} if way_out else {}
    return replace(
        recorded,
        refusal={"reason": refusal["reason"], "message": message, **link},
        state="refused",
        message=message,
        link=way_out,
    )
