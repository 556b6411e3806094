"""Whether a discount budget knows what an accept costs it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.catalogue import Money
from standfast.domain.finding import Finding
from standfast.domain.offer import settled_parameters
from standfast.domain.prompt import PromptBody

REMEDY = "Set a fixed cost for each accept"


class Priced(Protocol):
    """A connection that can tell what an action gives away, without any visitor."""

    @property
    def currency(self) -> str: ...
    @property
    def discount(self) -> Callable[[str, Mapping[str, str]], Money | Refused | None]: ...


def check_budget(body: PromptBody, billers: Mapping[str, Priced]) -> Iterator[Finding]:
    """A cost that depends on what the customer has is told at the click; others must be known."""
    budget = body.limits.budget
    if budget is None or budget.amount_in_cents <= 0 or budget.fixed_cost_in_cents is not None:
        return
    costs = [
        _cost(billers[action.connector], action.action, action.parameters)
        for action in body.accept_actions()
        if action.connector in billers
    ]
    untold = next((one for one in costs if isinstance(one, str)), None)
    if untold is None and any(costs):
        return
    why = untold or "No button of this prompt gives a discount."
    text = f"{why} {REMEDY}, or take the budget away."
    yield Finding("cost_unknown", text, "limits.budget.fixed_cost_in_cents")


def _cost(biller: Priced, action: str, parameters: Mapping[str, str]) -> bool | str:
    """Whether it gives anything, or why that cannot be told."""
    given = biller.discount(action, settled_parameters(parameters))
    match given:
        case Refused(RefusalReason.NO_SUBSCRIPTION):
            return True
        case Refused(message=message):
            return message
        case Money(currency=currency) if currency != biller.currency:
            return f"The price is in {currency}, the budget in {biller.currency}."
        case _:
            return given is not None
