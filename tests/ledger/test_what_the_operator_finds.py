"""What is written for operators: a journal without personal data, and log lines they search for."""

from dataclasses import replace
from typing import Any

import pytest

from clocks import FrozenClock
from ledger.rig import CONNECTION, LedgerRig
from ledger.test_what_is_written import journal
from standfast.contract.actions import (
    Finding,
    NeedsVisitor,
    Obscure,
    Outcome,
    RefusalReason,
    Refused,
    RetryCause,
    RetryLater,
    Unknown,
)
from standfast.contract.testing import Script
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.attempt_chain import EntryKind
from standfast.services.run_actions import WOULD_SEND
from standfast.store.connections import get_connection, save_connection
from standfast.store.database import Database
from standfast.store.signals import RUN_SETTLED, Signal

LINK = "https://biller.example/portal?token=s3cret"
SPOKEN = "Card 4111 1111 1111 1111 of ada@acme.io was declined, see https://biller.example/7"
SCRUBBED = "Card [number] of [e-mail] was declined, see [link]"


def answered(ledger: LedgerRig, monkeypatch, outcome: Outcome) -> ActionRun:
    """A run after the connector has answered this."""
    monkeypatch.setattr(ledger.sites.connector, "perform", lambda *_: outcome)
    (run,) = ledger.click("add_coupon")
    ledger.step()
    return ledger.run(run)


