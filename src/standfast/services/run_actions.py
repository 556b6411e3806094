"""Does one step of a claimed run: perform it, look it up, or give it up; then settles it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from msgspec.structs import replace

from standfast.clock import Clock
from standfast.config import Durations
from standfast.connectors.redaction import scrub
from standfast.connectors.registry import Registry
from standfast.connectors.slots import Lane
from standfast.connectors.transport import ReadOnlyTransport
from standfast.contract.actions import (
    Absent,
    Finding,
    Obscure,
    Order,
    Outcome,
    RefusalReason,
    Refused,
    RetryCause,
    RetryLater,
    Succeeded,
    Unknown,
)
from standfast.contract.errors import SettingsRefused
from standfast.contract.records import CustomerBilling
from standfast.domain.action_run import (
    CAME_TO_NOTHING,
    STOPS_CHAIN,
    ActionRun,
    Origin,
    RunState,
    is_same_deed,
)
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.interaction import visitor_key
from standfast.domain.run_transitions import (
    NextStep,
    cancel_after,
    doubt,
    give_up,
    is_at_the_bank,
    next_step,
    settle,
    settle_look_up,
    wait_on,
    withhold,
)
from standfast.domain.stopping import OTHER_SITE, SWITCHED_OFF
from standfast.services.connection_health import note_good_answer, note_trouble
from standfast.services.hold_to_price import hold_to_price
from standfast.services.ledger_desk import LedgerDesk, Withheld
from standfast.services.open_site import Site, Sites
from standfast.services.permissions import LEDGER
from standfast.services.reserve_limits import release_if_over
from standfast.services.stop_runs import stop_if_stopped
from standfast.services.write_audit import write_audit
from standfast.store.billing import save_fresh_billing
from standfast.store.connections import ConnectionRow, Health, get_connection
from standfast.store.database import Database, Transaction
from standfast.store.runs import LeaseLost, append_entry, lock_runs, save_run, save_waiting
from standfast.store.signals import RUN_SETTLED
from standfast.store.vault import VaultError

WOULD_SEND = "would_send"
"""In the journal of a dry run: the call that was held back."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class _Heard:
    """What came back, and how the connection stood before: trouble since is not disproved by it."""

    outcome: Outcome
    connection: ConnectionRow


