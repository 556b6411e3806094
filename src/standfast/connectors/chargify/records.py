"""What a customer has at Chargify: customers and subscriptions, in our words."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import quote

import msgspec

from standfast.connectors.chargify import models
from standfast.connectors.chargify.errors import ensure_read, is_missing
from standfast.connectors.chargify.models import OnBadRow, instant, read_as, rows
from standfast.connectors.chargify.paging import pages
from standfast.contract.catalogue import Money
from standfast.contract.errors import CallRefused
from standfast.contract.records import BillingRecord, CustomerBilling, CustomerRecord, Standing
from standfast.contract.transport import Call, Method, Transport

_STANDINGS = {
    "active": Standing.LIVE,
    "trialing": Standing.LIVE,
    "assessing": Standing.LIVE,
    "past_due": Standing.PROBLEM,
    "soft_failure": Standing.PROBLEM,
    "unpaid": Standing.PROBLEM,
    "paused": Standing.PROBLEM,
    "canceled": Standing.ENDED,
    "expired": Standing.ENDED,
    "trial_ended": Standing.ENDED,
    "failed_to_create": Standing.ENDED,
    "on_hold": Standing.PAUSED,
    "suspended": Standing.PAUSED,
    "pending": Standing.WAITING,
    "awaiting_signup": Standing.WAITING,
    "awaiting_signup_date": Standing.WAITING,
}
_OLDEST_FIRST = (("sort", "id"), ("direction", "asc"))
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class IdHolds(StrEnum):
    """What the trait `chargify_id` holds."""

    CUSTOMER_ID = "customer_id"
    SUBSCRIPTION_ID = "subscription_id"
    CUSTOMER_REFERENCE = "customer_reference"

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> "IdHolds":
        return cls(settings.get("billing_id_holds") or cls.CUSTOMER_ID)


def malformed(holds: IdHolds, billing_id: str) -> str | None:
    """Why this cannot be such an id, or None."""
    if holds is IdHolds.CUSTOMER_REFERENCE:
        is_fine = 1 <= len(billing_id) <= 255 and billing_id.isprintable()
        return None if is_fine and billing_id.strip() else "A customer reference is 1 to 255 signs."
    if re.fullmatch(r"[1-9][0-9]{0,18}", billing_id):
        return None
    return f"A Chargify {holds.replace('_', ' ')} is a number such as 15236915."


def standing_of(state: str) -> Standing:
    return _STANDINGS.get(state, Standing.UNKNOWN)


def customers(transport: Transport, on_bad_row: OnBadRow) -> Iterator[CustomerRecord]:
    """Each once, though a page may shift under the walk."""
    seen: set[str] = set()
    for page in pages(transport, "/customers.json", (("direction", "asc"),)):
        for row in rows(page, models.CustomerBody, on_bad_row):
            record = customer_record(row.customer)
            if record.external_id not in seen:
                seen.add(record.external_id)
                yield record


def records(transport: Transport, on_bad_row: OnBadRow) -> Iterator[BillingRecord]:
    """Each once. Oldest first: a signup during the walk then shifts no row to a later page."""
    seen: set[str] = set()
    for page in pages(transport, "/subscriptions.json", _OLDEST_FIRST):
        for row in rows(page, models.SubscriptionBody, on_bad_row):
            read = row.subscription
            if read.customer is None:
                on_bad_row("Subscription", f"{read.id}: no customer")
            elif str(read.id) not in seen:
                seen.add(str(read.id))
                yield billing_record(read, str(read.customer.id))


def customer_record(customer: models.Customer) -> CustomerRecord:
    created_at = instant(customer.created_at) or _NEVER
    return CustomerRecord(
        external_id=str(customer.id),
        reference=customer.reference or None,
        created_at=created_at,
        updated_at=instant(customer.updated_at) or created_at,
    )


def billing_record(read: models.Subscription, customer_id: str) -> BillingRecord:
    standing = standing_of(read.state)
    created_at = instant(read.created_at) or _NEVER
    return BillingRecord(
        external_id=str(read.id),
        customer_external_id=customer_id,
        state=read.state,
        standing=standing,
        plan_external_id=read.plan_id,
        plan_name=None if read.product is None else read.product.name,
        price_point_external_id=_id(read.product_price_point_id),
        price=_price(read),
        coupon_codes=read.coupons,
        has_payment_method=read.credit_card is not None or read.bank_account is not None,
        # The flag may be left behind on a subscription that was canceled at once.
        ends_at_period_end=bool(read.cancel_at_end_of_period) and standing is not Standing.ENDED,
        created_at=created_at,
        updated_at=instant(read.updated_at) or created_at,
        current_period_ends_at=instant(read.current_period_ends_at),
        trial_ends_at=instant(read.trial_ended_at),
        canceled_at=instant(read.canceled_at),
        customer_reference=(read.customer.reference or None) if read.customer else None,
        reference=read.reference or None,
        next_plan_external_id=_id(read.next_product_id),
        next_price_point_external_id=_id(read.next_product_price_point_id),
        resumes_at=instant(read.automatically_resume_at),
    )


def _id(told: models.Id | None) -> str | None:
    return str(told) if told else None


def _price(read: models.Subscription) -> Money | None:
    if read.product_price_in_cents is None or not read.currency:
        return None
    return Money(read.product_price_in_cents, read.currency)


class Account(msgspec.Struct, frozen=True):
    """A customer with all their subscriptions, in Chargify's own shape."""

    customer: models.Customer
    subscriptions: tuple[models.Subscription, ...]
    named: str | None = None
    """The subscription that `chargify_id` names, when that is what it holds."""
    read_at: datetime | None = None
    """By Chargify's own clock; None when its answer told no time."""

    @property
    def id(self) -> str:
        return str(self.customer.id)

    def get_subscription(self, subscription: str) -> models.Subscription:
        """One of the customer's own. Raises LookupError for another."""
        for one in self.subscriptions:
            if str(one.id) == subscription:
                return one
        raise LookupError(subscription)

    def billing(self) -> CustomerBilling:
        own = tuple(billing_record(one, self.id) for one in self.subscriptions)
        return CustomerBilling(customer_record(self.customer), own)

    def with_subscription(self, changed: models.Subscription) -> "Account":
        """The account as it is after a change of one subscription, or with a new one."""
        others = tuple(one for one in self.subscriptions if str(one.id) != str(changed.id))
        return Account(self.customer, (*others, changed), self.named, self.read_at)


