"""What operators do about runs that have ended: undo, run again, record, close."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from ledger.rig import APP, CONNECTION, LedgerRig
from standfast.connectors.registry import Registry
from standfast.contract.catalogue import Money
from standfast.contract.testing import Script
from standfast.domain.action_run import ActionRun, Origin, RunState
from standfast.domain.attempt_chain import EntryKind, first_broken
from standfast.domain.roles import Role
from standfast.services.close_incident import CloseIncident
from standfast.services.errors import FieldInvalid, NotFound, NotNow
from standfast.services.foresee_run import ForeseeRun
from standfast.services.permissions import Actor
from standfast.services.record_finding import RecordFinding
from standfast.services.run_again import RunAgain
from standfast.services.undo_run import UndoRun
from standfast.store.audit import AuditFilter, AuditRow
from standfast.store.audit import list_entries as list_deeds
from standfast.store.connections import get_connection, save_connection
from standfast.store.runs import list_entries, list_pending_interactions, list_runs, save_run

OLGA = Actor("op_olga", "Olga", None, {APP: Role.APP_ADMIN})
OTTO = Actor("op_otto", "Otto", None, {APP: Role.APP_ADMIN})
WHY = "They clicked by mistake."


@dataclass
class Desk:
    """The ledger with the operators' use cases, done by Olga."""

    ledger: LedgerRig
    undoing: UndoRun
    again: RunAgain
    finding: RecordFinding
    closing: CloseIncident
    foresight: ForeseeRun

    def undo(self, run: ActionRun, why: str = WHY) -> ActionRun:
        return self.undoing.undo(APP, run.id, reason=why)

    def run_again(self, run: ActionRun, why: str = WHY) -> ActionRun:
        return self.again.run_again(APP, run.id, reason=why)

    def worked(self, run: ActionRun) -> ActionRun:
        self.ledger.work()
        return self.ledger.run(run)

    def done(self, *actions: str) -> list[ActionRun]:
        """A click whose runs have come to rest."""
        runs = self.ledger.click(*actions)
        self.ledger.work()
        return [self.ledger.run(one) for one in runs]

    def refused(self) -> ActionRun:
        self.ledger.world.next(Script.DECLINE)
        (run,) = self.done("add_coupon")
        return run

    def doubtful(self, action: str = "create_subscription") -> ActionRun:
        """A run that was done, though nobody could find that out for a day."""
        self.ledger.world.next(Script.LOSE_AFTER)
        (run,) = self.ledger.click(action)
        self.ledger.work()
        self.ledger.world.reads_fail = True
        self.ledger.work_for(90_000, every=900)
        self.ledger.world.reads_fail = False
        return self.ledger.run(run)

    def family(self, run: ActionRun) -> tuple[ActionRun, ...]:
        with self.ledger.database.reading() as reader:
            return list_runs(reader, run.interaction_id)

    def journal(self, run: ActionRun) -> list[dict]:
        with self.ledger.database.reading() as reader:
            entries = list_entries(reader, run.id)
        assert first_broken(entries) is None
        return [one.said for one in entries if one.kind is EntryKind.RECORDED]

    def deeds(self) -> tuple[AuditRow, ...]:
        with self.ledger.database.reading() as reader:
            return list_deeds(reader, AuditFilter(app_id=APP), offset=0, limit=10)


@pytest.fixture
def desk(ledger: LedgerRig) -> Desk:
    database, clock = ledger.database, ledger.clock
    registry = Registry([ledger.sites.connector])
    return Desk(
        ledger,
        UndoRun(database, registry, clock, ledger.durations).by(OLGA),
        RunAgain(database, clock, ledger.durations).by(OLGA),
        RecordFinding(database, clock).by(OLGA),
        CloseIncident(database, clock).by(OLGA),
        ForeseeRun(database, registry, clock).by(OLGA),
    )


