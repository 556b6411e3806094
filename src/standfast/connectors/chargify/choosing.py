"""Which of a customer's subscriptions an action means. Never silently the first one."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeAlias

from standfast.contract.actions import (
    Choice,
    ParameterKind,
    ParameterSpec,
    RefusalReason,
    Refused,
)
from standfast.contract.records import BillingRecord, Standing

Tier: TypeAlias = Callable[[BillingRecord], bool]
"""Subscriptions an action may mean; those of an earlier tier go before those of a later one."""

PLAN = ParameterSpec(
    "plan",
    "Plan",
    ParameterKind.PLAN,
    "The plan whose subscription is meant. Empty: the one they have.",
)
WHICH = ParameterSpec(
    "which",
    "If several match",
    ParameterKind.CHOICE,
    "What to do when the customer has several subscriptions that match.",
    default="refuse",
    choices=(
        Choice("refuse", "Refuse and list them"),
        Choice("newest", "Take the newest"),
    ),
)
ALL = "all"
MOST = 10
"""To so many subscriptions one click is done at the most."""
SUBSCRIPTION = ParameterSpec(
    "subscription",
    "Subscription",
    ParameterKind.TEXT,
    "The id of the subscription that is meant, where your page knows it. Empty: found by the plan.",
    may_be_answered=True,
    max_length=19,
)


def in_states(*states: str) -> Tier:
    return lambda record: record.state in states


is_live = in_states("active", "trialing")
is_on_hold = in_states("on_hold")


def is_running(record: BillingRecord) -> bool:
    return record.standing is not Standing.ENDED


def is_lapsed(record: BillingRecord) -> bool:
    """Ended without being canceled; it can still be canceled."""
    return record.state in {"expired", "trial_ended"}


def is_canceled(record: BillingRecord) -> bool:
    return record.state == "canceled"


def takes_coupon(record: BillingRecord) -> bool:
    return record.state in {"active", "trialing", "assessing", "past_due", "soft_failure"}


def choose(
    records: Iterable[BillingRecord],
    *,
    plan: str | None,
    which: str,
    tiers: tuple[Tier, ...],
    named: str | None = None,
) -> BillingRecord | Refused:
    """The one subscription that is meant, or why there is no such one.

    `named` is the subscription `chargify_id` names, if that is what it holds: it is the one
    meant without a plan, and goes before others of the same plan.
    """
    own = list(records)
    found = matching(own, plan=plan, tiers=tiers, named=named)
    if found:
        return _one_of(found, which, named)
    return Refused(RefusalReason.NO_SUBSCRIPTION, _none(own, plan))


def matching(
    records: Iterable[BillingRecord],
    *,
    plan: str | None,
    tiers: tuple[Tier, ...],
    named: str | None = None,
) -> list[BillingRecord]:
    """Those of the first tier that has any, oldest first."""
    own = sorted((one for one in records if _matches(one, plan, named)), key=_age)
    for tier in tiers:
        found = [one for one in own if tier(one)]
        if found:
            return found
    return []


def _matches(record: BillingRecord, plan: str | None, named: str | None) -> bool:
    if plan:
        return record.plan_external_id == plan
    return named is None or record.external_id == named


def _one_of(found: list[BillingRecord], which: str, named: str | None) -> BillingRecord | Refused:
    if which == ALL and len(found) > 1:
        return Refused(RefusalReason.SEVERAL_SUBSCRIPTIONS, _not_all(found))
    the_named = next((one for one in found if one.external_id == named), None)
    if the_named is not None or len(found) == 1:
        return the_named or found[0]
    if which == "newest":
        return newest(found)
    return Refused(
        RefusalReason.SEVERAL_SUBSCRIPTIONS,
        f"Several subscriptions match: {_listed(found)}. Choose a plan, or 'take the newest'.",
    )


def newest(found: list[BillingRecord]) -> BillingRecord:
    return max(found, key=_age)


def _age(record: BillingRecord) -> tuple[datetime, int, str]:
    return record.created_at, len(record.external_id), record.external_id


def _not_all(found: list[BillingRecord]) -> str:
    """A run is done to one subscription; which ones there are was to be known with the click."""
    if len(found) > MOST:
        text = f"One click is done to at most {MOST}, and these match: {_listed(found)}."
        return f"{text} Choose a plan."
    return f"Not all that match were known at the click: {_listed(found)}. Sync, then offer again."


def _none(own: list[BillingRecord], plan: str | None) -> str:
    wanted = f"no subscription to plan {plan}" if plan else "no subscription this can be done to"
    have = f"They have: {_listed(own)}." if own else "They have none at all."
    return f"The customer has {wanted}. {have}"


def _listed(records: list[BillingRecord]) -> str:
    labels = [f"{one.external_id} ({one.plan_name}, {one.state})" for one in records]
    more = f" and {len(labels) - 10} more" if len(labels) > 10 else ""
    return ", ".join(labels[:10]) + more
