"""The price promise: what a visitor is shown before a click, and whether it was kept.

A price is shown for a button, so for all its actions together. It is held against what was charged
action by action, and only where the billing system computed it for this very event: an estimate,
or a charge that nobody knows, is told in the journal as not compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from standfast.contract.actions import Preview
from standfast.contract.catalogue import Money
from standfast.domain.decision_token import DecisionClaims, QuoteClaims
from standfast.domain.hashing import digest
from standfast.domain.money_text import money


class Promise(StrEnum):
    """What became of the price that was shown."""

    KEPT = "kept"
    """Charged to the cent, or within the bounds that were shown."""
    BROKEN = "broken"
    """Charged another amount: an operator must look at it."""
    NOT_COMPARED = "not_compared"
    """Nothing can be said: an estimate was shown, or nobody knows what was charged."""


@dataclass(frozen=True)
class Comparison:
    promise: Promise
    said: str


def compare(shown: Preview, charged: Money | None, *, already: bool = False) -> Comparison:
    """The price that was shown for a run that has succeeded, against what it charged.

    `already`: it was as wanted before, so this run charged nothing of its own.
    """
    if already:
        return Comparison(Promise.NOT_COMPARED, "It was as wanted before; nothing was done.")
    if charged is None:
        return Comparison(Promise.NOT_COMPARED, "What was charged is not known.")
    said = f"Charged {money(charged)}, shown {_shown(shown)}."
    if shown.is_due_estimated:
        return Comparison(Promise.NOT_COMPARED, said)
    is_kept = charged.currency == shown.due_now.currency and (
        _least(shown) <= charged.amount_in_cents <= shown.due_now.amount_in_cents
    )
    return Comparison(Promise.KEPT if is_kept else Promise.BROKEN, said)


def total(parts: Sequence[Preview]) -> Preview | None:
    """The price of all the actions of a button, or None when they are in several currencies.

    The next charge is told where the actions agree on one; two that each would change it were
    asked without knowing of each other, so neither answer is true.
    """
    currencies = {one.due_now.currency for one in parts}
    if len(currencies) != 1:
        return None
    currency = currencies.pop()
    most = sum(one.due_now.amount_in_cents for one in parts)
    least = sum(_least(one) for one in parts)
    agreed = {(one.next_charge, one.next_charge_at) for one in parts if one.next_charge}
    then, at = agreed.pop() if len(agreed) == 1 else (None, None)
    return Preview(
        due_now=Money(most, currency),
        next_charge=then,
        next_charge_at=at,
        is_estimate=then is not None and any(one.is_estimate for one in parts),
        is_due_estimated=any(one.is_due_estimated for one in parts),
        least_due_now=Money(least, currency) if least < most else None,
    )


def added_up(parts: Sequence[Preview]) -> Sequence[Preview]:
    """The prices of one action done to several subscriptions, each with the next charge of all.

    Every subscription is charged for itself, so those add up; on which day is told only where it
    is the same one. Where one of them is not known, or in another currency, none is told.
    """
    thens = [one.next_charge for one in parts if one.next_charge]
    if len(parts) < 2 or not thens:
        return parts
    if len(thens) < len(parts) or len({one.currency for one in thens}) > 1:
        return [without_next(one) for one in parts]
    days = {one.next_charge_at for one in parts}
    then = Money(sum(one.amount_in_cents for one in thens), thens[0].currency)
    at = days.pop() if len(days) == 1 else None
    is_estimate = any(one.is_estimate for one in parts)
    return [
        replace(one, next_charge=then, next_charge_at=at, is_estimate=is_estimate) for one in parts
    ]


def without_next(price: Preview) -> Preview:
    """What is due now alone: the visitor's answer will decide what comes after it."""
    return replace(price, next_charge=None, next_charge_at=None, is_estimate=False)


def sentence(price: Preview, zone: ZoneInfo) -> str:
    """As in "$12.34 due now, then $29.00 on 3 January 2027"; `zone` says which day it is."""
    due = "Nothing due now" if not price.due_now.amount_in_cents else f"{_due(price)} due now"
    if price.next_charge is None:
        return due
    about = "about " if price.is_estimate else ""
    return f"{due}, then {about}{money(price.next_charge)} {_when(price.next_charge_at, zone)}"


def offer_of(claims: DecisionClaims, *, step: str, button: str) -> str:
    """What a quote is for: it counts for no other decision, version, step or button."""
    return digest("quoted", claims.decision, claims.version, step, button)


def claims_of(
    parts: Sequence[Preview],
    price: Preview,
    *,
    app_id: str,
    visitor: str,
    offer: str,
    expires_at: datetime,
) -> QuoteClaims:
    """`price` is the total of `parts`."""
    return QuoteClaims(
        app_id=app_id,
        visitor=visitor,
        offer=offer,
        currency=price.due_now.currency,
        dues=tuple(
            (one.due_now.amount_in_cents, _least(one), one.is_due_estimated) for one in parts
        ),
        next_in_cents=price.next_charge.amount_in_cents if price.next_charge else None,
        next_at=price.next_charge_at,
        is_estimate=price.is_estimate,
        expires_at=expires_at,
    )


def parts_of(claims: QuoteClaims) -> tuple[Preview, ...]:
    """What was shown, action by action; each knows the next charge of the whole."""
    return tuple(
        Preview(
            due_now=Money(most, claims.currency),
            next_charge=(
                None
                if claims.next_in_cents is None
                else Money(claims.next_in_cents, claims.currency)
            ),
            next_charge_at=claims.next_at,
            is_estimate=claims.is_estimate,
            is_due_estimated=is_estimated,
            least_due_now=Money(least, claims.currency) if least < most else None,
        )
        for most, least, is_estimated in claims.dues
    )


def _least(price: Preview) -> int:
    return (price.least_due_now or price.due_now).amount_in_cents


def _due(price: Preview) -> str:
    """It begins the sentence."""
    if price.is_due_estimated:
        return f"About {money(price.due_now)}"
    return f"At most {money(price.due_now)}" if price.least_due_now else money(price.due_now)


def _shown(price: Preview) -> str:
    if price.is_due_estimated:
        return f"about {money(price.due_now)}"
    if price.least_due_now is None:
        return money(price.due_now)
    return f"{money(price.least_due_now)} to {money(price.due_now)}"


def _when(at: datetime | None, zone: ZoneInfo) -> str:
    if at is None:
        return "at the next renewal"
    day = at.astimezone(zone)
    return f"on {day.day} {day:%B %Y}"
