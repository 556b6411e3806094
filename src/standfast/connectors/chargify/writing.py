"""What an action of Chargify is made of: prepare by reading, write once, read the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import msgspec

from standfast.connectors.chargify.models import Subscription, SubscriptionBody, decoded
from standfast.connectors.chargify.portal import Portal
from standfast.connectors.chargify.records import Account
from standfast.contract.actions import (
    ActionSpec,
    Finding,
    NeedsVisitor,
    Order,
    Outcome,
    Preview,
    RefusalReason,
    Refused,
    Succeeded,
    Undoing,
    Unknown,
)
from standfast.contract.catalogue import CatalogueItem, ItemKind, Money
from standfast.contract.records import BillingRecord, CustomerBilling
from standfast.contract.transport import Answer, Call, Transport

Items: TypeAlias = Mapping[tuple[ItemKind, str], CatalogueItem]
Records: TypeAlias = tuple[BillingRecord, ...]
REVENUE = "revenue"
"""Key in a memo: all that the subscription had brought in before, in cents."""


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
    portal: Portal

    @property
    def wanted(self) -> Mapping[str, str]:
        return self.order.parameters

    def needs_visitor(self, message: str) -> "Done":
        """They must give a payment method first; where, if the portal is open to them."""
        return Done(NeedsVisitor(message, self.portal.link(self.account, self.transport)))


@dataclass(frozen=True)
class Written:
    """A job whose write was answered with 2xx. `memo`: how it stood before the first write."""

    job: Job
    target: str | None
    answer: Answer
    memo: Mapping[str, str]


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
    `wants_it_canceled`: "already canceled" is this action's success. `is_so` judges whether a
    subscription is as an order wants it, for a refusal that somebody faster may have caused.
    `each` (records, parameters, the subscription `chargify_id` names): the several subscriptions
    that one click is done to, none where it is not spread.
    `preview` may raise `CallFailed`; it and `undo_of` (order, what it succeeded with) are there
    when the spec says so.
    """

    spec: ActionSpec
    prepare: Callable[[Job], Write | Done]
    confirm: Callable[[Written], Done]
    look_up: Callable[[Order, Transport], Finding]
    obstacle: Callable[[Question], Refused | None]
    wants_it_canceled: bool = False
    is_so: Callable[[Subscription, Order], bool] | None = None
    preview: Callable[[Job], Preview | Refused] | None = None
    undo_of: Callable[[Order, str], Undoing | Refused] | None = None
    each: Callable[[Records, Mapping[str, str], str | None], Records] | None = None


def done(account: Account, subscription: str, message: str = "") -> Done:
    """The wanted state was there before."""
    return Done(Succeeded(subscription, already=True, message=message), account)


def refused(reason: RefusalReason, message: str) -> Done:
    return Done(Refused(reason, message))


def subscription_of(answer: Answer) -> Subscription | Unknown:
    """The subscription in a 2xx answer; one nobody can read leaves a doubt."""
    try:
        return decoded(answer.body, SubscriptionBody).subscription
    except msgspec.DecodeError:
        return Unknown(f"Chargify answered {answer.status} with a body we cannot read.")


def in_group(subscription: Subscription, *, primary_too: bool) -> Refused | None:
    """Why a subscription of a group is left alone, or None.

    A member is paid for by its group's primary; and what ends, pauses or brings back a primary
    concerns all its members: groups have endpoints of their own for that.
    """
    is_primary = subscription.group is not None and subscription.group.primary is not False
    if subscription.group is None or (is_primary and not primary_too):
        return None
    why = "is the primary of a group" if is_primary else "belongs to a group whose primary pays"
    return Refused(
        RefusalReason.WRONG_STATE,
        f"Subscription {subscription.label} {why}. Change it in Chargify.",
    )


def memo_of(subscription: Subscription) -> dict[str, str]:
    """How a subscription stands before a write: for look-ups, for undo and to see the charge."""
    told = {
        "state": subscription.state,
        "plan": subscription.plan_id,
        "price_point": subscription.product_price_point_id,
        "next_plan": subscription.next_product_id,
        "next_price_point": subscription.next_product_price_point_id,
        REVENUE: subscription.total_revenue_in_cents,
    }
    return {key: str(value) for key, value in told.items() if value is not None}


def charged(memo: Mapping[str, str], after: Subscription) -> Money | None:
    """What was taken between the memo and now, or None when that is not known."""
    before, now = memo.get(REVENUE, ""), after.total_revenue_in_cents
    if not before.isdecimal() or now is None or not after.currency or now < int(before):
        return None
    return Money(now - int(before), after.currency)


def number_or_text(external_id: str) -> int | str:
    """Ids go to Chargify as the numbers they are today."""
    return int(external_id) if external_id.isdecimal() else external_id
