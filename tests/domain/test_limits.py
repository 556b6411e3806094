"""Gate 9: what of a prompt's limits is used, and what an accept would take of them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from builders import a_prompt, a_step, an_action
from domain.test_decision import a_situation, shown, some_biller, verdict_of
from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.catalogue import Money
from standfast.domain.decision import Verdict
from standfast.domain.gates import Gate
from standfast.domain.limited_offer import cost_of, limit_refusal
from standfast.domain.limits import (
    Counter,
    LimitsUsed,
    Scope,
    day_of,
    once_counter,
    reservations,
)
from standfast.domain.prompt import Budget, Button, ButtonBody, Limits

DAY = "2026-03-02"
COUPON = an_action("add_coupon", coupon="TEN")
ALL = Limits(total=500, per_day=100, once_per_tag="spring", budget=Budget(50_000))


def used(**counts: int) -> LimitsUsed:
    """By scope, of prompt p1 today; `once` is customer "u:ann"'s."""
    counters = {
        "accepts": Counter(Scope.ACCEPTS, "p1"),
        "accepts_a_day": Counter(Scope.ACCEPTS_A_DAY, "p1", DAY),
        "budget": Counter(Scope.BUDGET, "p1"),
        "once": once_counter("spring", "u:ann"),
    }
    found = {counters[name]: count for name, count in counts.items()}
    return LimitsUsed(found, DAY, ("u:ann", "scripted:1:c1"))


def giving(discount: Money | Refused | None) -> Any:
    return some_biller(discount=lambda action, parameters, *, billing: discount)


def at(limits: Limits, *, discount: Money | Refused | None = None, **counts: int) -> Any:
    return a_situation(
        a_prompt(COUPON, limits=limits), billers=[giving(discount)], limits=used(**counts)
    )


def test_a_prompt_without_limits_says_so():
    verdict = verdict_of(at(Limits()), Gate.LIMITS)

    assert (verdict.condition, verdict.actual) == ("none set", "nothing to fulfil")


def test_explain_tells_what_of_every_limit_is_used():
    situation = at(ALL, discount=Money(1_200, "USD"), accepts=240, accepts_a_day=87, budget=12_000)

    verdict = verdict_of(situation, Gate.LIMITS)

    assert verdict.verdict is Verdict.PASSED
    assert verdict.condition == (
        "at most 500 accepts; at most 100 accepts a day; a budget of 500.00; "
        "once per customer with the tag “spring”"
    )
    assert verdict.actual == (
        "240 of 500 accepts used; 87 of 100 accepts used today; "
        "120.00 of 500.00 of the budget used; not accepted with this tag before"
    )


USED_UP = [
    ({"accepts": 500}, "All 500 accepts of this prompt are used."),
    ({"accepts_a_day": 100}, f"All 100 accepts of {DAY} are used."),
    ({"once": 1}, "The customer has accepted a prompt with the tag “spring” before."),
    # 500.00 - 488.01 = 11.99, one cent short of what the accept costs
    ({"budget": 48_801}, "This accept costs 12.00 USD; 11.99 USD of the budget is left."),
]


@pytest.mark.parametrize(("counts", "why"), USED_UP)
def test_a_used_up_limit_hides_the_prompt_and_says_which(counts, why):
    situation = at(ALL, discount=Money(1_200, "USD"), **counts)

    assert shown(situation) == []
    assert verdict_of(situation, Gate.LIMITS).actual.endswith(why)


@pytest.mark.parametrize(
    "counts", [{"accepts": 499}, {"accepts_a_day": 99}, {"budget": 48_800}, {"once": 0}]
)
def test_the_last_place_is_still_a_place(counts):
    assert shown(at(ALL, discount=Money(1_200, "USD"), **counts)) == ["p1"]


def test_the_accepts_of_yesterday_do_not_count_today():
    yesterday = Counter(Scope.ACCEPTS_A_DAY, "p1", "2026-03-01")
    situation = a_situation(
        a_prompt(COUPON, limits=Limits(per_day=1)),
        billers=[giving(None)],
        limits=LimitsUsed({yesterday: 1}, DAY),
    )

    assert shown(situation) == ["p1"]