def both(*deeds: Callable[[], object]) -> list[object]:
    """What came of doing these at the same moment: a result, or the refusal."""
    barrier = threading.Barrier(len(deeds))
    results: list[object] = [None] * len(deeds)

    def do(place: int, deed: Callable[[], object]) -> None:
        barrier.wait(10)
        try:
            results[place] = deed()
        except NotNow as refusal:
            results[place] = refusal

    threads = [threading.Thread(target=do, args=one) for one in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


class TestUndo:
    def test_a_change_is_taken_back_by_a_run_of_its_own(self, desk: Desk):
        (made,) = desk.done("create_subscription")
        desk.ledger.clock.advance(60)

        undo = desk.undo(made)

        assert (undo.origin, undo.parent_id, undo.started_by) == (Origin.UNDO, made.id, "op_olga")
        assert (undo.action, undo.target) == ("cancel_subscription", made.result.reference)
        assert (undo.lane, undo.position) == (made.lane, made.position + 1)
        assert undo.sequence > made.sequence
        assert undo.token != made.token
        assert desk.worked(undo).state is RunState.SUCCEEDED
        assert desk.ledger.world.subscriptions[made.result.reference or ""].state == "canceled"

    def test_one_that_moves_money_is_given_up_after_an_hour(self, desk: Desk):
        (made,) = desk.done("create_subscription")

        undo = desk.undo(made)

        assert undo.deadline_at == desk.ledger.clock.now() + timedelta(hours=1)

    def test_who_did_it_and_why_stands_in_the_journal_and_in_the_audit_log(self, desk: Desk):
        (made,) = desk.done("create_subscription")

        undo = desk.undo(made)

        assert desk.journal(undo) == [
            {"begun": "undo", "of": made.id, "by": "Olga", "note": WHY},
        ]
        (deed,) = desk.deeds()
        assert (deed.actor_name, deed.deed, deed.subject) == ("Olga", "run.undo_begun", made.id)
        assert (deed.reason, deed.visitor) == (WHY, "u:u1")
        assert deed.after == {"run": undo.id, "action": "cancel_subscription"}

    def test_two_operators_at_once_begin_one(self, desk: Desk):
        (made,) = desk.done("create_subscription")
        otto = desk.undoing.by(OTTO)

        results = both(
            lambda: desk.undo(made), lambda: otto.undo(APP, made.id, reason="I saw it too.")
        )

        assert {type(one) for one in results} == {ActionRun, NotNow}
        assert [one.origin for one in desk.family(made)] == [Origin.CLICK, Origin.UNDO]
        desk.ledger.work()
        assert len(desk.ledger.world.changes) == 2

    def test_one_that_ended_badly_may_be_begun_anew(self, desk: Desk):
        (made,) = desk.done("create_subscription")
        desk.ledger.world.next(Script.REFUSE)
        first = desk.worked(desk.undo(made))

        second = desk.worked(desk.undo(made))

        assert [first.state, second.state] == [RunState.REFUSED, RunState.SUCCEEDED]
        with pytest.raises(NotNow, match="taken back already"):
            desk.undo(made)

    def test_a_later_step_that_fails_does_not_stop_it(self, desk: Desk):
        desk.ledger.world.next(Script.SUCCEED, Script.THROTTLE, Script.DECLINE)
        made, waiting = desk.done("create_subscription", "add_coupon")
        undo = desk.undo(made)
        assert waiting.state is RunState.RETRYING

        desk.ledger.work_for(60)

        assert desk.ledger.run(waiting).state is RunState.REFUSED
        assert desk.ledger.run(undo).state is RunState.SUCCEEDED

    def test_it_is_no_news_to_the_visitor(self, desk: Desk):
        (made,) = desk.done("create_subscription")
        desk.undo(made)

        with desk.ledger.database.reading() as reader:
            assert list_pending_interactions(reader, APP, "u:u1") == ()

    @pytest.mark.parametrize("reason", ["", "  \n ", "x" * 1_001])
    def test_a_reason_is_wanted(self, desk: Desk, reason: str):
        (made,) = desk.done("create_subscription")

        with pytest.raises(FieldInvalid) as refused:
            desk.undo(made, reason)

        assert refused.value.field == "reason"
        assert len(desk.family(made)) == 1

    def test_what_was_not_made_cannot_be_taken_back(self, desk: Desk):
        with pytest.raises(NotNow, match="Only a change that was made"):
            desk.undo(desk.refused())

    def test_what_was_so_before_cannot_be_taken_back(self, desk: Desk):
        desk.done("add_coupon")
        (again,) = desk.done("add_coupon")

        with pytest.raises(NotNow, match="before the click"):
            desk.undo(again)

    def test_an_undo_is_not_undone(self, desk: Desk):
        (made,) = desk.done("create_subscription")
        undo = desk.worked(desk.undo(made))

        with pytest.raises(NotNow, match="not undone"):
            desk.undo(undo)

    def test_an_action_without_a_way_back_says_so(self, desk: Desk):
        (cancelled,) = desk.done("cancel_subscription")

        with pytest.raises(NotNow, match="no way back"):
            desk.undoing.plan(APP, cancelled.id)

    def test_a_run_of_another_app_is_not_there(self, desk: Desk):
        (made,) = desk.done("create_subscription")
        stranger = Actor("op", "Odd", None, {"app_other": Role.APP_ADMIN})

        with pytest.raises(NotFound):
            desk.undoing.by(stranger).undo("app_other", made.id, reason=WHY)

    def test_the_plan_says_what_will_happen(self, desk: Desk):
        (made,) = desk.done("create_subscription")

        plan = desk.undoing.plan(APP, made.id)

        assert (plan.spec.title, plan.terms.gives_not_back) == (
            "Cancel subscription",
            "What was charged.",
        )
        assert plan.moves_money


class TestRunAgain:
    def test_it_asks_the_same_under_a_new_key(self, desk: Desk):
        run = desk.refused()

        again = desk.run_again(run, "The card is mended.")

        assert (again.origin, again.parent_id, again.started_by) == (
            Origin.AGAIN,
            run.id,
            "op_olga",
        )
        assert (again.action, again.parameters) == (run.action, run.parameters)
        assert again.reference != run.reference
        assert again.token != run.token
        assert desk.worked(again).state is RunState.SUCCEEDED
        assert desk.deeds()[0].reason == "The card is mended."

    def test_two_operators_at_once_begin_one(self, desk: Desk):
        run = desk.refused()
        otto = desk.again.by(OTTO)

        results = both(
            lambda: desk.run_again(run), lambda: otto.run_again(APP, run.id, reason="Me too.")
        )

        assert {type(one) for one in results} == {ActionRun, NotNow}
        desk.ledger.work()
        assert len(desk.ledger.world.changes) == 1

    def test_each_later_step_that_was_stopped_is_run_for_itself(self, desk: Desk):
        desk.ledger.world.next(Script.DECLINE)
        first, second = desk.done("create_subscription", "add_coupon")
        assert second.state is RunState.CANCELLED

        again = [desk.worked(desk.run_again(one)) for one in (first, second)]

        assert [one.state for one in again] == [RunState.SUCCEEDED, RunState.SUCCEEDED]

    def test_a_failed_repetition_may_be_repeated_but_never_twice_at_once(self, desk: Desk):
        run = desk.refused()
        desk.ledger.world.next(Script.DECLINE)
        second = desk.worked(desk.run_again(run))
        third = desk.run_again(second)

        for one in (run, second):
            with pytest.raises(NotNow, match="under way"):
                desk.run_again(one)
        assert desk.worked(third).state is RunState.SUCCEEDED
        for one in (run, second):
            with pytest.raises(NotNow, match="that succeeded"):
                desk.run_again(one)

    def test_an_undo_is_repeated_on_the_same_subscription(self, desk: Desk):
        (made,) = desk.done("create_subscription")
        desk.ledger.world.next(Script.REFUSE)
        undo = desk.worked(desk.undo(made))

        again = desk.run_again(undo)

        assert again.target == made.result.reference
        with pytest.raises(NotNow, match="under way"):
            desk.undo(made)
        assert desk.worked(again).state is RunState.SUCCEEDED
        with pytest.raises(NotNow, match="taken back already"):
            desk.undo(made)

    @pytest.mark.parametrize(
        ("script", "told"),
        [
            (Script.SUCCEED, "nothing to run again"),
            (Script.THROTTLE, "still under way"),
            (Script.LOSE_AFTER, "still under way"),
            (Script.NEED_VISITOR, "still under way"),
        ],
    )
    def test_what_may_have_happened_is_never_run_again(self, desk: Desk, script: Script, told: str):
        desk.ledger.world.next(script)
        (run,) = desk.ledger.click("add_coupon")
        desk.ledger.step()

        with pytest.raises(NotNow, match=told):
            desk.run_again(run)

    def test_what_stands_in_its_way_is_foretold(self, desk: Desk):
        run = desk.refused()

        told = desk.foresight.again(run)

        assert told.warnings == ("Scripted biller is not known to have this customer (c1).",)


class TestAFinding:
    def test_that_it_happened_ends_the_doubt(self, desk: Desk):
        run = desk.doubtful()
        assert run.state is RunState.NEEDS_OPERATOR

        found = desk.finding.it_happened(
            APP, run.id, note="Seen in the log.", reference="s3", charged_in_cents=1_000
        )

        assert desk.ledger.run(run) == found
        assert (found.state, found.result.reference) == (RunState.SUCCEEDED, "s3")
        assert found.result.charged == Money(1_000, "USD")
        assert desk.journal(found)[0]["by"] == "Olga"
        (deed,) = desk.deeds()
        assert (deed.deed, deed.reason) == ("run.finding_recorded", "Seen in the log.")
        assert deed.after == {
            "state": "succeeded",
            "reference": "s3",
            "charged_in_cents": 1_000,
            "currency": "USD",
        }

    def test_that_it_did_not_happen_lets_it_be_run_again(self, desk: Desk):
        run = desk.doubtful()
        with pytest.raises(NotNow, match="First record"):
            desk.run_again(run)

        found = desk.finding.it_did_not_happen(APP, run.id, note="Nothing there.")

        assert (found.state, found.finished_at) == (RunState.FAILED, desk.ledger.clock.now())
        assert desk.worked(desk.run_again(found)).state is RunState.SUCCEEDED

    def test_of_two_operators_the_first_counts(self, desk: Desk):
        run = desk.doubtful()
        otto = desk.finding.by(OTTO)

        results = both(
            lambda: desk.finding.it_did_not_happen(APP, run.id, note="No."),
            lambda: otto.it_happened(APP, run.id, note="Yes.", reference="s3"),
        )

        assert {type(one) for one in results} == {ActionRun, NotNow}
        assert desk.ledger.run(run) in results
        assert len(desk.journal(run)) == 1

    def test_it_is_looked_up_once_more_when_asked(self, desk: Desk):
        run = desk.doubtful()

        again = desk.finding.look_up_again(APP, run.id)

        assert (again.state, again.is_finished) == (RunState.UNKNOWN, False)
        assert desk.worked(run).state is RunState.SUCCEEDED
        assert len(desk.ledger.world.changes_of(run.reference)) == 1

    def test_a_look_up_that_tells_nothing_hands_it_back(self, desk: Desk):
        run = desk.doubtful()
        desk.ledger.world.reads_fail = True

        desk.finding.look_up_again(APP, run.id)

        assert desk.worked(run).state is RunState.NEEDS_OPERATOR

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"note": " ", "reference": "s1"}, "note"),
            ({"note": "Seen.", "reference": " "}, "reference"),
            ({"note": "Seen.", "reference": "two words"}, "reference"),
            ({"note": "Seen.", "reference": "s1", "charged_in_cents": 10**13}, "charged"),
        ],
    )
    def test_half_a_finding_is_sent_back_to_its_field(self, desk: Desk, given: dict, field: str):
        run = desk.doubtful()

        with pytest.raises(FieldInvalid) as refused:
            desk.finding.it_happened(APP, run.id, **given)

        assert refused.value.field == field

    def test_only_what_needs_a_person_is_recorded(self, desk: Desk):
        (made,) = desk.done("create_subscription")

        with pytest.raises(NotNow):
            desk.finding.it_did_not_happen(APP, made.id, note="It did.")


