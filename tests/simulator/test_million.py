"""A site of a million subscriptions: computed, not kept, and the same from every side."""

import json
from collections import Counter
from urllib.parse import urlencode

import httpx2
import msgspec
import pytest

from chargify_simulator.lazy_table import LazyTable
from chargify_simulator.seeds.grown.rows import Rows
from chargify_simulator.settings import Settings
from chargify_simulator.states import State
from chargify_simulator.subscription_view import subscription_view
from chargify_simulator.testing import running_simulator
from chargify_simulator.twin import Twin
from simulator.vendor_world import CARD

ROWS = 1_000_000


@pytest.fixture(scope="module")
def simulator():
    with running_simulator(seed="million") as running:
        yield running


@pytest.fixture
def api(simulator):
    simulator.reset()
    with httpx2.Client(base_url=simulator.url, auth=(simulator.api_key, "x"), timeout=60) as client:
        yield client


def page(api, number=1, per_page=200, **query):
    found = api.get(f"/subscriptions.json?page={number}&per_page={per_page}&{urlencode(query)}")
    return [each["subscription"] for each in found.json()]


def one(api, number):
    return api.get(f"/subscriptions/{number}.json").json()["subscription"]


def test_ten_thousand_rows_hold_every_plan_state_and_null(api):
    step = ROWS // 200 // 50
    rows = [row for at in range(50) for row in page(api, 1 + at * step)]

    assert len({row["id"] for row in rows}) == 10_000
    assert {row["state"] for row in rows} == set(State)
    products = api.get("/products.json?per_page=200").json()
    assert {row["product"]["id"] for row in rows} == {p["product"]["id"] for p in products} | {
        row["product"]["id"] for row in rows if row["product"]["archived_at"]
    }
    nulls = Counter(name for row in rows for name, value in row.items() if value is None)
    for name in ("canceled_at", "reference", "coupon_code", "activated_at", "reason_code"):
        assert 0 < nulls[name] < 10_000
    assert {row["cancel_at_end_of_period"] for row in rows} == {True, False, None}
    assert {len(row["coupon_codes"]) for row in rows} == {0, 1, 2}
    cards = [row.get("credit_card") for row in rows]
    masks = {card and card["masked_card_number"] for card in cards}
    assert masks == {None, "XXXX-XXXX-XXXX-1", "XXXX-XXXX-XXXX-2"}
    assert any(card is None for card in cards)
    assert any(card and card["expiration_year"] == 2021 for card in cards)
    assert None in {row["customer"]["verified"] for row in rows}


def test_what_is_printed_fast_is_what_the_ordinary_view_shows():
    site = Twin(Settings(), seed="million").site
    rows, table = site.rows, site.subscriptions
    assert isinstance(rows, Rows)
    assert isinstance(table, LazyTable)

    for index in range(0, ROWS, ROWS // 10_000):
        number = table.first_id + index
        fast = msgspec.json.decode(rows.press.row(index))["subscription"]
        slow = msgspec.json.decode(msgspec.json.encode(subscription_view(site, table[number])))
        assert fast == slow, index


def test_a_list_and_a_single_read_show_the_same_row(api):
    for row in page(api, 1234, per_page=20):
        single = one(api, row["id"])
        single.pop("current_billing_amount_in_cents")
        assert single == row


def test_the_walk_ends_after_a_million(api):
    assert len(page(api, ROWS // 200)) == 200
    assert page(api, ROWS // 200 + 1) == []
    newest, oldest = page(api)[0], page(api, sort="created_at", direction="asc")[0]
    assert newest["id"] - oldest["id"] == ROWS - 1


def test_an_edit_is_seen_in_reads_lists_and_filters(api):
    row = next(each for each in page(api, 77) if each["state"] == "active")

    api.delete(f"/subscriptions/{row['id']}.json")

    assert one(api, row["id"])["state"] == "canceled"
    listed = next(each for each in page(api, 77) if each["id"] == row["id"])
    assert listed["state"] == "canceled"
    first = page(api, 1, per_page=5, state="canceled", date_field="canceled_at", **today(listed))
    assert row["id"] in {each["id"] for each in first}


def today(row):
    return {"start_datetime": row["canceled_at"]}


@pytest.mark.parametrize("state", ["past_due", "pending_cancellation", "on_hold"])
def test_a_filter_finds_what_single_reads_confirm(api, state):
    rows = page(api, 2, per_page=50, state=state)

    assert len(rows) == 50
    for row in rows[:5]:
        single = one(api, row["id"])
        assert single["state"] == ("active" if state == "pending_cancellation" else state)
    if state == "pending_cancellation":
        assert all(row["cancel_at_end_of_period"] for row in rows)


def test_a_new_signup_comes_first_in_the_list(api):
    customer = page(api, 500)[0]["customer"]
    sent = {
        "customer_id": customer["id"],
        "product_handle": "basic",
        "credit_card_attributes": CARD,
    }
    made = api.post("/subscriptions.json", json={"subscription": sent}).json()["subscription"]

    assert page(api)[0]["id"] == made["id"]
    owned = api.get(f"/customers/{customer['id']}/subscriptions.json").json()
    assert made["id"] in {each["subscription"]["id"] for each in owned}
    assert len(owned) >= 2


def test_customers_and_cards_are_found_by_all_their_names(api):
    row = next(each for each in page(api, 900) if each["customer"]["reference"])
    customer = row["customer"]

    by_reference = api.get("/customers/lookup.json", params={"reference": customer["reference"]})
    owned = api.get(f"/customers/{customer['id']}/subscriptions.json").json()
    cards = api.get(f"/payment_profiles.json?customer_id={customer['id']}").json()

    assert by_reference.json()["customer"] == customer
    assert row["id"] in {each["subscription"]["id"] for each in owned}
    assert [each["payment_profile"]["id"] for each in cards] == (
        [row["credit_card"]["id"]] if "credit_card" in row else []
    )


def test_an_edited_customer_is_seen_on_every_row(api):
    row = page(api, 42)[7]
    path = f"/customers/{row['customer']['id']}.json"

    api.put(path, json={"customer": {"first_name": "Zelda"}})

    assert page(api, 42)[7]["customer"]["first_name"] == "Zelda"
    assert one(api, row["id"])["customer"]["first_name"] == "Zelda"


def test_a_renamed_product_is_seen_on_every_row(api):
    row = page(api, 43)[0]
    path = f"/products/{row['product']['id']}.json"

    api.put(path, json={"product": {"name": "Renamed"}})

    assert page(api, 43)[0]["product"]["name"] == "Renamed"


def test_a_snapshot_holds_only_what_was_changed(simulator, api):
    row = page(api, 44)[0]
    api.put(f"/subscriptions/{row['id']}.json", json={"subscription": {"reference": "mine"}})

    state = simulator.snapshot()
    with running_simulator(seed="empty") as other:
        other.restore(state)
        found = httpx2.get(
            f"{other.url}/subscriptions/lookup.json?reference=mine", auth=("chargify-key", "x")
        )

    assert len(json.dumps(state)) < 100_000
    assert found.json()["subscription"]["id"] == row["id"]
