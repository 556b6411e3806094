"""What each kind of change costs: due now, and the next charge.

What Chargify computed for this very event is told as it is. What we derived (a coupon's effect on
a renewal, an open balance on top of a proration) is an estimate, and is never held against what
was charged.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from standfast.connectors.chargify import pricing
from standfast.connectors.chargify.models import Subscription, instant
from standfast.connectors.chargify.pricing import Charge, money
from standfast.connectors.chargify.writing import Job
from standfast.contract.actions import Preview, Refused
from standfast.contract.records import BillingRecord, Standing

PRORATION_HORIZON = timedelta(minutes=75)
"""A quote's 15 minutes, and the hour within which a run that charges is carried out."""


def created(job: Job, wanted: Mapping[str, object]) -> Preview | Refused:
    """A new subscription in the site's currency."""
    found = pricing.signup(job, wanted)
    if isinstance(found, Refused):
        return found
    currency = pricing.currency_of(job.transport)
    current, then = found.current_billing_manifest, found.next_billing_manifest
    return Preview(
        due_now=money(current.total_in_cents, currency),
        next_charge=None if then is None else money(then.total_in_cents, currency),
        next_charge_at=instant(current.end_date if then is None else then.start_date),
    )


def ends(job: Job, record: BillingRecord) -> Preview:
    """Nothing now and nothing later."""
    return _told(job, _of(job, record), None)


def renews(job: Job, record: BillingRecord, *, at: datetime | None = None) -> Preview:
    """Nothing now; then the next renewal, moved to `at` if told. One that is to end has none."""
    if record.ends_at_period_end:
        return ends(job, record)
    return goes_on(job, record, at=at)


def goes_on(job: Job, record: BillingRecord, *, at: datetime | None = None) -> Preview:
    """Nothing now; then the renewal, although an end may be scheduled at present."""
    subscription = _of(job, record)
    then = pricing.renewal(job, subscription)
    return _told(job, subscription, Charge(then.cents, at or then.at, then.is_estimate))


def as_it_is(job: Job, record: BillingRecord) -> Preview:
    """Nothing is done, as it is as wanted already."""
    return ends(job, record) if record.standing is Standing.ENDED else renews(job, record)


def stays(job: Job, record: BillingRecord) -> Preview:
    """Nothing now; then the present price, whatever change is scheduled at present."""
    subscription = _of(job, record)
    price, at = subscription.product_price_in_cents or 0, record.current_period_ends_at
    return _told(job, subscription, Charge(price, at, is_estimate=True))


def held(job: Job, record: BillingRecord, until: datetime | None) -> Preview:
    """Held past its renewal it is charged on the day it resumes, else as if it were not held."""
    renews_at = record.current_period_ends_at
    is_late = until is not None and renews_at is not None and until > renews_at
    return renews(job, record, at=until if is_late else None)


def with_coupon(job: Job, record: BillingRecord, code: str, *, replaces: bool) -> Preview | Refused:
    """The renewal as Chargify previews it, less what the coupon's rule takes off."""
    subscription = _of(job, record)
    rule = pricing.rule_of(job, subscription, code)
    if isinstance(rule, Refused) or record.ends_at_period_end:
        return rule if isinstance(rule, Refused) else ends(job, record)
    then = pricing.renewal(job, subscription)
    kept = 0 if replaces else then.discount
    return _rebated(job, subscription, then, kept + rule.of(max(then.subtotal - kept, 0)))


def without_coupon(job: Job, record: BillingRecord, code: str | None) -> Preview:
    """The renewal with the discounts of those coupons that stay."""
    if record.ends_at_period_end:
        return ends(job, record)
    subscription = _of(job, record)
    then = pricing.renewal(job, subscription)
    rules = pricing.rules(job, subscription, but=code)
    return _rebated(job, subscription, then, pricing.taken_off(then.subtotal, rules))


def switched_later(job: Job, record: BillingRecord, to: Mapping[str, object]) -> Preview | Refused:
    """Nothing now; the new price at the renewal."""
    subscription = _of(job, record)
    then = pricing.price_of_plan(job, subscription, to, record.current_period_ends_at)
    return then if isinstance(then, Refused) else _told(job, subscription, then)


