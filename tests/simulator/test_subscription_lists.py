from datetime import datetime

import pytest


def listed(api, **query):
    rows = api.get("/subscriptions.json", params={"per_page": 200} | query).json()
    return [row["subscription"] for row in rows]


def test_the_newest_signup_comes_first_twenty_to_a_page(api, basic):
    rows = api.get("/subscriptions.json").json()

    assert len(rows) == 20
    assert rows[0]["subscription"]["id"] == basic["id"]


def test_a_walk_over_all_pages_sees_every_subscription_once(api, chargify):
    seen = []
    page = 1
    while rows := api.get(f"/subscriptions.json?page={page}&per_page=50&sort=id").json():
        seen += [row["subscription"]["id"] for row in rows]
        page += 1

    assert seen == sorted(each["id"] for each in chargify.state())


def test_a_page_size_above_the_maximum_is_lowered(api):
    assert len(listed(api, per_page=5000)) == 200


def test_lists_leave_out_what_is_costly(api, basic):
    in_list = listed(api, per_page=1)[0]
    alone = api.get(f"/subscriptions/{basic['id']}.json").json()["subscription"]

    assert in_list["id"] == basic["id"]
    assert "current_billing_amount_in_cents" not in in_list
    assert alone["current_billing_amount_in_cents"] == 900


@pytest.mark.parametrize("state", ["active", "canceled", "trialing", "past_due", "on_hold"])
def test_a_list_is_filtered_by_state(api, state):
    assert {each["state"] for each in listed(api, state=state)} == {state}


def test_a_list_is_filtered_by_product_customer_and_coupon(api, basic, customer):
    api.post(f"/subscriptions/{basic['id']}/add_coupon.json", json={"codes": ["FIVEOFF"]})
    product = basic["product"]["id"]

    assert {each["product"]["id"] for each in listed(api, product=product)} == {product}
    assert [each["id"] for each in listed(api, customer_id=customer["id"])] == [basic["id"]]
    assert [each["id"] for each in listed(api, coupon_code="FIVEOFF")] == [basic["id"]]


def test_dates_bound_a_list_by_day_and_by_second(api, basic):
    created_at = basic["created_at"]
    day = {"date_field": "created_at", "start_date": created_at[:10], "end_date": created_at[:10]}
    second = created_at[:19].replace("T", " ")

    by_second = {"date_field": "updated_at", "start_datetime": second + created_at[19:]}

    assert basic["id"] in {each["id"] for each in listed(api, **day)}
    assert [each["id"] for each in listed(api, **by_second)] == [basic["id"]]


def test_a_list_can_be_walked_by_change(api, basic):
    rows = listed(api, sort="updated_at", direction="asc", per_page=200)
    newest = listed(api, sort="updated_at", direction="desc", per_page=1)

    instants = [datetime.fromisoformat(each["updated_at"]) for each in rows]
    assert instants == sorted(instants)
    assert newest[0]["id"] == basic["id"]


def test_a_page_token_is_shown_when_asked_for(api, basic):
    path = f"/subscriptions/{basic['id']}.json?include[]=self_service_page_token&include[]=coupons"

    shown = api.get(path).json()["subscription"]

    assert len(shown["self_service_page_token"]) == 10
    assert shown["coupons"] == []


def test_the_billing_date_can_be_moved(api, basic):
    path = f"/subscriptions/{basic['id']}.json"

    moved = api.put(path, json={"subscription": {"next_billing_at": "2040-02-01T12:00:00Z"}})
    refused = api.put(path, json={"subscription": {"next_billing_at": "2020-02-01"}})
    absent = api.put(path, json={"subscription": {"components": [{"component_id": 1}]}})

    assert moved.json()["subscription"]["next_assessment_at"] == "2040-02-01T07:00:00-05:00"
    assert refused.json() == {"errors": ["Provided 'Next Billing' date must be in the future"]}
    assert absent.headers["x-simulator"] == "not-implemented"
