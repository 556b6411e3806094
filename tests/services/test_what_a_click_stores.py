"""What is kept of a click: the deed once, and with it a run for each action of its button."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec.structs import replace as changed
from structlog.testing import capture_logs

from builders import a_prompt, a_step
from clocks import FrozenClock
from limiting import GIVING
from services.clicking_rig import ClickingRig
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.interaction import Kind, interaction_id, run_id
from standfast.domain.prompt import AttachedAction, FieldKind, FormField
from standfast.domain.visitor import BillingIdSource, Identity, PromptHistory
from standfast.services.errors import NotNow
from standfast.services.follow_result import Recorded
from standfast.store.database import Database
from standfast.store.erasure import Person, erase_interactions
from standfast.store.interactions import InteractionRow
from standfast.store.signals import RUN_DUE, Signal

LEAVING = AttachedAction("choosy", "cancel_subscription", {"when": "now"}, stop_on_error=False)
WHY = FormField("reason", "Why?", FieldKind.TEXT)


@pytest.fixture
def rig(embedded_database: Database, clock: FrozenClock) -> ClickingRig:
    return ClickingRig(embedded_database, clock)


class TestTheDeed:
    def test_it_says_who_clicked_what_and_what_they_were_shown(self, rig: ClickingRig) -> None:
        decided_at = rig.clock.now()
        seen = rig.look(a_prompt(steps=(a_step(accept=(GIVING,), form=(WHY,)),)))
        claims = rig.claims(seen)

        recorded = rig.report(seen, reason="Too dear")

        claim = f"{claims.decision}:final"
        assert rig.stored(recorded) == InteractionRow(
            id=interaction_id(claim),
            app_id=rig.app_id,
            visitor="u:u1",
            user_id="u1",
            prompt_id=claims.prompt_id,
            version=1,
            variation="default",
            snapshot_hash=claims.snapshot_hash,
            decision=claims.decision,
            view=claims.view,
            step="offer",
            kind=Kind.ACCEPT,
            claim=claim,
            values={"reason": "Too dear"},
            billing_id="c1",
            billing_id_source=BillingIdSource.TOKEN,
            show=True,
            refusal=None,
            decided_at=decided_at,
            received_at=decided_at + timedelta(seconds=60),
            quote=None,
        )

    def test_a_deed_that_changes_no_bill_needs_no_customer_and_gets_no_result_to_follow(
        self, rig: ClickingRig
    ) -> None:
        seen = rig.look()

        recorded = rig.click(seen, "impression")

        row = rig.stored(recorded)
        assert (row.kind, row.billing_id, row.billing_id_source) == (Kind.IMPRESSION, None, None)
        assert row.claim == f"{row.decision}:{row.view}:impression"
        assert (recorded.runs, recorded.result_token) == ((), None)

    def test_an_anonymous_browser_may_dismiss_a_prompt(self, rig: ClickingRig) -> None:
        prompt = rig.start(a_prompt())
        seen = rig.show(prompt, rig.identity(None))

        row = rig.stored(rig.click(seen, "dismiss"))

        assert (row.visitor, row.user_id) == ("a:browser", None)

    def test_who_was_held_out_saw_no_step(self, rig: ClickingRig) -> None:
        seen = rig.look()

        row = rig.stored(rig.report(seen, "holdout", step=""))

        assert (row.kind, row.step) == (Kind.HOLDOUT, "")
        assert rig.claim() == ()

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("impression", PromptHistory(impressions=1, last_kind=Kind.IMPRESSION)),
            ("decline", PromptHistory(finals=1, last_kind=Kind.DECLINE)),
            ("accept", PromptHistory(finals=1, last_kind=Kind.ACCEPT)),
        ],
    )
    def test_it_counts_in_what_the_visitor_did_with_the_prompt(
        self, rig: ClickingRig, kind: str, expected: PromptHistory
    ) -> None:
        seen = rig.look()

        rig.click(seen, kind)

        now = rig.clock.now()
        accepted_at = now if kind == "accept" else None
        assert rig.history(seen) == replace(expected, last_at=now, accepted_at=accepted_at)

    def test_it_is_a_line_in_the_log(self, rig: ClickingRig) -> None:
        seen = rig.look()

        with capture_logs() as lines:
            recorded = rig.click(seen)

        (line,) = [one for one in lines if one["event"] == "interaction.recorded"]
        prompt = rig.claims(seen).prompt_id
        assert (line["interaction"], line["kind"]) == (recorded.interaction, "accept")
        assert line["prompt"] == prompt


class TestARepetition:
    def test_it_is_told_what_became_of_the_first_whichever_button_it_was(
        self, rig: ClickingRig
    ) -> None:
        seen = rig.look()
        first = rig.click(seen)
        rig.work()
        rig.clock.advance(5)

        again = rig.click(seen, "decline")

        assert again.interaction == first.interaction
        assert [run.state for run in again.runs] == [RunState.SUCCEEDED]
        assert rig.stored(again).kind is Kind.ACCEPT
        assert len(rig.runs(first)) == 1

    def test_each_gets_a_token_to_follow_the_result_with(self, rig: ClickingRig) -> None:
        seen = rig.look()

        tokens = [rig.click(seen).result_token for _ in range(2)]

        now = rig.clock.now()
        told = [rig.tokens.read_result(token or "", now=now) for token in tokens]
        assert {one.interaction_id for one in told} == {rig.click(seen).interaction}

    def test_of_two_tabs_at_the_same_moment_one_begins_the_runs_and_both_are_told(
        self, rig: ClickingRig
    ) -> None:
        seen = rig.look()
        first: list[Recorded] = []
        rig.meanwhile(lambda: first.append(rig.click(seen)))

        with capture_logs() as lines:
            second = rig.click(seen)

        assert second.interaction == first[0].interaction
        assert [run.id for run in second.runs] == [run.id for run in first[0].runs]
        assert len(second.runs) == 1
        assert rig.history(seen).finals == 1
        assert [one["event"] for one in lines].count("interaction.recorded") == 1

    def test_it_is_told_so_even_where_it_would_be_sent_back_had_it_come_first(
        self, rig: ClickingRig
    ) -> None:
        asking = changed(WHY, required=True)
        seen = rig.look(a_prompt(steps=(a_step(accept=(GIVING,), form=(asking,)),)))
        first = rig.report(seen, reason="Too dear")

        again = rig.report(seen, reason="")

        assert again.interaction == first.interaction
        assert [run.id for run in again.runs] == [run.id for run in first.runs]

    def test_another_step_of_the_same_prompt_is_another_deed(self, rig: ClickingRig) -> None:
        seen = rig.look(a_prompt(steps=(a_step("why"), a_step("offer", accept=(GIVING,)))))

        steps = [rig.report(seen, "step", step=step) for step in ("why", "offer", "why")]

        assert [rig.stored(one).step for one in steps] == ["why", "offer", "why"]
        assert steps[0].interaction == steps[2].interaction != steps[1].interaction

    def test_who_was_erased_since_finds_it_done_and_is_told_nothing_of_it(
        self, rig: ClickingRig
    ) -> None:
        seen = rig.look()
        recorded = rig.click(seen)
        rig.work()
        with rig.database.writing() as transaction:
            erase_interactions(transaction, Person(rig.app_id, "u1", "erased-1"))

        with pytest.raises(NotNow) as told:
            rig.click(seen)

        answered = "This was answered before what we knew of this visitor was erased."
        assert str(told.value) == answered
        assert len(rig.runs(recorded)) == 1


class TestTheRuns:
    def test_there_is_one_for_each_action_in_order(self, rig: ClickingRig) -> None:
        seen = rig.look(a_prompt(GIVING, LEAVING))

        recorded = rig.click(seen)

        at = rig.clock.now()
        first = ActionRun(
            id=run_id(recorded.interaction, 0),
            interaction_id=recorded.interaction,
            position=0,
            app_id=rig.app_id,
            connection_id="con_choosy",
            connector="choosy",
            action="create_subscription",
            parameters={"plan": "gold", "price_point": "gold-1", "coupon": "TEN"},  # pinned
            user_id="u1",
            billing_id="c1",
            lane="choosy:1:c1",
            sequence=int(at.timestamp()) * 16_000_000,  # microseconds, with 16 places in each
            stop_on_error=True,
            moves_money=True,
            created_at=at,
            deadline_at=at + timedelta(hours=1),
            due_at=at,
        )
        second = changed(
            first,
            id=run_id(recorded.interaction, 1),
            position=1,
            action="cancel_subscription",
            parameters={"when": "now"},
            sequence=first.sequence + 1,
            stop_on_error=False,
            moves_money=False,
            deadline_at=None,
        )
        assert [_unsealed(run) for run in rig.runs(recorded)] == [first, second]

    def test_two_clicks_within_a_microsecond_of_each_other_keep_their_order(
        self, rig: ClickingRig
    ) -> None:
        seen = [rig.show(rig.start(a_prompt(LEAVING, LEAVING)), rig.customer(1)) for _ in range(2)]
        rig.clock.set(rig.clock.now() + timedelta(seconds=1, microseconds=-1))

        earlier = rig.runs(rig.click(seen[0]))
        rig.clock.set(rig.clock.now() + timedelta(microseconds=1))
        later = rig.runs(rig.click(seen[1]))

        sequences = [run.sequence for run in (*earlier, *later)]
        assert [one - sequences[0] for one in sequences] == [0, 1, 16, 17]

    @pytest.mark.parametrize("waits", [True, False])
    def test_they_wait_for_a_billing_system_that_is_down_where_the_prompt_says_so(
        self, rig: ClickingRig, waits: bool
    ) -> None:
        seen = rig.look(a_prompt(GIVING, waits_when_down=waits))

        (run,) = rig.runs(rig.click(seen))

        assert run.waits_when_down is waits

    def test_what_the_visitor_answered_goes_with_the_action(self, rig: ClickingRig) -> None:
        asking = AttachedAction("choosy", "cancel_subscription", {"message": "{{ answer.reason }}"})
        seen = rig.look(a_prompt(steps=(a_step(decline=(asking,), form=(WHY,)),)))

        (run,) = rig.runs(rig.report(seen, "decline", reason=" Too dear "))

        assert run.parameters == {"message": "Too dear"}

    def test_what_is_known_of_the_visitor_goes_with_the_action(self, rig: ClickingRig) -> None:
        naming = AttachedAction("choosy", "cancel_subscription", {"message": "{{ visitor.team }}"})
        prompt = rig.start(a_prompt(naming))
        ann = Identity(
            rig.app_id, "ann", None, claims={"team": "North"}, billing_ids={"choosy_id": "c2"}
        )

        (run,) = rig.runs(rig.click(rig.show(prompt, ann)))

        assert (run.parameters, run.billing_id) == ({"message": "North"}, "c2")

    def test_a_worker_is_woken_for_each_of_them(self, rig: ClickingRig) -> None:
        seen = rig.look(a_prompt(GIVING, LEAVING))
        heard: list[Signal] = []
        rig.database.signals.listen(heard.append, RUN_DUE)

        recorded = rig.click(seen)

        assert heard == [Signal(RUN_DUE, run.id) for run in recorded.runs]


def _unsealed(run: ActionRun) -> ActionRun:
    """Without where its journal stands."""
    return changed(run, entries=0, last_hash="")
