"""Whether what a button promises can be kept for this visitor."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.catalogue import Money
from standfast.contract.records import CustomerBilling
from standfast.domain.prompt import AttachedAction
from standfast.domain.visitor import BillingId

ANSWER = "{{"
"""Begins a parameter that the visitor's form answer fills."""


class Obstacle(Protocol):
    """The connector's own judgement, with its catalogue and the moment already bound."""

    def __call__(
        self, action: str, parameters: Mapping[str, str], *, billing: CustomerBilling
    ) -> Refused | None: ...


class Discount(Protocol):
    """What the connector says an action gives away, with its catalogue already bound."""

    def __call__(
        self, action: str, parameters: Mapping[str, str], *, billing: CustomerBilling | None
    ) -> Money | Refused | None: ...


@dataclass(frozen=True)
class Biller:
    """One connection as a decision about one visitor sees it.

    `trouble` is why it cannot be used at all. `malformed` is why the billing id cannot be one.
    `currency` is the site's.
    """

    connector: str
    title: str
    trait: str
    trouble: str | None
    billing_id: BillingId | None
    malformed: str | None
    billing: CustomerBilling | None
    obstacle: Obstacle
    currency: str
    discount: Discount


def find_refusal(
    actions: Iterable[AttachedAction], billers: Mapping[str, Biller], *, may_be_done: bool = False
) -> Refused | None:
    """The first reason why one of these actions cannot be done, or None.

    `may_be_done`: what is already as wanted is no reason, as at a click.
    """
    for action in actions:
        refused = _refusal(action, billers.get(action.connector))
        is_done = refused is not None and refused.reason is RefusalReason.ALREADY_DONE
        if refused is not None and not (is_done and may_be_done):
            return refused
    return None


def _refusal(action: AttachedAction, biller: Biller | None) -> Refused | None:
    if biller is None:
        problem = f"The app has no connection to {action.connector}."
        return Refused(RefusalReason.CONNECTION_INACTIVE, problem)
    if biller.trouble is not None:
        return Refused(RefusalReason.CONNECTION_INACTIVE, biller.trouble)
    if biller.billing_id is None:
        problem = f"The visitor has no {biller.trait}."
        return Refused(RefusalReason.BILLING_ID_MISSING, problem)
    if biller.malformed is not None:
        return Refused(RefusalReason.BILLING_ID_MALFORMED, biller.malformed)
    if biller.billing is None:
        problem = f"{biller.title} knows no customer for this {biller.trait}."
        return Refused(RefusalReason.BILLING_ID_UNMATCHED, problem)
    parameters = settled_parameters(action.parameters)
    return biller.obstacle(action.action, parameters, billing=biller.billing)


def settled_parameters(parameters: Mapping[str, str]) -> dict[str, str]:
    """Those whose value is known before the visitor answers."""
    return {key: value for key, value in parameters.items() if ANSWER not in value}
