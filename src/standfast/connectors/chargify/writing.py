"""What an action of Chargify is made of: prepare by reading, write once, read the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import msgspec

from standfast.connectors.chargify.errors import is_web_link
from standfast.connectors.chargify.models import (
    PortalLink,
    Subscription,
    SubscriptionBody,
    decoded,
)
from standfast.connectors.chargify.records import Account
from standfast.contract.actions import (
    ActionSpec,
    Finding,
    Order,
    Outcome,
    Preview,
    RefusalReason,
    Refused,
    Succeeded,
    Undoing,
    Unknown,
)
from standfast.contract.catalogue import CatalogueItem, ItemKind
from standfast.contract.errors import CallFailed
from standfast.contract.records import BillingRecord, CustomerBilling
from standfast.contract.transport import Answer, Call, Method, Transport

Items: TypeAlias = Mapping[tuple[ItemKind, str], CatalogueItem]


@dataclass(frozen=True)
class Write:
    """The one call that changes something. `target`: the subscription it changes, if one.

    `memo`: how it stood before, where a look-up, an undo or the charge must be judged by it.
    """

    call: Call
    target: str | None
    memo: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Done:
    """What an action came to, and the account as it is now, when that is known."""

    outcome: Outcome
    account: Account | None = None


@dataclass(frozen=True)
class Job:
    """An order, whose account it is about, and a way to read more."""

    order: Order
    account: Account
    transport: Transport

    @property
    def wanted(self) -> Mapping[str, str]:
        return self.order.parameters


@dataclass(frozen=True)
class Written:
    """A job whose write was answered with 2xx."""

    job: Job
    target: str | None
    answer: Answer


@dataclass(frozen=True)
class Question:
    """Whether an offer with these parameters can be kept, by what the mirror knows."""

    wanted: Mapping[str, str]
    billing: CustomerBilling | None
    items: Items
    now: datetime


@dataclass(frozen=True)
class ActionOfChargify:
    """One row of the table `ACTIONS`.

    `prepare` reads and may raise `CallFailed`: nothing was changed then. `confirm` reads the
    answer to the write. `look_up` may raise `CallFailed`. `obstacle` calls nobody.
    `wants_it_canceled`: "already canceled" is this action's success. `preview` may raise
    `CallFailed`; it and `undo_of` (order, what it succeeded with) are there when the spec says so.
    """

    spec: ActionSpec
    prepare: Callable[[Job], Write | Done]
    confirm: Callable[[Written], Done]
    look_up: Callable[[Order, Transport], Finding]
    obstacle: Callable[[Question], Refused | None]
    wants_it_canceled: bool = False
    preview: Callable[[Job], Preview | Refused] | None = None
    undo_of: Callable[[Order, str], Undoing | Refused] | None = None


def done(account: Account, subscription: str, message: str = "") -> Done:
    """The wanted state was there before."""
    return Done(Succeeded(subscription, already=True, message=message), account)


def refused(reason: RefusalReason, message: str) -> Done:
    return Done(Refused(reason, message))


def retarget(job: Job) -> BillingRecord | Refused | None:
    """The subscription an earlier try of this run wrote to: the run means that one ever after.

    Else a repeated try would find the first one changed and go on to the next. None before the
    first write.
    """
    target = job.order.target
    if target is None:
        return None
    records = job.account.billing().records
    found = next((one for one in records if one.external_id == target), None)
    return found or Refused(
        RefusalReason.NO_SUBSCRIPTION, f"The customer no longer has subscription {target}."
    )


def subscription_of(answer: Answer) -> Subscription | Unknown:
    """The subscription in a 2xx answer; one nobody can read leaves a doubt."""
    try:
        return decoded(answer.body, SubscriptionBody).subscription
    except msgspec.DecodeError:
        return Unknown(f"Chargify answered {answer.status} with a body we cannot read.")


def group_member(account: Account, subscription: str) -> Done | None:
    """Why a subscription that another one pays for is left alone, or None."""
    for one in account.subscriptions:
        is_member = one.group is not None and one.group.primary is False
        if str(one.id) == subscription and is_member:
            return refused(
                RefusalReason.WRONG_STATE,
                f"Subscription {one.label} belongs to a group whose primary pays for it. "
                "Change it in Chargify.",
            )
    return None


def portal_link(transport: Transport, customer: str) -> str | None:
    """Where the customer can give a payment method, or None when the portal is not open to them.

    "Billing Portal is not enabled for this customer." is a 422; the same link is told at most
    15 times, then the answer is a 429 about this link alone.
    """
    path = f"/portal/customers/{customer}/management_link.json"
    try:
        answer = transport.send(Call(Method.GET, path, has_own_limit=True))
        link = decoded(answer.body, PortalLink).url if answer.is_success else ""
    except (CallFailed, msgspec.DecodeError):
        return None
    return link if is_web_link(link) else None


def number_or_text(external_id: str) -> int | str:
    """Ids go to Chargify as the numbers they are today."""
    return int(external_id) if external_id.isdecimal() else external_id
