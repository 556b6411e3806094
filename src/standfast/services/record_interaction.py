"""Stores what a visitor did and writes the runs it causes, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
import structlog

from standfast.clock import Clock
from standfast.config import Durations
from standfast.connectors.registry import Registry
from standfast.contract.actions import Preview, RefusalReason, Refused
from standfast.domain.action_run import ActionRun
from standfast.domain.decision_token import DecisionClaims
from standfast.domain.filling import AnswerUnfit, TraitUnfit, check_answers
from standfast.domain.interaction import (
    FINAL,
    MOST_RUNS,
    Kind,
    claim_of,
    interaction_id,
    price_claim_of,
    run_id,
)
from standfast.domain.limits import Reservation
from standfast.domain.prompt import AttachedAction, Button, PromptBody
from standfast.domain.quote import total
from standfast.domain.visitor import BillingId, Identity
from standfast.services.check_offer import CheckOffer
from standfast.services.check_quote import CheckQuote
from standfast.services.clicked import button_named, one_of, step_named
from standfast.services.errors import FieldInvalid, IdentityRefused, NotNow
from standfast.services.fill_orders import TooManyRuns, fill_orders, read_visitor_of
from standfast.services.follow_result import FollowResult, Recorded
from standfast.services.reserve_limits import ReserveLimits, reserve
from standfast.services.snapshots import Snapshots
from standfast.services.tokens import Tokens
from standfast.store.bodies import packed
from standfast.store.connections import find_connection
from standfast.store.database import Database, Transaction
from standfast.store.interactions import (
    InteractionRow,
    add_interaction,
    count_interaction,
    find_interaction_by_claim,
    refuse_interaction,
)
from standfast.store.prompts import is_stopped
from standfast.store.runs import add_run
from standfast.store.signals import RUN_DUE

MAX_VALUES = 10
MAX_VALUE_LENGTH = 65_535

_log = structlog.get_logger()


@dataclass(frozen=True)
class Deed:
    """One interaction as the tag reports it."""

    token: str
    kind: str
    step: str
    values: Mapping[str, str]
    quote: str | None = None


@dataclass(frozen=True)
class _Judged:
    """Who the visitor is to the billing systems, what is to be run for them, or why nothing is."""

    billing_ids: Mapping[str, BillingId]
    orders: tuple[AttachedAction, ...] = ()
    refused: Refused | None = None


@dataclass(frozen=True)
class RecordInteraction:
    """A deed is stored once; every repetition is told what became of the first."""

    database: Database
    tokens: Tokens
    snapshots: Snapshots
    offers: CheckOffer
    results: FollowResult
    limits: ReserveLimits
    registry: Registry
    clock: Clock
    durations: Durations

    def record(self, identity: Identity, deed: Deed) -> Recorded:
        """Raises `TokenRefused`, `IdentityRefused`, `FieldInvalid`, `NotNow`."""
        kind = one_of(Kind, deed.kind, field="kind")
        _refuse_odd_values(deed.values)
        now = self.clock.now()
        claims = self.tokens.verify_decision(
            identity.app_id, deed.token, visitor=identity.visitor, now=now
        )
        claim = claim_of(decision=claims.decision, view=claims.view, step=deed.step, kind=kind)
        known = self._known(identity, claim)
        if known is not None:
            return known
        body = self._body(claims)
        actions = _actions(body, deed.step, kind)
        _refuse_unfit_answers(body, deed, kind)
        if actions and not identity.is_signed:
            raise IdentityRefused("A change of a bill needs a signed identity.")
        judged = self._judged(identity, deed, kind, claims, actions, now)
        agreed = self._agreed(deed, kind, claims, body, judged) if actions else ()
        if isinstance(agreed, Refused):
            # Another delivery of the click may have been faster, with a price that still counted.
            known = self._known(identity, claim)
            return known or self._refuse_price(identity, deed, kind, claims, agreed)
        return self._store(identity, deed, kind, claims, claim, judged, body, agreed)

    def _agreed(
        self,
        deed: Deed,
        kind: Kind,
        claims: DecisionClaims,
        body: PromptBody,
        judged: "_Judged",
    ) -> tuple[Preview, ...] | Refused:
        """The price that was shown for each run."""
        return CheckQuote(self.tokens).agreed(
            claims,
            deed.quote,
            step=deed.step,
            button=kind,
            runs=None if judged.refused else len(judged.orders),
            is_needed=body.show_price and kind is Kind.ACCEPT,
            now=self.clock.now(),
        )

    def _refuse_price(
        self,
        identity: Identity,
        deed: Deed,
        kind: Kind,
        claims: DecisionClaims,
        refused: Refused,
    ) -> Recorded:
        """Stored, and not final: the price is shown again, and the button clicked once more."""
        claim = price_claim_of(decision=claims.decision, step=deed.step, kind=kind)
        row = _row(identity, deed, kind, claims, claim, refused, {}, self.clock.now())
        with self.database.writing() as transaction:
            add_interaction(transaction, row)
        _log.info("interaction.price_refused", interaction=row.id, why=refused.message)
        known = self._known(identity, claim)
        assert known is not None
        return known

    def _known(self, identity: Identity, claim: str) -> Recorded | None:
        with self.database.reading() as reader:
            row = find_interaction_by_claim(reader, claim)
            if row is None:
                return None
            if row.visitor != identity.visitor:  # theirs was erased; the deed stays done
                raise NotNow("This was answered before what we knew of this visitor was erased.")
            recorded = self.results.read(reader, identity.app_id, row.id)
        return self._with_token(recorded, row)

    def _body(self, claims: DecisionClaims) -> PromptBody:
        snapshot = self.snapshots.by_hash(claims.app_id, claims.snapshot_hash)
        prompt = snapshot.find_prompt(claims.prompt_id) if snapshot else None
        if prompt is None:
            raise NotNow("This prompt is no longer published.")
        return prompt.body

    def _store(
        self,
        identity: Identity,
        deed: Deed,
        kind: Kind,
        claims: DecisionClaims,
        claim: str,
        judged: "_Judged",
        body: PromptBody,
        agreed: tuple[Preview, ...],
    ) -> Recorded:
        now = self.clock.now()
        billing_ids, orders, refused = judged.billing_ids, judged.orders, judged.refused
        wanted = self.limits.wanted(identity, claims.prompt_id, kind, orders, billing_ids, now)
        if refused is None and isinstance(wanted, Refused):
            refused = wanted
        row = _row(identity, deed, kind, claims, claim, refused, billing_ids, now)
        row = replace(row, quote=packed(total(agreed)) if agreed else None)

        def stored(transaction: Transaction) -> bool:
            """Whether it is the first of its claim."""
            if not add_interaction(transaction, row):
                return False
            kept = row
            if refused is None and not isinstance(wanted, Refused):
                kept = _reserved(transaction, row, wanted, has_runs=bool(orders))
            count_interaction(transaction, kept)
            if kept.refusal is None:
                self._add_runs(transaction, kept, orders, billing_ids, body, agreed)
            return True

        is_first = self.database.write(stored)
        known = self._known(identity, claim)
        assert known is not None
        if is_first:
            _log.info("interaction.recorded", interaction=row.id, kind=kind, prompt=row.prompt_id)
        return known

    def _judged(
        self,
        identity: Identity,
        deed: Deed,
        kind: Kind,
        claims: DecisionClaims,
        actions: tuple[AttachedAction, ...],
        now: datetime,
    ) -> "_Judged":
        if not actions:
            return _Judged({})
        clicker = read_visitor_of(self.database, self.registry, identity, actions)
        refused = self.offers.refusal(
            identity, claims, step=deed.step, button=Button(kind), now=now
        )
        if refused is not None:
            return _Judged(clicker.billing_ids, refused=refused)
        try:
            orders = fill_orders(self.registry, clicker, actions, answers=deed.values)
        except TraitUnfit as unfit:
            refused = Refused(RefusalReason.PARAMETER_INVALID, str(unfit))
            return _Judged(clicker.billing_ids, refused=refused)
        except TooManyRuns as many:
            return _Judged(clicker.billing_ids, refused=many.refused)
        return _Judged(clicker.billing_ids, tuple(one for runs in orders for one in runs))

    def _add_runs(
        self,
        transaction: Transaction,
        row: InteractionRow,
        actions: tuple[AttachedAction, ...],
        billing_ids: Mapping[str, BillingId],
        body: PromptBody,
        agreed: tuple[Preview, ...],
    ) -> None:
        for position, action in enumerate(actions):
            run = self._run(transaction, row, action, position, billing_ids[action.connector])
            quoted = agreed[position] if agreed else None
            run = msgspec.structs.replace(run, waits_when_down=body.waits_when_down, quoted=quoted)
            add_run(transaction, run)
            transaction.signal(RUN_DUE, run.id)

    def _run(
        self,
        transaction: Transaction,
        row: InteractionRow,
        action: AttachedAction,
        position: int,
        billing_id: BillingId,
    ) -> ActionRun:
        spec = self.registry.get(action.connector).spec.action(action.action)
        connection = find_connection(transaction, row.app_id, action.connector)
        assert spec is not None
        assert connection is not None
        assert row.user_id is not None
        at = row.received_at
        deadline = at + timedelta(seconds=self.durations.money_deadline)
        return ActionRun(
            id=run_id(row.id, position),
            interaction_id=row.id,
            position=position,
            app_id=row.app_id,
            connection_id=connection.id,
            connector=action.connector,
            action=action.action,
            parameters=action.parameters,
            user_id=row.user_id,
            billing_id=billing_id.value,
            lane=connection.lane(billing_id.value),
            sequence=int(at.timestamp() * 1_000_000) * MOST_RUNS + position,
            stop_on_error=action.stop_on_error,
            moves_money=spec.moves_money,
            created_at=at,
            deadline_at=deadline if spec.moves_money else None,
            due_at=at,
        )

    def _with_token(self, recorded: Recorded, row: InteractionRow) -> Recorded:
        if not recorded.runs:
            return recorded
        return replace(recorded, result_token=self.results.result_token(row))


def _refuse_odd_values(values: Mapping[str, str]) -> None:
    if len(values) > MAX_VALUES:
        raise FieldInvalid(f"At most {MAX_VALUES} values can be sent.", field="values")
    for key, value in values.items():
        if len(key) > 64 or len(value) > MAX_VALUE_LENGTH:
            raise FieldInvalid(
                f"A value holds at most {MAX_VALUE_LENGTH} characters, its name 64.",
                field=f"values.{key[:64]}",
            )


def _refuse_unfit_answers(body: PromptBody, deed: Deed, kind: Kind) -> None:
    step = body.step(deed.step)
    if step is None or kind not in FINAL or not step.must_answer(Button(kind)):
        return  # who only leaves is not held up by half an answer
    try:
        check_answers(step.form, deed.values)
    except AnswerUnfit as unfit:
        raise FieldInvalid(str(unfit), field=f"values.{unfit.key}") from unfit


def _actions(body: PromptBody, step_key: str, kind: Kind) -> tuple[AttachedAction, ...]:
    """What a click on this button does. A bill changes on a click only."""
    if kind is Kind.HOLDOUT:
        return ()  # nothing was shown, so the page knows of no step
    step = step_named(body, step_key)
    return button_named(step, Button(kind), field="kind").actions if kind in FINAL else ()


def _row(
    identity: Identity,
    deed: Deed,
    kind: Kind,
    claims: DecisionClaims,
    claim: str,
    refused: Refused | None,
    billing_ids: Mapping[str, BillingId],
    now: datetime,
) -> InteractionRow:
    billing_id = next(iter(billing_ids.values()), None)
    return InteractionRow(
        id=interaction_id(claim),
        app_id=identity.app_id,
        visitor=identity.visitor,
        user_id=identity.user_id,
        prompt_id=claims.prompt_id,
        version=claims.version,
        variation=claims.variation,
        snapshot_hash=claims.snapshot_hash,
        decision=claims.decision,
        view=claims.view,
        step=deed.step,
        kind=kind,
        claim=claim,
        values=dict(deed.values),
        billing_id=billing_id.value if billing_id else None,
        billing_id_source=billing_id.source if billing_id else None,
        show=True,
        refusal=_told(refused),
        decided_at=claims.decided_at,
        received_at=now,
    )


def _reserved(
    transaction: Transaction,
    row: InteractionRow,
    wanted: tuple[Reservation, ...],
    *,
    has_runs: bool,
) -> InteractionRow:
    """The stored deed: refused where its prompt was stopped or a limit used up meanwhile."""
    refused = None
    if has_runs and is_stopped(transaction, row.prompt_id):
        refused = Refused(RefusalReason.OFFER_CHANGED, "The prompt was stopped.")
    refused = refused or reserve(transaction, row.app_id, row.id, wanted)
    if refused is None:
        return row
    refusal = _told(refused)
    refuse_interaction(transaction, row.id, refusal)
    return replace(row, refusal=refusal)


def _told(refused: Refused | None) -> dict[str, str] | None:
    if refused is None:
        return None
    return {"reason": RefusalReason(refused.reason), "message": refused.message}