def lines(logged: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    """The fields of the lines with this name."""
    unsaid = {"event", "log_level"}
    return [
        {key: value for key, value in line.items() if key not in unsaid}
        for line in logged
        if line["event"] == event
    ]


class TestTheJournal:
    def test_the_visitors_own_link_stands_in_the_run_and_never_in_the_journal(
        self, ledger: LedgerRig, monkeypatch
    ) -> None:
        run = answered(ledger, monkeypatch, NeedsVisitor("Confirm the payment.", LINK))

        last = journal(ledger, run)[-1]
        assert run.result.link == LINK
        assert last.said["outcome"] == {
            "is": "NeedsVisitor", "message": "Confirm the payment.", "completes_it": False
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("outcome", "field"),
        [
            (Refused(RefusalReason.PAYMENT_DECLINED, SPOKEN), "message"),
            (NeedsVisitor(SPOKEN), "message"),
            (RetryLater(RetryCause.NOT_REACHED, SPOKEN), "detail"),
            (Unknown(SPOKEN), "detail"),
        ],
        ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
    )
    def test_what_the_biller_said_is_kept_without_the_person(
        self, ledger: LedgerRig, monkeypatch, outcome: Outcome, field: str
    ) -> None:
        run = answered(ledger, monkeypatch, outcome)

        assert journal(ledger, run)[-1].said["outcome"][field] == SCRUBBED
        assert run.result.message == SCRUBBED

    def test_what_is_no_text_is_kept_as_it_is(self, ledger: LedgerRig, monkeypatch) -> None:
        wait = RetryLater(RetryCause.THROTTLED, "Slow down.", after_seconds=7.5)

        run = answered(ledger, monkeypatch, wait)

        assert journal(ledger, run)[-1].said["outcome"] == {
            "is": "RetryLater",
            "cause": "throttled",
            "detail": "Slow down.",
            "after_seconds": 7.5,
        }

    def test_a_rehearsal_ends_at_that_instant_with_what_it_would_have_sent(
        self, ledger: LedgerRig
    ) -> None:
        with ledger.database.writing() as transaction:
            row = get_connection(transaction, CONNECTION)
            save_connection(transaction, replace(row, is_dry_run=True))
        (run,) = ledger.click("add_coupon")

        ledger.step()

        last = journal(ledger, run)[-1]
        assert ledger.run(run).finished_at == ledger.clock.now()
        assert (last.kind, list(last.said)) == (EntryKind.CHANGED, [WOULD_SEND])
        assert last.said[WOULD_SEND]["body"]["reference"] == run.reference

    def test_what_was_given_up_ended_at_that_instant(self, ledger: LedgerRig) -> None:
        (run,) = ledger.click("add_coupon")
        ledger.clock.advance(ledger.durations.money_deadline)

        ledger.step()

        assert ledger.run(run).finished_at == ledger.clock.now()


class TestTheLog:
    def test_each_step_of_a_run_is_a_line_with_its_state(
        self, ledger: LedgerRig, monkeypatch, logged
    ) -> None:
        run = answered(ledger, monkeypatch, Refused(RefusalReason.NO_SUBSCRIPTION, "None."))

        assert lines(logged, "action_run.refused") == [
            {"run": run.id, "action": "add_coupon", "reason": "no_subscription", "tries": 1}
        ]

    def test_a_connector_that_fails_is_logged_with_what_it_raised_and_may_have_done_it(
        self, ledger: LedgerRig, logged
    ) -> None:
        ledger.world.next(Script.CRASH)
        (run,) = ledger.click("add_coupon")

        ledger.step()

        assert lines(logged, "action_run.connector_failed") == [{"run": run.id, "exc_info": True}]
        assert ledger.run(run).state is RunState.UNKNOWN
        assert ledger.run(run).result.message == "The connector failed with RuntimeError."
        assert lines(logged, "action_run.unknown")[0]["run"] == run.id

    def test_a_worker_that_comes_back_too_late_is_a_warning(
        self, ledger: LedgerRig, logged
    ) -> None:
        (run,) = ledger.click("add_coupon")
        (stalled,) = ledger.claim(owner="w1")
        ledger.clock.advance(ledger.durations.lease + 1)
        ledger.work()

        told = ledger.actions.advance(stalled)

        assert lines(logged, "action_run.stale") == [{"run": run.id, "fence": stalled.fence}]
        assert told == stalled
        assert ledger.effects(run) == 1


class TestARescue:
    def test_a_run_whose_worker_was_lost_while_it_sent_is_a_warning_and_is_looked_up(
        self, ledger: LedgerRig, logged
    ) -> None:
        (run,) = ledger.click("add_coupon")
        _lose_the_worker_while_it_sends(ledger)

        ledger.clock.advance(ledger.durations.lease + 1)
        ledger.step()

        assert lines(logged, "action_run.rescued") == [{"run": run.id}]
        rescued, looked_up = journal(ledger, run)[-2:]
        assert (rescued.kind, rescued.state, rescued.said) == (EntryKind.RESCUED, "unknown", {})
        assert rescued.at == ledger.clock.now()
        assert looked_up.kind is EntryKind.LOOK_UP
        assert ledger.run(run).doubt_at == ledger.clock.now()
        assert ledger.effects(run) == 1

    def test_it_is_held_by_its_rescuer_until_it_was_looked_up(
        self, ledger: LedgerRig, monkeypatch
    ) -> None:
        ledger.click("add_coupon")
        _lose_the_worker_while_it_sends(ledger)
        ledger.clock.advance(ledger.durations.lease + 1)
        found: list[tuple[ActionRun, ...]] = []

        def look_up(*_: object) -> Finding:
            found.append(ledger.claim(owner="w2"))
            return Obscure("No answer.")

        monkeypatch.setattr(ledger.sites.connector, "look_up", look_up)

        ledger.step()

        assert found == [()]


class TestTheSignal:
    def test_whoever_waits_for_the_click_is_woken_by_each_of_its_steps(
        self, embedded_database: Database, clock: FrozenClock
    ) -> None:
        ledger = LedgerRig(embedded_database, clock)
        heard: list[Signal] = []
        embedded_database.signals.listen(heard.append, RUN_SETTLED)
        ledger.world.next(Script.THROTTLE)
        (run,) = ledger.click("add_coupon")

        ledger.work_for(20)

        assert heard == [Signal(RUN_SETTLED, run.interaction_id)] * 2


class Killed(BaseException):
    """Stands for SIGKILL."""


def _lose_the_worker_while_it_sends(ledger: LedgerRig) -> None:
    def die(_change: object) -> None:
        ledger.world.on_effect = None
        raise Killed

    ledger.world.on_effect = die
    with pytest.raises(Killed):
        ledger.step()
