"""A budget starts only when it will know what an accept costs it."""

from dataclasses import dataclass

import pytest

from builders import a_prompt, a_step, an_action
from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.catalogue import Money
from standfast.domain.preflight_budget import check_budget
from standfast.domain.prompt import Budget, Limits

COUPON = an_action("add_coupon", coupon="TEN")
BUDGET = Limits(budget=Budget(50_000))


@dataclass
class Biller:
    given: Money | Refused | None
    currency: str = "USD"

    def discount(self, action, parameters):
        return self.given


def texts(body, given: Money | Refused | None = None) -> list[str]:
    found = list(check_budget(body, {"scripted": Biller(given)}))
    assert {one.where for one in found} <= {"limits.budget.fixed_cost_in_cents"}
    assert {one.code for one in found} <= {"cost_unknown"}
    return [one.text for one in found]


@pytest.mark.parametrize(
    "given",
    [Money(100, "USD"), Refused(RefusalReason.NO_SUBSCRIPTION, "Depends on the customer.")],
)
def test_a_known_cost_and_one_that_depends_on_the_customer_may_start(given):
    assert texts(a_prompt(COUPON, limits=BUDGET), given) == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (None, "No button of this prompt gives a discount."),
        (Refused(RefusalReason.PLAN_UNKNOWN, "Its price is not known."), "Its price is not known."),
        (Money(100, "EUR"), "The price is in EUR, the budget in USD."),
    ],
)
def test_a_cost_that_will_never_be_known_asks_for_a_fixed_one(given, why):
    remedy = "Set a fixed cost for each accept, or take the budget away."

    assert texts(a_prompt(COUPON, limits=BUDGET), given) == [f"{why} {remedy}"]


def test_with_a_fixed_cost_nothing_need_be_known():
    limits = Limits(budget=Budget(50_000, fixed_cost_in_cents=1_500))

    assert texts(a_prompt(COUPON, limits=limits), None) == []


def test_what_a_decline_gives_away_is_not_counted():
    body = a_prompt(steps=(a_step(decline=(COUPON,)),), limits=BUDGET)

    assert len(texts(body, Money(100, "USD"))) == 1


def test_without_a_budget_no_cost_is_asked_for():
    assert texts(a_prompt(COUPON), None) == []
