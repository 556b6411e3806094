"""An accept reserves what it takes of its prompt's limits: exactly, once, all or nothing."""

import multiprocessing
from datetime import timedelta

import pytest

from builders import a_prompt, a_step
from clocks import FrozenClock
from databases import PostgresqlServer
from deciding import PAGE
from ledger.dying import Killed, dying_database
from limiting import GIVING, LimitingRig, click_all, click_all_over, limited
from standfast.contract.actions import RefusalReason
from standfast.contract.testing import Script
from standfast.domain.action_run import RunState
from standfast.domain.gates import Gate
from standfast.domain.limits import Scope
from standfast.domain.prompt import AttachedAction, Budget, Button, ButtonBody, Limits
from standfast.services.publish_prompt import PreflightFailed
from standfast.services.record_finding import RecordFinding
from standfast.services.record_interaction import Deed
from standfast.services.run_again import RunAgain
from standfast.store.database import Database, open_database
from standfast.store.runs import list_entries

TODAY = "2026-03-02"
REFUSED_TEXT = "We could not make this change. Nothing was charged."


@pytest.fixture
def rig(database: Database, clock: FrozenClock) -> LimitingRig:
    return LimitingRig(database, clock)


def start(rig: LimitingRig, *actions: AttachedAction, **limits: object) -> str:
    return rig.start(limited(*actions, limits=Limits(**limits)))  # type: ignore[arg-type]


def test_of_a_thousand_accepts_at_once_exactly_a_hundred_get_through(
    database: Database, clock: FrozenClock
):
    rig = LimitingRig(database, clock, customers=1_000)
    prompt = start(rig, total=100)
    shown = rig.show_all(prompt, range(1, 1_001))

    click_all(rig.recording, shown)

    assert rig.used(Scope.ACCEPTS, prompt) == 100
    assert accepted_and_refused(rig) == (100, 900)
    assert rig.is_balanced()


def test_two_processes_share_the_places_exactly(
    postgresql_server: PostgresqlServer, clock: FrozenClock, tmp_path
):
    with postgresql_server.passing_database(like="with_tables") as url:
        database = open_database(tmp_path, url)
        rig = LimitingRig(database, clock, customers=400)
        prompt = start(rig, total=100, per_day=90)
        shown = rig.show_all(prompt, range(1, 401))
        spawning = multiprocessing.get_context("spawn")
        processes = [
            spawning.Process(target=click_all_over, args=(url, rig.key, half, clock.now()))
            for half in (shown[::2], shown[1::2])
        ]

        for one in processes:
            one.start()
        for one in processes:
            one.join(120)

        assert [one.exitcode for one in processes] == [0, 0]
        assert rig.used(Scope.ACCEPTS, prompt) == rig.used(Scope.ACCEPTS_A_DAY, prompt, TODAY) == 90
        assert accepted_and_refused(rig) == (90, 310)
        assert rig.is_balanced()
        database.close()


def accepted_and_refused(rig: LimitingRig) -> tuple[int, int]:
    with rig.database.reading() as reader:
        query = "SELECT count(*) FROM interactions WHERE refusal IS {} NULL"
        refused, accepted = (
            reader.connection.exec_driver_sql(query.format(word)).scalar_one()
            for word in ("NOT", "")
        )
        runs = reader.connection.exec_driver_sql("SELECT count(*) FROM action_runs").scalar_one()
    assert runs == accepted
    return accepted, refused


def test_who_comes_too_late_is_stored_and_told_and_nothing_is_started(rig: LimitingRig):
    prompt = start(rig, total=1)
    first, late = (rig.show(prompt, rig.customer(n)) for n in (1, 2))
    rig.click(first)

    recorded = rig.click(late)

    assert recorded.refusal is not None
    assert recorded.refusal["reason"] == RefusalReason.LIMIT_REACHED
    assert recorded.refusal["message"] == REFUSED_TEXT
    assert rig.refusal(recorded) == {
        "reason": "limit_reached",
        "message": "All 1 accepts of this prompt are used.",
    }
    assert rig.runs(recorded) == ()


def test_a_double_click_reserves_once(rig: LimitingRig):
    prompt = start(rig, total=10, budget=Budget(5_000))
    shown = rig.show(prompt, rig.customer(1))

    click_all(rig.recording, [shown] * 8)

    assert rig.used(Scope.ACCEPTS, prompt) == 1
    assert rig.used(Scope.BUDGET, prompt) == 1_000
    assert rig.is_balanced()


def test_what_one_limit_refuses_takes_nothing_of_the_others(rig: LimitingRig):
    prompt = start(rig, total=10, per_day=5, budget=Budget(1_500))
    shown = [rig.show(prompt, rig.customer(n)) for n in (1, 2)]
    rig.click(shown[0])

    recorded = rig.click(shown[1])

    assert rig.refusal(recorded) == {
        "reason": "budget_exhausted",
        "message": "This accept costs 10.00 USD; 5.00 USD of the budget is left.",
    }
    assert rig.used(Scope.ACCEPTS, prompt) == rig.used(Scope.ACCEPTS_A_DAY, prompt, TODAY) == 1
    assert rig.is_balanced()


def test_tomorrow_there_are_new_places(rig: LimitingRig):
    prompt = start(rig, per_day=1)
    rig.accept(prompt, 1)
    rig.clock.advance(1)
    assert rig.shown(rig.customer(2)) == []

    rig.clock.set(rig.clock.now() + timedelta(days=1))

    assert rig.accept(prompt, 2).refusal is None
    assert rig.used(Scope.ACCEPTS_A_DAY, prompt, TODAY) == 1
    assert rig.used(Scope.ACCEPTS_A_DAY, prompt, "2026-03-03") == 1


