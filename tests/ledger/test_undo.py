"""A succeeded change is taken back: once, with a reason, and only where there is a way back."""

from datetime import timedelta

import pytest

from ledger.operators import OTTO, WHY, Desk, both
from ledger.rig import APP
from standfast.contract.testing import Script
from standfast.domain.action_run import ActionRun, Origin, RunState
from standfast.domain.prompt import AttachedAction
from standfast.domain.roles import Role
from standfast.services.errors import FieldInvalid, NotFound, NotNow
from standfast.services.permissions import Actor
from standfast.store.runs import list_pending_interactions


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

    def test_it_is_foretold_when_it_must_wait_for_another_change(self, desk: Desk):
        desk.ledger.world.next(Script.SUCCEED, Script.THROTTLE)
        made, retrying = desk.done("create_subscription", "add_coupon")
        asked = AttachedAction("scripted", "cancel_subscription", {})
        assert desk.foresight.undo(made, asked).waits

        undo = desk.worked(desk.undo(made))

        assert undo.state is RunState.ACCEPTED
        desk.ledger.work_for(60)
        assert desk.ledger.run(retrying).state is RunState.SUCCEEDED
        assert desk.ledger.run(undo).state is RunState.SUCCEEDED

    def test_it_goes_ahead_of_a_step_that_waits_for_the_customer(self, desk: Desk):
        desk.ledger.world.next(Script.SUCCEED, Script.NEED_VISITOR)
        made, waiting = desk.done("create_subscription", "add_coupon")
        asked = AttachedAction("scripted", "cancel_subscription", {})
        assert waiting.state is RunState.WAITING_FOR_VISITOR
        assert not desk.foresight.undo(made, asked).waits

        assert desk.worked(desk.undo(made)).state is RunState.SUCCEEDED

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