@dataclass(frozen=True)
class RunActions:
    """The ledger's hands. One call of `advance` does one step and ends in one transaction."""

    database: Database
    sites: Sites
    clock: Clock
    durations: Durations
    registry: Registry

    def advance(self, run: ActionRun) -> ActionRun:
        """The run after its next step. The caller holds its lease; a lost one changes nothing."""
        try:
            return self._advance(self._rescued(run))
        except LeaseLost:
            self._journal_stale(run)
            return run

    def _advance(self, run: ActionRun) -> ActionRun:
        match next_step(run, now=self.clock.now()):
            case NextStep.GIVE_UP:
                return self._give_up(run)
            case NextStep.LOOK_UP:
                return self._look_up(run)
            case NextStep.LOOK_FIRST:
                return self._look_first(run)
            case NextStep.PERFORM:
                return self._perform(run)

    def _rescued(self, run: ActionRun) -> ActionRun:
        """A claimed run with an open intent was left by a lost worker: it may have happened."""
        if not run.has_open_intent:
            return run
        now = self.clock.now()
        rescued = doubt(run, now=now)
        with self.database.writing() as transaction:
            rescued = save_run(transaction, rescued, EntryKind.RESCUED, {}, at=now, keep_lease=True)
        _log.warning("action_run.rescued", run=run.id)
        return rescued

    def _give_up(self, run: ActionRun) -> ActionRun:
        now = self.clock.now()
        return self._settle(give_up(run, now=now), EntryKind.CHANGED, {})

    def _perform(self, run: ActionRun) -> ActionRun:
        connection = self._connection(run)
        if _is_of_another_site(run, connection):
            other = Refused(RefusalReason.CONNECTION_INACTIVE, OTHER_SITE)
            return self._settle_outcome(run, connection, other)
        if connection.health is Health.BROKEN and run.waits_when_down:
            return self._hold(run, connection)
        if connection.health is Health.BROKEN:
            down = Refused(RefusalReason.SITE_DOWN, connection.health_detail)
            return self._settle_outcome(run, connection, down)
        if not connection.is_active:
            off = Refused(RefusalReason.CONNECTION_INACTIVE, SWITCHED_OFF)
            return self._settle_outcome(run, connection, off)
        try:
            site = self.sites.open(connection, Lane.VISITOR)
        except (SettingsRefused, VaultError) as error:
            trouble = RetryLater(RetryCause.CREDENTIALS_REFUSED, str(error))
            return self._settle_outcome(run, connection, trouble)
        desk = LedgerDesk(
            self.database, self.clock, site.transport, run, is_dry_run=connection.is_dry_run
        )
        try:
            outcome = self._asked(
                run, lambda: site.connector.perform(order_of(run), desk, site.settings)
            )
        except Withheld:
            withheld = withhold(run, now=self.clock.now())
            return self._settle(withheld, EntryKind.CHANGED, {WOULD_SEND: desk.withheld})
        return self._settle_outcome(desk.run, connection, outcome, desk.answer, desk.billing)

    def _connection(self, run: ActionRun) -> ConnectionRow:
        with self.database.reading_one() as reader:
            return get_connection(reader, run.connection_id)

    def _asked(self, run: ActionRun, perform: Callable[[], Outcome]) -> Outcome:
        try:
            return perform()
        except (LeaseLost, Withheld):
            raise
        except Exception as error:  # noqa: BLE001 - see below
            # A connector answers with values; whatever escapes it is our bug, and we cannot
            # know how far it came.
            _log.exception("action_run.connector_failed", run=run.id)
            return Unknown(f"The connector failed with {type(error).__name__}.")

    def _hold(self, run: ActionRun, connection: ConnectionRow) -> ActionRun:
        """A broken connection's runs wait, uncounted, until it is mended or their time is over."""
        now = self.clock.now()
        due_at = now + timedelta(seconds=self.durations.broken_pause)
        if run.deadline_at is not None:
            due_at = min(due_at, run.deadline_at)
        detail = connection.health_detail
        held = replace(
            run,
            state=RunState.RETRYING,
            due_at=due_at,
            result=replace(run.result, message=detail),
        )
        with self.database.writing() as transaction:
            if run.result.message == detail:
                save_waiting(transaction, held)
                return held
            body = {"waits_for": "connection"}
            return save_run(transaction, held, EntryKind.CHANGED, body, at=now)

    def _look_up(self, run: ActionRun) -> ActionRun:
        finding, site = self._found(run)
        return self._learn(run, finding, site)

    def _learn(self, run: ActionRun, finding: Finding, site: Site | None) -> ActionRun:
        now = self.clock.now()
        after = settle_look_up(run, finding, now=now, durations=self.durations)
        billing = self._read_back(run, site) if isinstance(finding, Succeeded) else None
        return self._settle(after, EntryKind.LOOK_UP, {"finding": _told(finding)}, billing)

    def _look_first(self, run: ActionRun) -> ActionRun:
        """The visitor is back from their bank, where it may have been confirmed."""
        finding, site = self._found(run)
        if not isinstance(finding, Absent):
            return self._learn(run, finding, site)
        now = self.clock.now()
        if is_at_the_bank(run, now=now, durations=self.durations):
            waiting = wait_on(run, now=now, durations=self.durations)
            return self._settle(waiting, EntryKind.LOOK_UP, {"finding": _told(finding)})
        return self._perform(run)

    def _found(self, run: ActionRun) -> tuple[Finding, Site | None]:
        connection = self._connection(run)
        if _is_of_another_site(run, connection):
            return Obscure(OTHER_SITE), None
        try:
            site = self.sites.open(connection, Lane.VISITOR)
            reading = ReadOnlyTransport(site.transport)
            return site.connector.look_up(order_of(run), reading, site.settings), site
        except (SettingsRefused, VaultError) as error:
            return Obscure(str(error)), None
        except Exception as error:  # noqa: BLE001 - a doubt stays a doubt
            _log.exception("action_run.look_up_failed", run=run.id)
            return Obscure(f"The look-up failed with {type(error).__name__}."), None

    def _read_back(self, run: ActionRun, site: Site | None) -> CustomerBilling | None:
        """The customer as they are now; only a convenience, so a failure is no news."""
        if site is None:
            return None
        try:
            reading = ReadOnlyTransport(site.transport)
            return site.connector.read_customer(reading, site.settings, run.billing_id)
        except Exception as error:  # noqa: BLE001 - the next sync brings it
            _log.info("action_run.read_back_failed", run=run.id, error=type(error).__name__)
            return None

    def _settle_outcome(
        self,
        run: ActionRun,
        connection: ConnectionRow,
        outcome: Outcome,
        answer: dict[str, Any] | None = None,
        billing: CustomerBilling | None = None,
    ) -> ActionRun:
        now = self.clock.now()
        after = settle(run, outcome, now=now, durations=self.durations)
        body = {"outcome": _told(outcome), "answer": answer}
        return self._settle(after, EntryKind.OUTCOME, body, billing, _Heard(outcome, connection))

    def _settle(
        self,
        after: ActionRun,
        kind: EntryKind,
        body: dict[str, Any],
        billing: CustomerBilling | None = None,
        heard: _Heard | None = None,
    ) -> ActionRun:
        now = self.clock.now()
        after = replace(after, result=replace(after.result, message=scrub(after.result.message)))
        after, body = hold_to_price(after, body)
        after = self.database.write(
            lambda transaction: self._written(transaction, after, kind, body, billing, heard, now)
        )
        _log.info(
            f"action_run.{after.state}",
            run=after.id,
            action=after.action,
            reason=after.result.reason,
            tries=after.tries,
        )
        return after

    def _written(
        self,
        transaction: Transaction,
        after: ActionRun,
        kind: EntryKind,
        body: dict[str, Any],
        billing: CustomerBilling | None,
        heard: _Heard | None,
        now: datetime,
    ) -> ActionRun:
        """The run with all that follows from it."""
        after = save_run(transaction, after, kind, body, at=now)
        if heard is not None:
            self._note_health(transaction, heard)
        if billing is not None:
            save_fresh_billing(transaction, after.connection_id, billing, at=now)
        after = stop_if_stopped(transaction, after, now=now, durations=self.durations)
        if after.result.reason == RefusalReason.BILLING_ID_FOREIGN:
            _note_foreign_id(transaction, after, now)
        if after.is_finished:
            if WOULD_SEND not in body:  # a rehearsal goes on to its end
                self._end_chain(transaction, after)
            if after.state in CAME_TO_NOTHING:
                release_if_over(transaction, after.interaction_id, now=now)
        transaction.signal(RUN_SETTLED, after.interaction_id)
        return after

    def _note_health(self, transaction: Transaction, heard: _Heard) -> None:
        now, connection = self.clock.now(), heard.connection
        match heard.outcome:
            case RetryLater(cause):
                note_trouble(transaction, connection.id, cause, now=now, durations=self.durations)
            case Succeeded() if connection.is_in_trouble:
                note_good_answer(transaction, connection.id, now=now, before=connection)
            case _:
                pass

    def _end_chain(self, transaction: Transaction, ended: ActionRun) -> None:
        """A step that ended badly stops the later ones of the same click, if it was told to.

        What operators began about the click stands for itself; so does the same step done to
        another subscription.
        """
        if ended.state not in STOPS_CHAIN or not ended.stop_on_error:
            return
        now, spec = self.clock.now(), self.registry.find_action(ended.connector, ended.action)
        for run in lock_runs(transaction, ended.interaction_id):
            is_later = run.position > ended.position and run.origin is Origin.CLICK
            if is_later and not run.is_finished and not is_same_deed(run, ended, spec):
                cancelled = cancel_after(run, ended, now=now)
                save_run(transaction, cancelled, EntryKind.CHANGED, {"after": ended.id}, at=now)

    def _journal_stale(self, run: ActionRun) -> None:
        now = self.clock.now()
        with self.database.writing() as transaction:
            append_entry(transaction, run, EntryKind.STALE, {"fence": run.fence}, at=now)
        _log.warning("action_run.stale", run=run.id, fence=run.fence)


