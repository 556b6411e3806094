"""The kill switches: a prompt is stopped, a connection switched off; what was sent is looked up."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from clocks import FrozenClock
from limiting import LimitingRig, limited
from standfast.config import Durations
from standfast.contract.testing import Change, Script
from standfast.domain.action_run import ActionRun, Origin, RunState
from standfast.domain.attempt_chain import EntryKind, first_broken
from standfast.domain.interaction import run_id
from standfast.domain.limits import Scope
from standfast.domain.prompt import Limits, PromptStatus
from standfast.domain.stopping import UnderWay
from standfast.services.configure_connection import ConfigureConnection
from standfast.services.errors import FieldInvalid, NotFound, NotNow
from standfast.services.follow_result import Recorded
from standfast.store.audit import AuditFilter
from standfast.store.audit import list_entries as list_deeds
from standfast.store.database import Database
from standfast.store.prompts import find_prompt
from standfast.store.runs import add_run, list_entries
from standfast.store.vault import Vault, new_key

LIMITS = Limits(total=100)


class Rig(LimitingRig):
    def start_one(self) -> str:
        return self.start(limited(limits=LIMITS))

    def stop(self, prompt_id: str, reason: str = "Wrong coupon.") -> UnderWay:
        return self.stopping.stop(self.app_id, prompt_id, reason=reason)

    def switch(self, *, is_active: bool) -> UnderWay:
        configuring = ConfigureConnection(
            self.database,
            self.registry,
            None,  # type: ignore[arg-type]  # nothing is sent to switch it
            Vault([new_key()]),
            self.clock,
            Durations(),
            (),
        )
        return configuring.switch(self.app_id, "choosy", is_active=is_active).refused

    def only_run(self, recorded: Recorded) -> ActionRun:
        [run] = self.runs(recorded)
        return run

    def status(self, prompt_id: str) -> PromptStatus:
        with self.database.reading() as reader:
            row = find_prompt(reader, self.app_id, prompt_id)
        assert row is not None
        return row.status

    def last_entry(self, run: ActionRun):
        with self.database.reading() as reader:
            entries = list_entries(reader, run.id)
        assert first_broken(entries) is None
        return entries[-1]


@pytest.fixture
def rig(database: Database, clock: FrozenClock) -> Rig:
    return Rig(database, clock)


def test_a_stop_pauses_the_prompt_and_cancels_what_was_not_sent(rig: Rig):
    prompt = rig.start_one()
    waiting = [rig.accept(prompt, number) for number in (1, 2)]
    done = rig.accept(prompt, 3)
    rig.world.script(rig.runs(waiting[0])[0].reference, Script.THROTTLE)
    for run in rig.claim():
        if run.id in {rig.only_run(waiting[0]).id, rig.only_run(done).id}:
            rig.actions.advance(run)

    told = rig.stop(prompt)

    assert told == UnderWay(waiting=2, in_doubt=0)
    assert rig.status(prompt) is PromptStatus.PAUSED
    assert rig.shown(rig.customer(4)) == []
    for recorded in waiting:
        run = rig.only_run(recorded)
        assert run.state is RunState.CANCELLED
        assert run.result.message == "Stopped by an operator: Wrong coupon."
        assert rig.last_entry(run).body == {"stopped_by": "Command line", "why": "Wrong coupon."}
    assert rig.only_run(done).state is RunState.SUCCEEDED
    assert rig.used(Scope.ACCEPTS, prompt) == 1
    assert rig.is_balanced()


def test_what_is_in_doubt_is_looked_up_and_never_sent_again(rig: Rig):
    prompt = rig.start_one()
    happened, vanished = rig.accept(prompt, 1), rig.accept(prompt, 2)
    rig.world.script(rig.only_run(happened).reference, Script.FAIL_AFTER)
    rig.world.script(rig.only_run(vanished).reference, Script.FAIL_BEFORE)
    rig.work()

    told = rig.stop(prompt)
    for _ in range(20):
        rig.clock.advance(30)
        rig.work()

    assert told == UnderWay(waiting=0, in_doubt=2)
    assert rig.only_run(happened).state is RunState.SUCCEEDED
    assert rig.only_run(vanished).state is RunState.CANCELLED
    assert len(rig.world.changes) == 1
    writes = [call for call in rig.world.calls if call.json]
    assert len(writes) == 2  # one for each click
    assert rig.used(Scope.ACCEPTS, prompt) == 1
    assert rig.is_balanced()


def test_a_resend_that_was_due_is_not_sent_after_a_stop(rig: Rig):
    """Absence before the vendor's cut allows one resend under the same token; a stop does not."""
    prompt = rig.start_one()
    recorded = rig.accept(prompt, 1)
    rig.world.script(rig.only_run(recorded).reference, Script.FAIL_BEFORE)
    rig.work()
    rig.clock.advance(5)
    [held] = rig.claim()
    resending = rig.actions.advance(held)
    assert resending.state is RunState.RETRYING

    told = rig.stop(prompt)
    writes = len([call for call in rig.world.calls if call.json])
    for _ in range(20):
        rig.clock.advance(30)
        rig.work()

    assert told == UnderWay(waiting=0, in_doubt=1)
    assert rig.only_run(recorded).state is RunState.CANCELLED
    assert len([call for call in rig.world.calls if call.json]) == writes