def read_account(transport: Transport, holds: IdHolds, billing_id: str) -> Account | None:
    """The customer behind the trait's value, or None when there is none."""
    match holds:
        case IdHolds.CUSTOMER_ID:
            return _account_of(transport, billing_id)
        case IdHolds.SUBSCRIPTION_ID:
            named = read_subscription(transport, billing_id)
            if named is None or named.customer is None:
                return None
            return _account_of(transport, str(named.customer.id), named=str(named.id))
        case IdHolds.CUSTOMER_REFERENCE:
            found = _customer_of_reference(transport, billing_id)
            return None if found is None else _account_of(transport, str(found.id), known=found)


def read_subscription(transport: Transport, subscription: str) -> models.Subscription | None:
    answer = transport.send(Call(Method.GET, f"/subscriptions/{quote(subscription, safe='')}.json"))
    if is_missing(answer):
        return None
    return read_as(ensure_read(answer).body, models.SubscriptionBody).subscription


def find_subscription(transport: Transport, reference: str) -> models.Subscription | None:
    """The subscription with this reference, which is unique on a site."""
    query = (("reference", reference),)
    answer = transport.send(Call(Method.GET, "/subscriptions/lookup.json", query))
    if is_missing(answer):
        return None
    found = read_as(ensure_read(answer).body, models.SubscriptionBody).subscription
    if found.reference != reference:
        raise CallRefused(answer.status, "Chargify answered with another subscription.")
    return found


def _customer_of_reference(transport: Transport, reference: str) -> models.Customer | None:
    query = (("reference", reference),)
    answer = transport.send(Call(Method.GET, "/customers/lookup.json", query))
    if is_missing(answer):
        return None
    found = read_as(ensure_read(answer).body, models.CustomerBody).customer
    return found if found.reference == reference else None


def _account_of(
    transport: Transport,
    customer_id: str,
    *,
    named: str | None = None,
    known: models.Customer | None = None,
) -> Account | None:
    """One call as a rule: each subscription holds its customer in full."""
    path = f"/customers/{quote(customer_id, safe='')}"
    answer = transport.send(Call(Method.GET, f"{path}/subscriptions.json"))
    if is_missing(answer):
        return None
    body = read_as(ensure_read(answer).body, list[models.SubscriptionBody])
    own = tuple(one.subscription for one in body if _is_of(one.subscription, customer_id))
    customer = known or next((one.customer for one in own if one.customer), None)
    customer = customer or _customer(transport, path)
    return None if customer is None else Account(customer, own, named, answer.told_at)


def _is_of(subscription: models.Subscription, customer_id: str) -> bool:
    return subscription.customer is None or str(subscription.customer.id) == customer_id


def _customer(transport: Transport, path: str) -> models.Customer | None:
    answer = transport.send(Call(Method.GET, f"{path}.json"))
    if is_missing(answer):
        return None
    customer = read_as(ensure_read(answer).body, models.CustomerBody).customer
    if not path.endswith(f"/{customer.id}"):
        raise CallRefused(answer.status, "Chargify answered with another customer.")
    return customer