def switched_now(job: Job, record: BillingRecord, to: Mapping[str, object]) -> Preview | Refused:
    """As Chargify prorates it this second and, since that moves by the second, a good hour later.

    What is told is the more of the two, so that the customer never pays more than they saw.
    """
    subscription, now = _of(job, record), job.order.clicked_at
    ends_at = record.current_period_ends_at
    first = pricing.migration(job, subscription, to)
    if isinstance(first, Refused):
        return first
    told = [first]
    if now is not None and ends_at is not None and ends_at > now:
        later = pricing.migration(job, subscription, to, min(now + PRORATION_HORIZON, ends_at))
        told += [] if isinstance(later, Refused) else [later]
    keeps = bool(to.get("preserve_period"))
    then = pricing.price_of_plan(job, subscription, to, ends_at if keeps else None)
    if isinstance(then, Refused):
        return then
    bounds = [one.bounds(keeps_dates=keeps) for one in told]
    least = _with_balance(subscription, min(one for one, _ in bounds))
    most = _with_balance(subscription, max(one for _, one in bounds))
    due = Charge(most.cents, None, is_estimate=most.is_estimate or len(told) == 1)
    next_charge = None if record.ends_at_period_end else then
    bound = least.cents if least.cents < most.cents else None
    return _told(job, subscription, next_charge, due, bound)


def brought_back(
    job: Job, record: BillingRecord, *, begins_anew: bool = False, forgives_balance: bool = False
) -> Preview:
    """Within its paid period it goes on; else a new one begins and is charged now.

    `forgives_balance`: "without preserve_balance the old balance is reset to 0 first".
    """
    subscription, now = _of(job, record), job.order.clicked_at
    ends_at = record.current_period_ends_at
    is_paid = ends_at is not None and (now is None or ends_at > now)
    one = pricing.period(job, subscription)
    if is_paid and not begins_anew:
        then = Charge(one.cents, ends_at, one.is_estimate)
        return _told(job, subscription, then, _with_balance(subscription, 0))
    then = Charge(one.cents, now and pricing.after(now, subscription), one.is_estimate)
    owed = _with_balance(subscription, one.cents, forgives=forgives_balance)
    due = Charge(owed.cents, None, owed.is_estimate or one.is_estimate)
    return _told(job, subscription, then, due)


def collected(job: Job, record: BillingRecord) -> Preview:
    """The open balance now, then the renewal without it."""
    subscription = _of(job, record)
    one = pricing.period(job, subscription)
    then = Charge(one.cents, record.current_period_ends_at, one.is_estimate)
    has_credit = bool(subscription.credit_balance_in_cents)
    due = Charge(subscription.balance_in_cents or 0, None, is_estimate=has_credit)
    return _told(job, subscription, then, due)


def _of(job: Job, record: BillingRecord) -> Subscription:
    return job.account.get_subscription(record.external_id)


def _with_balance(subscription: Subscription, cents: int, *, forgives: bool = False) -> Charge:
    """What is open is collected too, and credit is used first; by how much is our own sum."""
    balance = subscription.balance_in_cents or 0
    credit = subscription.credit_balance_in_cents or 0
    owed = cents + (0 if forgives else balance) - credit
    return Charge(max(owed, 0), None, is_estimate=bool(balance or credit))


def _rebated(job: Job, subscription: Subscription, then: Charge, off: int) -> Preview:
    """The renewal with another discount than Chargify's own preview knows."""
    cents = then.cents + then.discount - off
    return _told(job, subscription, Charge(cents, then.at, is_estimate=True))


def _told(
    job: Job,
    subscription: Subscription,
    then: Charge | None,
    due: Charge | None = None,
    least: int | None = None,
) -> Preview:
    currency = pricing.currency_of(job.transport, subscription)
    return Preview(
        due_now=money(due.cents if due else 0, currency),
        next_charge=None if then is None else money(then.cents, currency),
        next_charge_at=None if then is None else then.at,
        is_estimate=then is not None and then.is_estimate,
        is_due_estimated=due is not None and due.is_estimate,
        least_due_now=None if least is None else money(least, currency),
    )