def test_a_worker_that_holds_a_run_it_has_not_sent_loses_it(rig: Rig):
    prompt = rig.start_one()
    recorded = rig.accept(prompt, 1)
    [held] = rig.claim()

    assert rig.stop(prompt) == UnderWay(waiting=1)
    rig.actions.advance(held)

    assert rig.only_run(recorded).state is RunState.CANCELLED
    assert rig.world.changes == []
    assert rig.last_entry(held).kind is EntryKind.STALE
    assert rig.is_balanced()


@pytest.mark.parametrize(
    ("script", "state"),
    [
        (Script.THROTTLE, RunState.CANCELLED),
        (Script.REFUSE, RunState.REFUSED),
    ],
)
def test_what_is_on_its_way_when_the_prompt_is_stopped_keeps_its_answer_and_goes_no_further(
    rig: Rig, script: Script, state: RunState
):
    prompt = rig.start_one()
    recorded = rig.accept(prompt, 1)
    rig.world.next(script)
    told: list[UnderWay] = []
    rig.world.on_write = lambda call: told.append(rig.stop(prompt))

    rig.work()

    assert told == [UnderWay(in_doubt=1)]
    assert rig.only_run(recorded).state is state
    assert rig.used(Scope.ACCEPTS, prompt) == 0
    assert rig.is_balanced()


def test_whom_the_write_led_to_their_bank_meanwhile_is_watched_until_their_time_is_over(rig: Rig):
    prompt = rig.start_one()
    recorded = rig.accept(prompt, 1)
    rig.world.next(Script.NEED_VISITOR)
    rig.world.on_write = lambda call: rig.stop(prompt) and None
    rig.work()
    rig.world.on_write = None
    watched = rig.only_run(recorded)
    assert (watched.state, rig.used(Scope.ACCEPTS, prompt)) == (RunState.UNKNOWN, 1)

    rig.clock.advance(rig.durations.visitor_deadline)
    rig.work()

    assert rig.only_run(recorded).state is RunState.FAILED
    assert rig.world.changes == []
    assert rig.used(Scope.ACCEPTS, prompt) == 0
    assert rig.is_balanced()


def test_what_succeeds_while_the_prompt_is_stopped_has_succeeded(rig: Rig):
    prompt = rig.start_one()
    recorded = rig.accept(prompt, 1)

    def stop(_change: Change) -> None:
        rig.stop(prompt)

    rig.world.on_effect = stop
    rig.work()

    assert rig.only_run(recorded).state is RunState.SUCCEEDED
    assert rig.used(Scope.ACCEPTS, prompt) == 1


def test_a_click_that_races_with_the_stop_starts_nothing(rig: Rig):
    prompt = rig.start_one()
    shown = rig.show(prompt, rig.customer(1))
    checked = rig.recording.limits.wanted

    def stop_meanwhile(*arguments: Any) -> Any:
        rig.stop(prompt)  # after the offer was checked, before the click is stored
        return checked(*arguments)

    _replace(rig.recording.limits, "wanted", stop_meanwhile)

    recorded = rig.click(shown)

    assert recorded.runs == ()
    assert rig.refusal(recorded) == {
        "reason": "offer_changed",
        "message": "The prompt was stopped.",
    }
    assert rig.used(Scope.ACCEPTS, prompt) == 0


def _replace(thing: object, name: str, by: Callable[..., Any]) -> None:
    object.__setattr__(thing, name, by)


