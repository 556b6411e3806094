"""A person says what became of a run that nobody could find out by reading."""

from dataclasses import dataclass

from standfast.clock import Clock
from standfast.contract.catalogue import Money
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.redoing import found_done, found_undone, look_again
from standfast.domain.roles import Permission
from standfast.services.begin_run import visitor_of
from standfast.services.errors import FieldInvalid, NotFound, NotNow
from standfast.services.hold_to_price import hold_to_price
from standfast.services.permissions import Acting
from standfast.services.reserve_limits import release_if_over
from standfast.services.write_audit import reason_given, write_audit
from standfast.store.connections import get_connection
from standfast.store.database import Database, Transaction
from standfast.store.runs import lock_run, save_run
from standfast.store.signals import RUN_DUE, RUN_SETTLED

LONGEST_REFERENCE = 64
MOST_CENTS = 10**12


@dataclass(frozen=True)
class RecordFinding(Acting):
    """For runs in the state `needs_operator` only. Of two who record at once the first counts.

    Every method raises `Forbidden`, `NotFound`, `FieldInvalid`, and `NotNow` when the run needs
    nobody (any more).
    """

    database: Database
    clock: Clock

    def it_happened(
        self,
        app_id: str,
        run_id: str,
        *,
        note: str,
        reference: str,
        charged_in_cents: int | None = None,
    ) -> ActionRun:
        """`reference` is the id of the subscription that was changed or made."""
        self._allow(Permission.REDO_RUNS, app_id)
        note, reference = reason_given(note, field="note"), _reference(reference)
        _refuse_odd_amount(charged_in_cents)
        with self.database.writing() as transaction:
            run = self._waiting(transaction, app_id, run_id)
            charged = None
            if charged_in_cents is not None:
                currency = get_connection(transaction, run.connection_id).site.currency
                charged = Money(charged_in_cents, currency)
            found = found_done(
                run, reference=reference, charged=charged, note=note, now=self.clock.now()
            )
            return self._save(transaction, run, found, note)

    def it_did_not_happen(self, app_id: str, run_id: str, *, note: str) -> ActionRun:
        """The run has failed; it can be run again."""
        self._allow(Permission.REDO_RUNS, app_id)
        note = reason_given(note, field="note")
        with self.database.writing() as transaction:
            run = self._waiting(transaction, app_id, run_id)
            return self._save(
                transaction, run, found_undone(run, note=note, now=self.clock.now()), note
            )

    def look_up_again(self, app_id: str, run_id: str) -> ActionRun:
        """A worker looks it up now. What is not there is made then, if its time is not over."""
        self._allow(Permission.REDO_RUNS, app_id)
        with self.database.writing() as transaction:
            run = self._waiting(transaction, app_id, run_id)
            again = look_again(run, now=self.clock.now())
            transaction.signal(RUN_DUE, run.id)
            return self._save(transaction, run, again, "")

    def _waiting(self, transaction: Transaction, app_id: str, run_id: str) -> ActionRun:
        run = lock_run(transaction, app_id, run_id)
        if run is None:
            raise NotFound("There is no such run.", field="run_id")
        if run.state is not RunState.NEEDS_OPERATOR:
            raise NotNow("This run needs nobody now: somebody has recorded it, or looks it up.")
        return run

    def _save(
        self, transaction: Transaction, before: ActionRun, after: ActionRun, note: str
    ) -> ActionRun:
        now = self.clock.now()
        told = _told(after)
        after, body = hold_to_price(after, {"found": told, "by": self.actor.name, "note": note})
        saved = save_run(transaction, after, EntryKind.RECORDED, body, at=now)
        release_if_over(transaction, saved.interaction_id, now=now)
        deed = "run.finding_recorded" if after.is_finished else "run.look_up_asked"
        write_audit(
            transaction,
            self.actor,
            deed,
            after.id,
            at=now,
            app_id=after.app_id,
            before={"state": str(before.state)},
            after=told,
            reason=note,
            visitor=visitor_of(after),
        )
        transaction.signal(RUN_SETTLED, after.interaction_id)
        return saved


def _told(run: ActionRun) -> dict[str, str | int]:
    """What was found, for the journal and the audit log."""
    told: dict[str, str | int] = {"state": str(run.state)}
    if run.result.reference:
        told["reference"] = run.result.reference
    if run.result.charged:
        told["charged_in_cents"] = run.result.charged.amount_in_cents
        told["currency"] = run.result.charged.currency
    return told


def _reference(text: str) -> str:
    reference = text.strip()
    if not reference:
        raise FieldInvalid("Give the id of the subscription it was done to.", field="reference")
    if len(reference) > LONGEST_REFERENCE or not reference.isprintable() or " " in reference:
        raise FieldInvalid("This cannot be the id of a subscription.", field="reference")
    return reference


def _refuse_odd_amount(cents: int | None) -> None:
    if cents is not None and not -MOST_CENTS < cents < MOST_CENTS:
        raise FieldInvalid("This amount is too large.", field="charged")
