"""What the shop itself knows of a customer's plan: read from the vendor with the shop's own key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2

from demo.people import Person
from demo.vendor import GOOD_CARD

PLANS = ("basic", "pro", "pro-yearly")


@dataclass(frozen=True)
class Offer:
    """A plan as the vendor sells it."""

    handle: str
    name: str
    price: str
    per: str


@dataclass(frozen=True)
class Subscription:
    """In the words of the account page. `tone` is good, warn or off."""

    id: int
    plan: str
    handle: str
    price: str
    per: str
    state: str
    tone: str
    when: str
    next_payment: str | None
    before_discount: str | None
    coupons: tuple[str, ...]
    may_be_cancelled: bool


@dataclass(frozen=True)
class Account:
    """`current` first goes the running one, else the last one that ended."""

    current: Subscription | None
    card: str | None


class Billing:
    def __init__(self, url: str, key: str) -> None:
        self._client = httpx2.AsyncClient(
            base_url=url, auth=(key, "x"), timeout=15, trust_env=False
        )

    async def account(self, customer: int) -> Account:
        found = await self._get(f"/customers/{customer}/subscriptions.json")
        raw = [one["subscription"] for one in found]
        newest = max(raw, key=lambda one: (one["state"] != "canceled", one["id"]), default=None)
        current = await self._told(newest) if newest else None
        return Account(current, await self._card(customer))

    async def offers(self) -> dict[str, Offer]:
        return {handle: await self._offer(handle) for handle in PLANS}

    async def add_card(self, customer: int, person: Person) -> None:
        """The only card this shop takes: the test gateway's that pays."""
        first, _, last = person.name.partition(" ")
        profile = {"customer_id": customer, "first_name": first, "last_name": last, **GOOD_CARD}
        answer = await self._client.post(
            "/payment_profiles.json", json={"payment_profile": profile}
        )
        answer.raise_for_status()

    async def _offer(self, handle: str) -> Offer:
        product = (await self._get(f"/products/handle/{handle}.json"))["product"]
        return Offer(handle, product["name"], money(product["price_in_cents"]), per(product))

    async def _card(self, customer: int) -> str | None:
        found = await self._get(f"/payment_profiles.json?customer_id={customer}")
        if not found:
            return None
        number = str(found[0]["payment_profile"].get("masked_card_number") or "?")
        return f"Test card ending in {number[-1]}"

    async def _told(self, raw: Mapping[str, Any]) -> Subscription:
        state, tone, when = _standing(raw)
        is_over = raw["state"] in {"canceled", "expired"}
        pays_on = not is_over and not raw["cancel_at_end_of_period"]
        preview = await self._preview(raw["id"]) if pays_on else {}
        has_discount = bool(preview.get("total_discount_in_cents"))
        return Subscription(
            id=raw["id"],
            plan=raw["product"]["name"],
            handle=raw["product"]["handle"],
            price=money(raw["product_price_in_cents"]),
            per=per(raw["product"]),
            state=state,
            tone=tone,
            when=when,
            next_payment=money(preview["total_in_cents"]) if preview else None,
            before_discount=money(preview["subtotal_in_cents"]) if has_discount else None,
            coupons=tuple(raw["coupon_codes"]),
            may_be_cancelled=pays_on,
        )

    async def _preview(self, subscription: int) -> dict[str, Any]:
        answer = await self._client.post(
            f"/subscriptions/{subscription}/renewals/preview.json", json={}
        )
        answer.raise_for_status()
        return answer.json()["renewal_preview"]

    async def _get(self, path: str) -> Any:
        answer = await self._client.get(path)
        answer.raise_for_status()
        return answer.json()


def _standing(raw: Mapping[str, Any]) -> tuple[str, str, str]:
    """State, tone and the sentence about the date that matters."""
    if raw["state"] == "canceled":
        return "Cancelled", "off", f"Ended on {day(raw['canceled_at'])}."
    ends = day(raw["current_period_ends_at"])
    if raw["cancel_at_end_of_period"]:
        return "Ending", "warn", f"Yours until {ends}. No further payment is taken."
    if raw["state"] == "trialing":
        return "Trial", "good", f"Your trial runs until {ends}."
    return raw["state"].replace("_", " ").capitalize(), "good", f"Renews on {ends}."


def money(cents: int) -> str:
    return f"${cents / 100:,.2f}"


def per(product: Mapping[str, Any]) -> str:
    count, unit = product["interval"], product["interval_unit"]
    if (count, unit) == (12, "month"):
        return "a year"
    return f"a {unit}" if count == 1 else f"every {count} {unit}s"


def day(instant: str | None) -> str:
    """1 December 2026"""
    if instant is None:
        return "an unknown day"
    read = datetime.fromisoformat(instant)
    return f"{read.day} {read:%B %Y}"
