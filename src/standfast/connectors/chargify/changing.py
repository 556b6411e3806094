"""An action on one of the subscriptions a customer has.

Which one is meant, whether it is as wanted already, what stands in the way, the one write, and
the truth read afterwards: all of it is the same for every such action. An action says only what
is its own.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from urllib.parse import quote

import structlog

from standfast.connectors.chargify import obstacles, previews
from standfast.connectors.chargify.choosing import MOST, Tier, choose, matching
from standfast.connectors.chargify.models import Subscription
from standfast.connectors.chargify.records import (
    IdHolds,
    billing_record,
    malformed,
    read_subscription,
)
from standfast.connectors.chargify.writing import (
    ActionOfChargify,
    Done,
    Job,
    Question,
    Records,
    Write,
    Written,
    charged,
    done,
    in_group,
    memo_of,
    subscription_of,
)
from standfast.contract.actions import (
    Absent,
    ActionSpec,
    Finding,
    NeedsVisitor,
    Obscure,
    Order,
    Preview,
    RefusalReason,
    Refused,
    Succeeded,
    Undoing,
    Unknown,
)
from standfast.contract.errors import CallFailed
from standfast.contract.records import BillingRecord
from standfast.contract.transport import Call, Method, Transport

_log = structlog.stdlib.get_logger(__name__)

Hindrance: TypeAlias = Refused | NeedsVisitor | None


@dataclass(frozen=True)
class Wish:
    """What is wanted of a subscription. `at`: the click, or the moment an offer is judged.

    `memo` is how it stood before this run's first write, empty before that.
    """

    wanted: Mapping[str, str]
    at: datetime | None = None
    memo: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, order: Order, memo: Mapping[str, str] | None = None) -> "Wish":
        return cls(order.parameters, order.clicked_at, order.memo or memo or {})


class Change(ABC):
    """What is an action's own; a subclass says it, everything else is here.

    A subscription is meant when a tier takes it and it `fits`. `was_so` tells what `is_done`
    means. `plan_key` names the parameter that filters. `spares_primaries`: nor is it done to the
    primary of a group. `may_charge`: the write may take money. `wants_it_canceled`: as in
    `ActionOfChargify`.
    """

    spec: ActionSpec
    tiers: tuple[Tier, ...]
    was_so: str
    plan_key = "plan"
    spares_primaries = False
    may_charge = False
    wants_it_canceled = False

    @abstractmethod
    def is_done(self, record: BillingRecord, wish: Wish) -> bool:
        """Whether it is as wanted: before the write, after it, and in doubt."""

    @abstractmethod
    def call(self, record: BillingRecord, wish: Wish, token: str) -> Call:
        """The write."""

    def fits(self, record: BillingRecord, wish: Wish) -> bool:
        return True

    def impossible(self, wish: Wish) -> Refused | None:
        """What of the wish itself cannot be, whoever the customer is."""
        return None

    def hindrance(self, record: BillingRecord, wish: Wish, own: Records) -> Hindrance:
        """What is known to stand in the way before anything is sent."""
        return None

    def of_items(self, question: Question, record: BillingRecord | None) -> Refused | None:
        """What the catalogue says, alone or with the subscription that is meant."""
        return None

    def note(self, record: BillingRecord, wish: Wish) -> Mapping[str, str]:
        """What the memo must hold beside what it always does."""
        return {}

    def is_obscure(self, record: BillingRecord, wish: Wish) -> bool:
        """Whether a look-up cannot tell from it what became of the write."""
        return False

    def answers_with_it(self, wish: Wish) -> bool:
        """Whether the answer to the write holds the subscription; else it is read once more."""
        return True

    def undo_of(self, order: Order, reference: str) -> Undoing | Refused:
        """What takes a succeeded order back; asked only when the spec declares an undo."""
        return cannot("This action cannot be taken back.")

    @abstractmethod
    def price(self, job: Job, record: BillingRecord, wish: Wish) -> Preview | Refused:
        """What it would cost to do it to this subscription. May raise `CallFailed`."""

    def action(self) -> ActionOfChargify:
        return ActionOfChargify(
            self.spec,
            self.prepare,
            self.confirm,
            self.look_up,
            self.obstacle,
            wants_it_canceled=self.wants_it_canceled,
            is_so=self.is_so,
            preview=self.preview if self.spec.has_preview else None,
            undo_of=self.undo_of if self.spec.undo is not None else None,
            each=self.each,
        )

    def prepare(self, job: Job) -> Write | Done:
        chosen, wish = self.meant(job), Wish.of(job.order)
        if isinstance(chosen, Refused):
            return Done(chosen)
        if self.is_done(chosen, wish):
            return done(job.account, chosen.external_id, self.was_so)
        hindrance = self._hindrance(job, chosen, wish)
        if isinstance(hindrance, NeedsVisitor):
            return job.needs_visitor(hindrance.message)
        if hindrance is not None:
            return Done(hindrance)
        memo = memo_of(job.account.get_subscription(chosen.external_id)) | dict(
            self.note(chosen, wish)
        )
        return Write(self.call(chosen, wish, job.order.token), chosen.external_id, memo)

    def preview(self, job: Job) -> Preview | Refused:
        """Refused for what `prepare` would refuse; without a payment method a price is a price."""
        chosen, wish = self.meant(job), Wish.of(job.order)
        if isinstance(chosen, Refused):
            return chosen
        if self.is_done(chosen, wish):
            return previews.as_it_is(job, chosen)
        hindrance = self._hindrance(job, chosen, wish)
        return hindrance if isinstance(hindrance, Refused) else self.price(job, chosen, wish)

    def _hindrance(self, job: Job, chosen: BillingRecord, wish: Wish) -> Hindrance:
        subscription = job.account.get_subscription(chosen.external_id)
        return (
            self.impossible(wish)
            or self.hindrance(chosen, wish, job.account.billing().records)
            or in_group(subscription, primary_too=self.spares_primaries)
        )

    def meant(self, job: Job) -> BillingRecord | Refused:
        """The subscription an order means; one that was named and is not theirs is refused."""
        records, target = job.account.billing().records, job.order.target
        asked = target or job.wanted.get("subscription")
        if asked and all(one.external_id != asked for one in records):
            return _not_theirs(asked, job)
        return self._choose(records, Wish.of(job.order), named=job.account.named, target=target)

    def _choose(
        self, records: Records, wish: Wish, *, named: str | None = None, target: str | None = None
    ) -> BillingRecord | Refused:
        """What an earlier try of this run wrote to is meant ever after, whatever it is like now.

        Else a repeated try would find the first one changed and go on to the next.
        """
        asked = target or wish.wanted.get("subscription")
        named = asked or named
        plan = None if target else wish.wanted.get(self.plan_key)
        own = [one for one in records if asked in {None, "", one.external_id}]
        if asked and not own:
            text = f"The customer has no subscription {asked}."
            return Refused(RefusalReason.NO_SUBSCRIPTION, text)
        which, fitting = wish.wanted.get("which", "refuse"), self._fitting(wish)
        chosen = choose(own, plan=plan, which=which, tiers=fitting, named=named)
        if not isinstance(chosen, Refused) or chosen.reason is not RefusalReason.NO_SUBSCRIPTION:
            return chosen
        is_done: Tier = lambda one: self.is_done(one, wish)  # noqa: E731 - a tier of its own
        kept = plan if self.plan_key == "plan" else None
        so = choose(own, plan=kept, which="newest", tiers=(is_done,), named=named)
        if not isinstance(so, Refused):
            return so
        return _in_no_state(own[0]) if asked and not plan else chosen

    def _fitting(self, wish: Wish) -> tuple[Tier, ...]:
        return tuple(_both(tier, lambda one: self.fits(one, wish)) for tier in self.tiers)

    def each(
        self, records: Records, wanted: Mapping[str, str], named: str | None = None
    ) -> Records:
        """The several that one click is done to, oldest first; none where it is spread over none.

        Nor where there are more than one click may change, or one was named: then the ordinary
        rules judge it.
        """
        if not self.spec.may_spread(wanted) or wanted.get("subscription"):
            return ()
        found = matching(
            records,
            plan=wanted.get(self.plan_key),
            tiers=self._fitting(Wish(wanted)),
            named=named,
        )
        return tuple(found) if 1 < len(found) <= MOST else ()

    def confirm(self, written: Written) -> Done:
        job, target = written.job, written.target or ""
        after = (
            subscription_of(written.answer)
            if self.answers_with_it(Wish.of(job.order))
            else _read_back(target, job.transport)
        )
        if after is None:  # the answer was one sentence, and the reading after it failed
            return Done(Succeeded(target))
        if isinstance(after, Unknown):
            return Done(after)
        wish = Wish.of(job.order, written.memo)
        if not self.is_done(_record(after), wish):
            return Done(Unknown("Chargify answered yes, but the subscription is as it was."))
        outcome = Succeeded(str(after.id), charged=charged(wish.memo, after))
        return Done(outcome, job.account.with_subscription(after))

    def look_up(self, order: Order, transport: Transport) -> Finding:
        if order.target is None:
            return Absent("Nothing was sent yet.")
        found = read_subscription(transport, order.target)
        if found is None:
            return Obscure(f"Chargify no longer has subscription {order.target}.")
        if self.is_so(found, order):
            return Succeeded(str(found.id), charged=charged(order.memo, found))
        if self.may_charge and _has_taken_money(order, found):
            return Obscure(f"Subscription {found.label} is not as wanted, yet money was taken.")
        if self.is_obscure(_record(found), Wish.of(order)):
            return Obscure(f"Subscription {found.label} is neither as it was nor as it should be.")
        return Absent(f"Subscription {found.label} is not as this run wants it.")

    def is_so(self, found: Subscription, order: Order) -> bool:
        return self.is_done(_record(found), Wish.of(order))

    def obstacle(self, question: Question) -> Refused | None:
        plan = question.wanted.get(self.plan_key)
        found = obstacles.of_plan(question.items, plan, may_be_retired=True) if plan else None
        wish = Wish(question.wanted, question.now)
        found = found or self.of_items(question, None) or self.impossible(wish)
        if found is not None or question.billing is None:
            return found
        records = question.billing.records
        each = self.each(records, question.wanted)
        if each:
            ways = (self._in_the_way(question, one, wish) for one in each)
            return next((one for one in ways if one is not None), None)
        chosen = self._choose(records, wish)
        if isinstance(chosen, Refused):
            return chosen
        if self.is_done(chosen, wish):
            text = f"Subscription {chosen.external_id}: {self.was_so}"
            return Refused(RefusalReason.ALREADY_DONE, text)
        return self._in_the_way(question, chosen, wish)

    def _in_the_way(self, question: Question, chosen: BillingRecord, wish: Wish) -> Refused | None:
        records = question.billing.records if question.billing else ()
        hindrance = self.hindrance(chosen, wish, records)
        return hindrance if isinstance(hindrance, Refused) else self.of_items(question, chosen)


def path_of(record: BillingRecord, operation: str = "") -> str:
    name = quote(record.external_id, safe="")
    return f"/subscriptions/{name}/{operation}.json" if operation else f"/subscriptions/{name}.json"


def put(path: str, body: Mapping[str, object], token: str, *, may_charge: bool = False) -> Call:
    return Call(Method.PUT, path, json={**body, "uniqueness_token": token}, may_charge=may_charge)


def post(path: str, body: Mapping[str, object], token: str, *, may_charge: bool = False) -> Call:
    return Call(Method.POST, path, json={**body, "uniqueness_token": token}, may_charge=may_charge)


def cannot(reason: str) -> Refused:
    """Why a succeeded run cannot be taken back."""
    return Refused(RefusalReason.OTHER, reason)


def _both(tier: Tier, other: Tier) -> Tier:
    return lambda record: tier(record) and other(record)


def _has_taken_money(order: Order, found: Subscription) -> bool:
    """It may have been done and somebody may have taken it back since: no proof of absence."""
    taken = charged(order.memo, found)
    return taken is not None and taken.amount_in_cents > 0


def _record(read: Subscription) -> BillingRecord:
    return billing_record(read, "" if read.customer is None else str(read.customer.id))


def _read_back(subscription: str, transport: Transport) -> Subscription | None:
    try:
        return read_subscription(transport, subscription)
    except CallFailed:
        return None


def _not_theirs(asked: str, job: Job) -> Refused:
    """An id from outside may be anybody's: a swap would change somebody else's plan."""
    if job.order.target is not None:
        text = f"The customer no longer has subscription {asked}."
        return Refused(RefusalReason.NO_SUBSCRIPTION, text)
    problem = malformed(IdHolds.SUBSCRIPTION_ID, asked)
    if problem is not None:
        return Refused(RefusalReason.PARAMETER_INVALID, f"{problem} The prompt named {asked!r}.")
    if read_subscription(job.transport, asked) is None:
        text = f"Chargify has no subscription {asked}. Check what the prompt names."
        return Refused(RefusalReason.NO_SUBSCRIPTION, text)
    _log.warning(
        "security.foreign_subscription_refused", subscription=asked, billing_id=job.order.billing_id
    )
    return Refused(
        RefusalReason.BILLING_ID_FOREIGN,
        f"Subscription {asked} belongs to another customer than {job.account.id}. Nothing was "
        "changed. Check where the page takes the id from.",
    )


def _in_no_state(record: BillingRecord) -> Refused:
    return Refused(
        RefusalReason.WRONG_STATE,
        f"This cannot be done to subscription {record.external_id} ({record.plan_name}, "
        f"{record.state}).",
    )