def test_started_again_it_is_shown_and_works_and_what_was_cancelled_stays_so(rig: Rig):
    prompt = rig.start_one()
    recorded = rig.accept(prompt, 1)
    rig.stop(prompt)

    rig.prompts.resume(rig.app_id, prompt)
    again = rig.accept(prompt, 2)
    rig.world.script(rig.only_run(again).reference, Script.THROTTLE)
    for _ in range(3):
        rig.work()
        rig.clock.advance(60)

    assert rig.only_run(recorded).state is RunState.CANCELLED
    assert rig.only_run(again).state is RunState.SUCCEEDED


def test_an_undo_under_way_is_an_operators_and_goes_on(rig: Rig):
    prompt = rig.start_one()
    recorded = rig.accept(prompt, 1)
    rig.work()
    done = rig.only_run(recorded)
    undo = replace(
        done,
        id=run_id(done.interaction_id, 1),
        position=1,
        sequence=done.sequence + 1,
        origin=Origin.UNDO,
        parent_id=done.id,
        state=RunState.ACCEPTED,
        due_at=rig.clock.now(),
        finished_at=None,
        entries=0,
        last_hash="",
    )
    with rig.database.writing() as transaction:
        add_run(transaction, undo)

    assert rig.stop(prompt) == UnderWay()

    assert rig.runs(recorded)[1].state is RunState.ACCEPTED


def test_a_stop_wants_a_reason_and_is_noted_with_it(rig: Rig):
    prompt = rig.start_one()
    rig.accept(prompt, 1)
    with pytest.raises(FieldInvalid):
        rig.stop(prompt, reason=" ")

    rig.stop(prompt)

    with rig.database.reading() as reader:
        noted = list_deeds(reader, AuditFilter(app_id=rig.app_id), offset=0, limit=20)
    [deed] = [one for one in noted if one.deed == "prompt.stopped"]
    assert deed.reason == "Wrong coupon."
    assert deed.after == {"status": "paused", "runs_cancelled": 1, "runs_in_doubt": 0}


def test_a_draft_and_an_unknown_prompt_cannot_be_stopped(rig: Rig):
    draft = rig.draft(limited(limits=LIMITS))

    with pytest.raises(NotNow):
        rig.stop(draft)
    with pytest.raises(NotFound):
        rig.stop("prm_none")


def test_what_a_stop_would_concern_is_counted_beforehand(rig: Rig):
    prompt, other = rig.start_one(), rig.start_one()
    rig.accept(prompt, 1)
    doubtful = rig.accept(prompt, 2)
    rig.accept(other, 3)
    rig.world.script(rig.only_run(doubtful).reference, Script.FAIL_AFTER)
    for run in rig.claim():
        if run.id == rig.only_run(doubtful).id:
            rig.actions.advance(run)

    told = rig.stopping.under_way(rig.app_id, prompt)

    assert told == UnderWay(waiting=1, in_doubt=1)
    assert rig.stop(prompt) == told


def test_switching_a_connection_off_refuses_what_waits_at_once_with_the_reason(rig: Rig):
    prompt = rig.start_one()
    waiting, doubtful = rig.accept(prompt, 1), rig.accept(prompt, 2)
    rig.world.script(rig.only_run(waiting).reference, Script.THROTTLE)
    rig.world.script(rig.only_run(doubtful).reference, Script.FAIL_AFTER)
    rig.work()
    assert rig.only_run(waiting).state is RunState.RETRYING

    told = rig.switch(is_active=False)

    assert told == UnderWay(waiting=1, in_doubt=1)
    refused = rig.only_run(waiting)
    assert refused.state is RunState.REFUSED
    assert refused.result.reason == "connection_inactive"
    assert rig.used(Scope.ACCEPTS, prompt) == 1
    assert rig.is_balanced()
    for _ in range(10):
        rig.clock.advance(30)
        rig.work()
    assert rig.only_run(doubtful).state is RunState.SUCCEEDED


def test_a_run_behind_one_in_doubt_is_refused_without_waiting_for_it(rig: Rig):
    prompt = rig.start_one()
    first = rig.accept(prompt, 1)
    rig.world.script(rig.only_run(first).reference, Script.FAIL_AFTER)
    rig.work()
    behind = rig.accept(rig.start_one(), 1)

    assert rig.switch(is_active=False) == UnderWay(waiting=1, in_doubt=1)

    assert rig.only_run(behind).state is RunState.REFUSED


def test_switching_it_on_again_refuses_nothing(rig: Rig):
    prompt = rig.start_one()
    rig.switch(is_active=False)
    assert rig.switch(is_active=True) == UnderWay()

    rig.clock.advance(1)
    recorded = rig.accept(prompt, 1)
    rig.work()

    assert rig.only_run(recorded).state is RunState.SUCCEEDED
