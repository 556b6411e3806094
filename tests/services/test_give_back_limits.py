"""What an accept took is given back when nothing came of it: once, wherever a process dies."""

import threading

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from clocks import FrozenClock
from ledger.dying import Killed, dying_database
from limiting import GIVING, LimitingRig, limited
from standfast.contract.testing import Script
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.limits import Scope
from standfast.domain.prompt import AttachedAction, Budget, Limits
from standfast.services.begin_run import begin
from standfast.services.record_finding import RecordFinding
from standfast.services.run_again import RunAgain
from standfast.store.database import Database, Transaction
from standfast.store.runs import list_entries


@pytest.fixture
def rig(database: Database, clock: FrozenClock) -> LimitingRig:
    return LimitingRig(database, clock)


def start(rig: LimitingRig, *actions: AttachedAction, **limits: object) -> str:
    return rig.start(limited(*actions, limits=Limits(**limits)))  # type: ignore[arg-type]


ENDINGS = [
    (Script.REFUSE, RunState.REFUSED, 0),
    (Script.DECLINE, RunState.REFUSED, 0),
    (None, RunState.SUCCEEDED, 1_000),
    (Script.NEED_VISITOR, RunState.WAITING_FOR_VISITOR, 1_000),
    (Script.FAIL_AFTER, RunState.UNKNOWN, 1_000),
]


@pytest.mark.parametrize(("script", "state", "cents"), ENDINGS)
def test_what_came_of_it_decides_whether_it_is_given_back(
    rig: LimitingRig, script: Script | None, state: RunState, cents: int
):
    prompt = start(rig, total=10, per_day=5, once_per_tag="spring", budget=Budget(5_000))
    recorded = rig.accept(prompt, 1)
    if script is not None:
        rig.world.next(script)

    rig.work()

    assert [run.state for run in rig.runs(recorded)] == [state]
    assert rig.used(Scope.BUDGET, prompt) == cents
    assert rig.used(Scope.ACCEPTS, prompt) == (1 if cents else 0)
    assert rig.is_balanced()


def test_a_run_that_fails_at_its_deadline_gives_back(rig: LimitingRig):
    prompt = start(rig, total=1)
    recorded = rig.accept(prompt, 1)
    rig.world.reads_fail = True
    rig.work()

    rig.clock.advance(rig.durations.money_deadline)
    rig.work()

    assert [run.state for run in rig.runs(recorded)] == [RunState.FAILED]
    assert rig.used(Scope.ACCEPTS, prompt) == 0
    assert rig.accept(prompt, 2).refusal is None


def test_a_click_of_several_steps_is_given_back_only_when_none_did_anything(rig: LimitingRig):
    tin = AttachedAction("choosy", "create_subscription", {"plan": "tin", "coupon": "TEN"})
    prompt = start(rig, GIVING, tin, budget=Budget(9_000))
    mixed, lost = rig.accept(prompt, 1), rig.accept(prompt, 2)
    assert rig.used(Scope.BUDGET, prompt) == 4_000
    for run in (rig.runs(mixed)[1], rig.runs(lost)[0]):
        rig.world.script(run.reference, Script.REFUSE)

    rig.work()

    states = [[run.state for run in rig.runs(one)] for one in (mixed, lost)]
    assert states == [
        [RunState.SUCCEEDED, RunState.REFUSED],
        [RunState.REFUSED, RunState.CANCELLED],
    ]
    assert rig.used(Scope.BUDGET, prompt) == 2_000
    assert rig.is_balanced()


def test_a_dry_run_records_what_would_have_been_sent_and_gives_back(rig: LimitingRig):
    prompt = start(rig, total=10, budget=Budget(5_000))
    recorded = rig.accept(prompt, 1)
    rig.connection(is_dry_run=True)

    rig.work()

    [run] = rig.runs(recorded)
    assert run.state is RunState.CANCELLED
    assert rig.world.changes == []
    assert would_send(rig, run.id)["body"]["plan"] == "gold"
    assert rig.used(Scope.ACCEPTS, prompt) == rig.used(Scope.BUDGET, prompt) == 0
    assert rig.is_balanced()


def would_send(rig: LimitingRig, run_id: str):
    with rig.database.reading() as reader:
        return list_entries(reader, run_id)[-1].said["would_send"]


def test_what_an_operator_runs_again_counts_again(rig: LimitingRig):
    prompt = start(rig, total=1, budget=Budget(5_000))
    recorded = rig.accept(prompt, 1)
    rig.world.next(Script.REFUSE)
    rig.work()
    rig.accept(prompt, 2)

    again = RunAgain(rig.database, rig.registry, rig.clock, rig.durations)
    again.run_again(rig.app_id, rig.runs(recorded)[0].id, reason="The card works now.")
    rig.work()

    assert rig.runs(recorded)[-1].state is RunState.SUCCEEDED
    assert rig.used(Scope.ACCEPTS, prompt) == 2  # past the limit: an operator has decided
    assert rig.is_balanced()
    rig.clock.advance(1)
    assert rig.shown(rig.customer(3)) == []


