"""What a click on a limited prompt takes of its limits, and whether that is still there."""

from collections.abc import Iterable, Mapping

from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.catalogue import Money
from standfast.domain.limits import (
    LIMITED,
    LimitsUsed,
    Reservation,
    first_refusal,
    reservations,
)
from standfast.domain.offer import Biller, settled_parameters
from standfast.domain.prompt import AttachedAction, Budget, Limits, PromptBody

REMEDY = "Set a fixed cost for each accept in the prompt's limits."


def limit_refusal(
    body: PromptBody, prompt_id: str, used: LimitsUsed, billers: Mapping[str, Biller]
) -> Refused | None:
    """The first reason why one of the accepts would be refused now, or None."""
    if body.limits == Limits():
        return None
    for step in body.steps:
        for kind, button in step.buttons.items():
            if kind not in LIMITED:
                continue
            wanted = wanted_by(body.limits, prompt_id, button.actions, used, billers)
            refused = wanted if isinstance(wanted, Refused) else first_refusal(wanted, used)
            if refused is not None:
                return refused
    return None


def wanted_by(
    limits: Limits,
    prompt_id: str,
    actions: Iterable[AttachedAction],
    used: LimitsUsed,
    billers: Mapping[str, Biller],
) -> tuple[Reservation, ...] | Refused:
    """What a click on a button with these actions must reserve; `Refused`: its cost is unknown."""
    cost = cost_of(limits.budget, actions, billers) if limits.budget else None
    if isinstance(cost, Refused):
        return cost
    return reservations(limits, prompt_id, customers=used.customers, day=used.day, cost=cost)


def cost_of(
    budget: Budget, actions: Iterable[AttachedAction], billers: Mapping[str, Biller]
) -> Money | Refused:
    """The fixed cost, else all that the actions give away, in the site's currency.

    `Refused` where one cannot be told: what is not known is not covered by a budget.
    """
    wanted = tuple(actions)
    used = [billers[one] for one in dict.fromkeys(a.connector for a in wanted) if one in billers]
    currency = used[0].currency if used else ""
    if budget.fixed_cost_in_cents is not None:
        return Money(budget.fixed_cost_in_cents, currency)
    cents = 0
    for action in wanted:
        given = _given(action, billers.get(action.connector))
        if isinstance(given, Refused):
            return given
        if given is not None and given.currency != currency:
            return _untold(f"The price is in {given.currency}, the budget in {currency}.")
        cents += given.amount_in_cents if given else 0
    return Money(cents, currency)


def _given(action: AttachedAction, biller: Biller | None) -> Money | Refused | None:
    if biller is None:
        return _untold(f"The app has no connection to {action.connector}.")
    parameters = settled_parameters(action.parameters)
    given = biller.discount(action.action, parameters, billing=biller.billing)
    return _untold(given.message) if isinstance(given, Refused) else given


def _untold(why: str) -> Refused:
    text = f"The discount cannot be told: {why} {REMEDY}"
    return Refused(RefusalReason.BUDGET_EXHAUSTED, text)