def test_a_decline_is_never_limited():
    leaving = a_step(decline=(an_action("cancel_subscription"),))
    only_decline = a_prompt(
        steps=(a_step(buttons={Button.DECLINE: leaving.buttons[Button.DECLINE]}),),
        limits=Limits(total=1),
    )

    assert limit_refusal(only_decline, "p1", used(accepts=1), {}) is None


def test_a_prompt_is_hidden_as_soon_as_one_of_its_accepts_could_not_be_paid():
    dear, cheap = an_action("add_coupon", coupon="DEAR"), an_action("add_coupon", coupon="CHEAP")
    prices = {"DEAR": Money(900, "USD"), "CHEAP": Money(100, "USD")}
    biller = some_biller(discount=lambda action, given, *, billing: prices[given["coupon"]])
    buttons = {
        Button.ACCEPT: ButtonBody("Yes", (cheap,)),
        Button.SECONDARY_ACCEPT: ButtonBody("All of it", (dear,)),
    }
    body = a_prompt(steps=(a_step(buttons=buttons),), limits=Limits(budget=Budget(1_000)))

    hidden = limit_refusal(body, "p1", used(budget=200), {"scripted": biller})
    open_ = limit_refusal(body, "p1", used(budget=100), {"scripted": biller})

    assert hidden == Refused(
        RefusalReason.BUDGET_EXHAUSTED,
        "This accept costs 9.00 USD; 8.00 USD of the budget is left.",
    )
    assert open_ is None


COSTS = [
    (Budget(1), [Money(300, "USD"), Money(200, "USD")], Money(500, "USD")),
    (Budget(1), [None, Money(200, "USD")], Money(200, "USD")),
    (Budget(1), [None], Money(0, "USD")),
    (Budget(1, fixed_cost_in_cents=99), [Money(300, "USD")], Money(99, "USD")),
    (Budget(1, fixed_cost_in_cents=99), [Refused(RefusalReason.OTHER, "?")], Money(99, "USD")),
]


@pytest.mark.parametrize(("budget", "given", "cost"), COSTS)
def test_an_accept_costs_what_its_actions_give_away_or_the_fixed_cost(budget, given, cost):
    answers = iter(given)
    biller = some_biller(discount=lambda action, parameters, *, billing: next(answers))

    assert cost_of(budget, [COUPON] * len(given), {"scripted": biller}) == cost


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Refused(RefusalReason.PLAN_UNKNOWN, "No price."), "No price."),
        (Money(1, "EUR"), "The price is in EUR, the budget in USD."),
    ],
)
def test_a_cost_that_cannot_be_told_is_not_covered_and_says_what_to_set(given, why):
    told = cost_of(Budget(1), [COUPON], {"scripted": giving(given)})

    assert told == Refused(
        RefusalReason.BUDGET_EXHAUSTED,
        f"The discount cannot be told: {why} "
        "Set a fixed cost for each accept in the prompt's limits.",
    )


def test_counters_are_always_taken_in_the_same_order():
    wanted = reservations(
        ALL, "p1", customers=("u:ann", "scripted:1:c1"), day=DAY, cost=Money(1, "USD")
    )

    counters = [one.counter for one in wanted]
    assert counters == sorted(counters)
    assert len(counters) == 5  # accepts, of the day, budget, once as visitor and as customer


def test_what_costs_nothing_takes_nothing_of_the_budget():
    free = reservations(Limits(budget=Budget(0)), "p1", customers=(), day=DAY, cost=Money(0, "USD"))

    assert free == ()


def test_a_day_is_one_of_the_apps_time_zone():
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)

    assert day_of(late, "UTC") == "2026-03-02"
    assert day_of(late, "Europe/Berlin") == "2026-03-03"


def test_a_once_counter_does_not_tell_whose_it_is():
    counter = once_counter("spring", "u:ann@acme.io")

    assert "ann" not in counter.subject
    assert counter != once_counter("autumn", "u:ann@acme.io")