def test_a_customer_accepts_one_of_all_prompts_that_share_a_tag(rig: LimitingRig):
    spring, other = start(rig, once_per_tag="spring"), start(rig, once_per_tag="spring")
    early = rig.show(other, rig.customer(1))
    rig.accept(spring, 1)

    recorded = rig.click(early)

    told = rig.refusal(recorded)
    assert told is not None
    assert told["message"] == "The customer has accepted a prompt with the tag “spring” before."
    assert other not in rig.shown(rig.customer(1))
    assert other in rig.shown(rig.customer(2))


def test_two_users_of_one_customer_are_one(rig: LimitingRig):
    prompt = start(rig, once_per_tag="spring")
    shown = [rig.show(prompt, rig.customer(1, user=user)) for user in ("ann", "bob")]
    rig.click(shown[0])

    assert rig.click(shown[1]).refusal is not None
    assert rig.shown(rig.customer(1, user="cleo")) == []


def test_a_user_whose_customer_changed_is_the_same_one(rig: LimitingRig):
    prompt = start(rig, once_per_tag="spring")
    shown = [rig.show(prompt, rig.customer(n, user="ann")) for n in (1, 2)]
    rig.click(shown[0])
    rig.clock.advance(2)

    assert rig.shown(rig.customer(2, user="ann")) == []


def test_a_limit_is_never_a_reason_against_a_decline(rig: LimitingRig):
    leave = AttachedAction("choosy", "cancel_subscription", {})
    buttons = {
        Button.ACCEPT: ButtonBody("Stay", (GIVING,)),
        Button.DECLINE: ButtonBody("Leave", (leave,)),
    }
    prompt = rig.start(a_prompt(steps=(a_step(buttons=buttons),), limits=Limits(total=1)))
    shown = [rig.show(prompt, rig.customer(n)) for n in (1, 2)]
    rig.click(shown[0])

    recorded = rig.click(shown[1], "decline")

    assert recorded.refusal is None
    assert len(rig.runs(recorded)) == 1
    assert rig.used(Scope.ACCEPTS, prompt) == 1


def test_an_accept_that_changes_no_bill_is_limited_too(rig: LimitingRig):
    prompt = rig.start(a_prompt(limits=Limits(total=1, once_per_tag="spring")))
    shown = [rig.show(prompt, rig.identity(user)) for user in ("ann", None)]
    rig.click(shown[0])

    refused = rig.click(shown[1]).refusal

    assert refused is not None
    assert refused["reason"] == RefusalReason.LIMIT_REACHED


def test_a_fixed_cost_is_what_an_accept_costs(rig: LimitingRig):
    prompt = start(rig, budget=Budget(2_500, fixed_cost_in_cents=1_250))

    for number in (1, 2):
        rig.accept(prompt, number)

    assert rig.used(Scope.BUDGET, prompt) == 2_500
    rig.clock.advance(1)
    assert rig.shown(rig.customer(3)) == []


def test_a_budget_without_a_known_cost_does_not_start(rig: LimitingRig):
    free = AttachedAction("choosy", "create_subscription", {"plan": "gold"})

    with pytest.raises(PreflightFailed) as failed:
        start(rig, free, budget=Budget(1_000))

    assert failed.value.findings[0].code == "cost_unknown"
    assert failed.value.field == "limits.budget.fixed_cost_in_cents"


def test_the_limit_that_is_published_now_counts_and_not_the_one_that_was_shown(rig: LimitingRig):
    prompt = start(rig, total=10)
    shown = [rig.show(prompt, rig.customer(n)) for n in (1, 2)]
    rig.click(shown[0])
    rig.prompts.save_draft(
        rig.app_id, name="Offer", body=limited(limits=Limits(total=1)), prompt_id=prompt
    )
    rig.prompts.publish(rig.app_id, prompt, by="olga")
    rig.clock.advance(1)

    assert rig.click(shown[1]).refusal is not None


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
        return list_entries(reader, run_id)[-1].body["would_send"]


def test_what_an_operator_runs_again_counts_again(rig: LimitingRig):
    prompt = start(rig, total=1, budget=Budget(5_000))
    recorded = rig.accept(prompt, 1)
    rig.world.next(Script.REFUSE)
    rig.work()
    rig.accept(prompt, 2)

    again = RunAgain(rig.database, rig.clock, rig.durations)
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


def test_what_is_reserved_does_not_depend_on_a_prompt_being_shown_again(rig: LimitingRig):
    prompt = start(rig, total=2)
    shown = rig.show(prompt, rig.customer(1))
    rig.click(shown)
    rig.clock.advance(5)

    second = rig.recording.record(shown.identity, Deed(shown.token, "accept", "offer", {}))

    assert second.interaction == rig.click(shown).interaction
    assert rig.used(Scope.ACCEPTS, prompt) == 1


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


def test_explain_tells_what_is_used_of_a_paused_prompt_too(rig: LimitingRig):
    prompt = start(rig, total=1)
    rig.accept(prompt, 1)
    rig.prompts.pause(rig.app_id, prompt)
    rig.live()

    [explained] = rig.explaining.explain(rig.app_id, "u2", PAGE)

    told = next(one for one in explained.explanation.gates if one.gate is Gate.LIMITS)
    assert told.actual == "1 of 1 accepts used; All 1 accepts of this prompt are used."
