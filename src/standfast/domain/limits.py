"""What an accept takes of a prompt's limits: so many accepts, so much money, once per customer.

The same list is judged by the gate, from counters that may be a second old, and reserved by the
accept, which is exact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import assert_never
from zoneinfo import ZoneInfo

from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.catalogue import Money
from standfast.domain.hashing import digest
from standfast.domain.prompt import Button, Limits

LIMITED = frozenset({Button.ACCEPT, Button.SECONDARY_ACCEPT})
"""A decline is never limited: leaving must stay as easy as staying."""


class Scope(StrEnum):
    """What a counter counts."""

    ACCEPTS = "accepts"
    """Of a prompt, ever."""
    ACCEPTS_A_DAY = "accepts_a_day"
    """Of a prompt, on one day of the app's time zone."""
    BUDGET = "budget"
    """Cents a prompt has given away."""
    ONCE = "once"
    """Of one customer, over all prompts that share a tag."""


@dataclass(frozen=True, order=True)
class Counter:
    """`subject`: a prompt's id; for once a digest of tag and customer. `period`: a day, or ""."""

    scope: Scope
    subject: str
    period: str = ""


@dataclass(frozen=True)
class Reservation:
    """`amount` fits while the counter stays at `limit` or below. `unit`: a currency, or the tag."""

    counter: Counter
    amount: int
    limit: int
    unit: str = ""

    def fits(self, used: int) -> bool:
        return used + self.amount <= self.limit


@dataclass(frozen=True)
class LimitsUsed:
    """What is used up, as a decision sees it. `customers`: who the visitor is to a tag."""

    used: Mapping[Counter, int] = field(default_factory=dict[Counter, int])
    day: str = ""
    customers: tuple[str, ...] = ()

    def of(self, counter: Counter) -> int:
        return self.used.get(counter, 0)


NOTHING_USED = LimitsUsed()


def day_of(now: datetime, time_zone: str) -> str:
    """The day of the app's time zone, as YYYY-MM-DD."""
    return now.astimezone(ZoneInfo(time_zone)).date().isoformat()


def once_counter(tag: str, customer: str) -> Counter:
    """The customer is not readable in it, so that erasing one leaves the limit standing."""
    return Counter(Scope.ONCE, digest("once", tag, customer))


def reservations(
    limits: Limits, prompt_id: str, *, customers: Iterable[str], day: str, cost: Money | None
) -> tuple[Reservation, ...]:
    """What one accept takes. `cost` is only asked for where there is a budget.

    In the order in which counters are locked, so that no two accepts wait for each other.
    """
    wanted: list[Reservation] = []
    if limits.total is not None:
        wanted.append(Reservation(Counter(Scope.ACCEPTS, prompt_id), 1, limits.total))
    if limits.per_day is not None:
        counter = Counter(Scope.ACCEPTS_A_DAY, prompt_id, day)
        wanted.append(Reservation(counter, 1, limits.per_day))
    if limits.budget is not None and cost is not None and cost.amount_in_cents > 0:
        counter, most = Counter(Scope.BUDGET, prompt_id), limits.budget.amount_in_cents
        wanted.append(Reservation(counter, cost.amount_in_cents, most, cost.currency))
    if limits.once_per_tag is not None:
        tag = limits.once_per_tag
        counters = {once_counter(tag, one) for one in customers}
        wanted += [Reservation(counter, 1, 1, tag) for counter in counters]
    return tuple(sorted(wanted, key=lambda one: one.counter))


def first_refusal(wanted: Iterable[Reservation], used: LimitsUsed) -> Refused | None:
    """Why an accept would be refused now, or None."""
    for one in wanted:
        if not one.fits(used.of(one.counter)):
            return refused(one, used.of(one.counter))
    return None


def refused(one: Reservation, used: int) -> Refused:
    """For the operator; the visitor reads the prompt's own text."""
    match one.counter.scope:
        case Scope.ACCEPTS:
            text = f"All {one.limit} accepts of this prompt are used."
        case Scope.ACCEPTS_A_DAY:
            text = f"All {one.limit} accepts of {one.counter.period} are used."
        case Scope.ONCE:
            text = f"The customer has accepted a prompt with the tag “{one.unit}” before."
        case Scope.BUDGET:
            left = _money(max(one.limit - used, 0), one.unit)
            text = (
                f"This accept costs {_money(one.amount, one.unit)}; {left} of the budget is left."
            )
            return Refused(RefusalReason.BUDGET_EXHAUSTED, text)
        case _:
            assert_never(one.counter.scope)
    return Refused(RefusalReason.LIMIT_REACHED, text)


def describe_limits(limits: Limits) -> str:
    """The author's own words, for explain."""
    budget = limits.budget
    told = [
        f"at most {limits.total} accepts" if limits.total is not None else "",
        f"at most {limits.per_day} accepts a day" if limits.per_day is not None else "",
        f"a budget of {_money(budget.amount_in_cents)}" if budget is not None else "",
        f"once per customer with the tag “{limits.once_per_tag}”" if limits.once_per_tag else "",
    ]
    return "; ".join(one for one in told if one) or "none set"


def describe_used(limits: Limits, prompt_id: str, used: LimitsUsed) -> str:
    """What is gone of each limit: 87 of 100 accepts used today."""
    told: list[str] = []
    if limits.total is not None:
        count = used.of(Counter(Scope.ACCEPTS, prompt_id))
        told.append(f"{count} of {limits.total} accepts used")
    if limits.per_day is not None:
        count = used.of(Counter(Scope.ACCEPTS_A_DAY, prompt_id, used.day))
        told.append(f"{count} of {limits.per_day} accepts used today")
    if limits.budget is not None:
        spent = used.of(Counter(Scope.BUDGET, prompt_id))
        most = limits.budget.amount_in_cents
        told.append(f"{_money(spent)} of {_money(most)} of the budget used")
    if limits.once_per_tag is not None:
        tag = limits.once_per_tag
        is_taken = any(used.of(once_counter(tag, one)) for one in used.customers)
        told.append(f"{'accepted' if is_taken else 'not accepted'} with this tag before")
    return "; ".join(told) or "nothing to fulfil"


def _money(cents: int, currency: str = "") -> str:
    return f"{cents / 100:,.2f} {currency}".rstrip()
