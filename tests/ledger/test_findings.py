"""What nobody could find out is recorded by a person; what went wrong is closed with a note."""

import pytest

from ledger.operators import OTTO, Desk, both
from ledger.rig import APP
from standfast.contract.catalogue import Money
from standfast.domain.action_run import ActionRun, RunState
from standfast.services.errors import FieldInvalid, NotNow


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
        return desk.odd(made)

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
