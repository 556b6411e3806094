import pytest

DAY = 86_400


def events(api, **query):
    return [each["event"] for each in api.get("/events.json", params=query).json()]


def keys(api, subscription):
    path = f"/subscriptions/{subscription['id']}/events.json"
    rows = api.get(path, params={"per_page": 200, "direction": "asc"}).json()
    return [each["event"]["key"] for each in rows]


def call(api, basic, method, operation, **body):
    path = f"/subscriptions/{basic['id']}{operation}.json"
    answer = api.request(method, path, json=body or None)
    assert answer.is_success, answer.text


SIGNUP = ["signup_success", "payment_success"]


@pytest.mark.parametrize(
    ("method", "operation", "body", "told"),
    [
        ("DELETE", "", {}, ["subscription_state_change"]),
        ("POST", "/delayed_cancel", {}, ["pending_cancellation_change"]),
        ("POST", "/hold", {}, ["subscription_state_change"]),
        (
            "PUT",
            "",
            {"subscription": {"product_handle": "pro"}},
            ["subscription_product_change", "item_price_point_changed"],
        ),
        ("PUT", "", {"subscription": {"next_billing_at": "2050-01-01"}}, ["billing_date_change"]),
        (
            "PUT",
            "",
            {"subscription": {"product_handle": "pro", "product_change_delayed": True}},
            ["subscription_product_change_scheduled"],
        ),
        (
            "POST",
            "/migrations",
            {"migration": {"product_handle": "pro"}},
            [
                "subscription_product_change",
                "item_price_point_changed",
                "payment_success",
                "upgrade_downgrade_success",
            ],
        ),
        ("POST", "/add_coupon", {"codes": ["SAVE20"]}, []),
    ],
)
def test_what_is_done_is_told(api, basic, method, operation, body, told):
    call(api, basic, method, operation, **body)

    assert keys(api, basic) == SIGNUP + told


def test_a_renewal_that_fails_is_told_in_order(api, chargify, basic, add_card):
    card = add_card(basic["customer"], "2")
    call(api, basic, "POST", f"/payment_profiles/{card['id']}/change_payment_profile")
    chargify.settings(dunning_days=[1])
    chargify.move_clock(offset_seconds=40 * DAY)

    assert keys(api, basic)[2:] == [
        "subscription_card_update",
        "renewal_failure",
        "payment_failure",
        "subscription_state_change",
        "payment_failure",
        "dunning_step_reached",
        "subscription_state_change",
    ]


def test_events_of_many_subscriptions_come_in_the_order_of_time(api, chargify):
    chargify.move_clock(offset_seconds=90 * DAY)

    rows = events(api, per_page=200, direction="asc")

    assert len(rows) == 200
    assert [each["id"] for each in rows] == sorted(each["id"] for each in rows)
    instants = [each["created_at"][:19] for each in rows]
    assert instants == sorted(instants)


def test_messages_read_as_the_vendors_do(api, basic):
    call(api, basic, "DELETE", "")

    told = {each["key"]: each["message"] for each in events(api)}

    whose = "Ada Lovelace's subscription to Basic"
    assert told == {
        "customer_create": "Customer Ada Lovelace created",
        "signup_success": f"Successful signup for {whose}",
        "payment_success": f"Successful payment of $9.00 for {whose}",
        "subscription_state_change": f"State changed on {whose} from active to canceled",
    }


def test_since_and_until_an_id_are_inclusive(api, basic):
    ids = sorted(each["id"] for each in events(api))

    chosen = events(api, since_id=ids[1], max_id=ids[1])

    assert [each["id"] for each in chosen] == [ids[1]]


def test_events_are_filtered_and_counted(api, basic):
    chosen = events(api, filter="signup_success,payment_success")

    assert {each["key"] for each in chosen} == {"signup_success", "payment_success"}
    count = api.get("/events/count.json", params={"filter": "signup_success"}).json()
    assert count == {"count": 1}


def test_events_may_show_late(api, chargify, basic):
    chargify.settings(events_lag_seconds=5)
    hidden = events(api)
    chargify.move_clock(offset_seconds=6)

    assert (hidden, len(events(api))) == ([], 3)


def test_a_declined_signup_is_told_and_makes_nothing(api, customer, add_card):
    card = add_card(customer, "2")
    sent = {"customer_id": customer["id"], "product_handle": "basic"}
    api.post(
        "/subscriptions.json", json={"subscription": sent | {"payment_profile_id": card["id"]}}
    )

    assert events(api)[0]["key"] == "signup_failure"
    assert events(api)[0]["subscription_id"] is None