def order_of(run: ActionRun) -> Order:
    """The run as its connector is asked for it."""
    return Order(
        action=run.action,
        parameters=run.parameters,
        billing_id=run.billing_id,
        user_id=run.user_id,
        reference=run.reference,
        token=run.token,
        target=run.target,
        memo=run.memo,
        clicked_at=run.created_at,
    )


def _is_of_another_site(run: ActionRun, connection: ConnectionRow) -> bool:
    """Whether its connection was pointed elsewhere since: there the same ids mean somebody else."""
    return run.lane != connection.lane(run.billing_id)


def _note_foreign_id(transaction: Transaction, run: ActionRun, at: datetime) -> None:
    """Somebody's subscription was named for somebody else: who looks after the app shall know."""
    write_audit(
        transaction,
        LEDGER,
        "security.foreign_id_refused",
        run.id,
        at=at,
        app_id=run.app_id,
        after={"action": run.action, "named": run.parameters, "customer": run.billing_id},
        visitor=visitor_key(user_id=run.user_id, anonymous_id=None),
    )


def _told(value: Outcome | Finding) -> dict[str, Any]:
    """An outcome or finding for the journal: its name and what it says, scrubbed."""
    said = {
        key: scrub(said) if isinstance(said, str) else said
        for key, said in vars(value).items()
        if key != "link"
    }
    return {"is": type(value).__name__, **said}