class TestAnIncident:
    @pytest.fixture
    def run(self, desk: Desk) -> ActionRun:
        (made,) = desk.done("create_subscription")
        with desk.ledger.database.writing() as transaction:
            odd = replace(made, incident="Charged $31.00, shown $29.00.")
            return save_run(transaction, odd, EntryKind.CHANGED, {}, at=desk.ledger.clock.now())

    def test_it_is_closed_with_a_note(self, desk: Desk, run: ActionRun):
        closed = desk.closing.close(APP, run.id, note="Paid back $2.")

        assert closed.incident == desk.ledger.run(run).incident == ""
        assert desk.journal(run) == [
            {"closed": run.incident, "by": "Olga", "note": "Paid back $2."}
        ]
        assert (desk.deeds()[0].deed, desk.deeds()[0].before) == (
            "run.incident_closed",
            {"incident": run.incident},
        )

    def test_it_is_closed_once(self, desk: Desk, run: ActionRun):
        otto = desk.closing.by(OTTO)

        results = both(
            lambda: desk.closing.close(APP, run.id, note="Paid back."),
            lambda: otto.close(APP, run.id, note="Looked at."),
        )

        assert {type(one) for one in results} == {ActionRun, NotNow}


def test_a_dry_run_is_done_for_real_when_it_is_run_again(desk: Desk):
    _hold_back(desk, is_dry_run=True)
    (held,) = desk.done("add_coupon")
    assert held.state is RunState.CANCELLED
    _hold_back(desk, is_dry_run=False)

    again = desk.worked(desk.run_again(held))

    assert again.state is RunState.SUCCEEDED
    assert len(desk.ledger.world.changes) == 1


def _hold_back(desk: Desk, *, is_dry_run: bool) -> None:
    with desk.ledger.database.writing() as transaction:
        row = get_connection(transaction, CONNECTION)
        save_connection(transaction, replace(row, is_dry_run=is_dry_run))
