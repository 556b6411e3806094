"""An accept reserves what it takes of its prompt's limits: exactly, once, all or nothing."""

import multiprocessing
from datetime import timedelta

import pytest

from builders import a_prompt, a_step
from clocks import FrozenClock
from databases import PostgresqlServer
from deciding import PAGE
from limiting import GIVING, LimitingRig, click_all, click_all_over, limited
from standfast.contract.actions import RefusalReason
from standfast.domain.gates import Gate
from standfast.domain.limits import Scope
from standfast.domain.prompt import AttachedAction, Budget, Button, ButtonBody, Limits
from standfast.services.publish_prompt import PreflightFailed
from standfast.services.record_interaction import Deed
from standfast.store.database import Database, open_database

TODAY = "2026-03-02"
REFUSED_TEXT = "We could not make this change. Nothing was charged. This offer is used up."


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


def test_what_is_reserved_does_not_depend_on_a_prompt_being_shown_again(rig: LimitingRig):
    prompt = start(rig, total=2)
    shown = rig.show(prompt, rig.customer(1))
    rig.click(shown)
    rig.clock.advance(5)

    second = rig.recording.record(shown.identity, Deed(shown.token, "accept", "offer", {}))

    assert second.interaction == rig.click(shown).interaction
    assert rig.used(Scope.ACCEPTS, prompt) == 1


def test_explain_tells_what_is_used_of_a_paused_prompt_too(rig: LimitingRig):
    prompt = start(rig, total=1)
    rig.accept(prompt, 1)
    rig.prompts.pause(rig.app_id, prompt)
    rig.live()

    [explained] = rig.explaining.explain(rig.app_id, "u2", PAGE)

    told = next(one for one in explained.explanation.gates if one.gate is Gate.LIMITS)
    assert told.actual == "1 of 1 accepts used; All 1 accepts of this prompt are used."