@pytest.mark.parametrize("before", [True, False], ids=["before the commit", "after the commit"])
def test_a_process_killed_at_the_click_leaves_the_counters_true(rig: LimitingRig, before: bool):
    prompt = start(rig, total=10, budget=Budget(5_000))
    shown = rig.show(prompt, rig.customer(1))
    rig.furnish(dying_database(rig.database, at_commit=1, before=before))

    with pytest.raises(Killed):
        rig.click(shown)

    assert rig.is_balanced()
    assert rig.used(Scope.ACCEPTS, prompt) == (0 if before else 1)
    rig.furnish(rig.database)
    rig.click(shown)
    assert rig.used(Scope.ACCEPTS, prompt) == 1
    assert rig.is_balanced()


@pytest.mark.parametrize("before", [True, False], ids=["before the commit", "after the commit"])
@pytest.mark.parametrize("at_commit", [1, 2])  # the intent and the outcome
def test_a_worker_killed_at_a_commit_gives_back_exactly_once(
    rig: LimitingRig, at_commit: int, before: bool
):
    prompt = start(rig, total=10, budget=Budget(5_000))
    recorded = rig.accept(prompt, 1)
    rig.world.script(rig.runs(recorded)[0].reference, *[Script.REFUSE] * 5)
    rig.furnish(dying_database(rig.database, at_commit=at_commit, before=before))
    [claimed] = rig.claim()
    with pytest.raises(Killed):
        rig.actions.advance(claimed)
    assert rig.is_balanced()

    rig.furnish(rig.database)
    for _ in range(10):
        rig.clock.advance(60)
        rig.work()

    assert rig.runs(recorded)[0].state is RunState.REFUSED
    assert rig.used(Scope.BUDGET, prompt) == 0
    assert rig.is_balanced()


def test_a_run_that_needs_a_person_keeps_its_place_until_somebody_records_what_happened(
    rig: LimitingRig,
):
    prompt = start(rig, total=10)
    recorded = rig.accept(prompt, 1)
    rig.world.next(Script.FAIL_BEFORE)
    rig.work()
    rig.world.reads_fail = True
    for _ in range(30):
        rig.clock.advance(3_600)
        rig.work()
    [run] = rig.runs(recorded)
    assert run.state is RunState.NEEDS_OPERATOR
    assert rig.used(Scope.ACCEPTS, prompt) == 1

    RecordFinding(rig.database, rig.clock).it_did_not_happen(
        rig.app_id, run.id, note="Looked at Chargify."
    )

    assert rig.used(Scope.ACCEPTS, prompt) == 0
    assert rig.is_balanced()


def test_what_is_run_again_while_the_last_run_ends_is_still_counted(
    rig: LimitingRig, monkeypatch: pytest.MonkeyPatch
):
    if rig.database.is_embedded:
        pytest.skip("there is only one writer")
    tin = AttachedAction("choosy", "create_subscription", {"plan": "tin"}, stop_on_error=False)
    prompt = start(rig, replace(tin, parameters={**GIVING.parameters}), tin, total=1)
    recorded = rig.accept(prompt, 1)
    first, second = rig.runs(recorded)
    for run in (first, second):
        rig.world.script(run.reference, Script.REFUSE)
    [claimed] = rig.claim()
    rig.actions.advance(claimed)
    [claimed] = rig.claim()
    worker = threading.Thread(target=rig.actions.advance, args=(claimed,))

    def begin_slowly(transaction: Transaction, *given: object, **told: object) -> ActionRun:
        begun = begin(transaction, *given, **told)  # type: ignore[arg-type]
        worker.start()
        while worker.is_alive() and not _somebody_waits(rig.database):
            worker.join(0.01)
        return begun

    monkeypatch.setattr("standfast.services.run_again.begin", begin_slowly)
    again = RunAgain(rig.database, rig.registry, rig.clock, rig.durations)
    again.run_again(rig.app_id, first.id, reason="The card works now.")
    worker.join()
    rig.work()

    assert [run.state for run in rig.runs(recorded)][1:] == [RunState.REFUSED, RunState.SUCCEEDED]
    assert rig.used(Scope.ACCEPTS, prompt) == 1
    assert rig.is_balanced()


def _somebody_waits(database: Database) -> bool:
    with database.reading_one() as reader:
        return bool(
            reader.connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        )
