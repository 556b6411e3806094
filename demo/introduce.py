"""Brings the six people to the billing site, each with a past of their own."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx2

from demo.billing_memory import BillingMemory, SiteDiffers
from demo.people import BY_KEY, PEOPLE, Person
from demo.prompts import Plan
from demo.vendor import GOOD_CARD

LEAVING_SINCE = timedelta(days=2)


def introduce(site: httpx2.Client, memory: BillingMemory, now: datetime) -> dict[str, int]:
    """Their billing ids. The past comes first, so that time only moves on."""
    customers = {
        person.key: _arrive(site, memory, person, now)
        for person in sorted(PEOPLE, key=lambda one: one.since, reverse=True)
        if person.is_customer
    }
    for person in PEOPLE:
        if person.leaving:
            memory.at(now - LEAVING_SINCE)
            _leave(site, customers[person.key])
    memory.at(None)
    memory.save()
    return customers


def recognise(site: httpx2.Client, customers: Mapping[str, int]) -> None:
    """Whoever came back is who they were. Raises `SiteDiffers`."""
    for key, customer in customers.items():
        answer = site.get(f"/customers/{customer}.json")
        reference = answer.json()["customer"]["reference"] if answer.is_success else None
        if reference != BY_KEY[key].user_id:
            raise SiteDiffers(f"The billing site knows {key} under another id than last time.")


def read_plan(site: httpx2.Client, handle: str) -> Plan:
    answer = site.get(f"/products/handle/{handle}.json")
    answer.raise_for_status()
    product = answer.json()["product"]
    return Plan(str(product["id"]), product["price_in_cents"])


def _arrive(site: httpx2.Client, memory: BillingMemory, person: Person, now: datetime) -> int:
    memory.at(now - person.since)
    first, _, last = person.name.partition(" ")
    body = {
        "first_name": first,
        "last_name": last,
        "email": person.email,
        "organization": person.company,
        "reference": person.user_id,
    }
    customer = _post(site, "/customers.json", {"customer": body})["customer"]["id"]
    if person.has_card:
        add_card(site, customer, person)
    if person.plan:
        order = {"customer_id": customer, "product_handle": person.plan}
        _post(site, "/subscriptions.json", {"subscription": order | _card_of(site, customer)})
    return customer


def add_card(site: httpx2.Client, customer: int, person: Person) -> None:
    first, _, last = person.name.partition(" ")
    profile = {"customer_id": customer, "first_name": first, "last_name": last, **GOOD_CARD}
    _post(site, "/payment_profiles.json", {"payment_profile": profile})


def _card_of(site: httpx2.Client, customer: int) -> dict[str, Any]:
    found = site.get("/payment_profiles.json", params={"customer_id": customer}).json()
    return {"payment_profile_id": found[0]["payment_profile"]["id"]}


def _leave(site: httpx2.Client, customer: int) -> None:
    (found,) = site.get(f"/customers/{customer}/subscriptions.json").json()
    told = {"cancellation_message": "Too busy this season"}
    _post(site, f"/subscriptions/{found['subscription']['id']}/delayed_cancel.json",
          {"subscription": told})  # fmt: skip


def _post(site: httpx2.Client, path: str, body: Mapping[str, object]) -> dict[str, Any]:
    answer = site.post(path, json=body)
    answer.raise_for_status()
    return answer.json()
