"""Product changes by PUT, migrations, proration."""

import pytest

DAY = 86_400


def put(api, subscription, **fields):
    return api.put(f"/subscriptions/{subscription['id']}.json", json={"subscription": fields})


def read(api, subscription):
    return api.get(f"/subscriptions/{subscription['id']}.json").json()["subscription"]


def migrate(api, subscription, *, preview=False, **fields):
    path = f"/subscriptions/{subscription['id']}/migrations{'/preview' if preview else ''}.json"
    return api.post(path, json={"migration": fields})


def product(api, world, handle, cents, **more):
    return world.product(handle=handle, name=handle, price_in_cents=cents, **more).json()["product"]


@pytest.fixture
def noon(chargify):
    chargify.freeze_clock("2030-04-01T12:00:00-04:00")
    return chargify


def test_a_change_now_is_charged_at_the_next_renewal(api, chargify, basic):
    after = put(api, basic, product_handle="pro").json()["subscription"]
    chargify.move_clock(offset_seconds=32 * DAY)

    assert (after["product"]["handle"], after["total_revenue_in_cents"]) == ("pro", 900)
    assert after["current_period_ends_at"] == basic["current_period_ends_at"]
    assert read(api, basic)["total_revenue_in_cents"] == 900 + 2900


def test_a_delayed_change_happens_at_the_renewal(api, chargify, basic):
    planned = put(api, basic, product_handle="pro", product_change_delayed=True)
    waiting = planned.json()["subscription"]
    chargify.move_clock(offset_seconds=32 * DAY)

    after = read(api, basic)
    assert (waiting["product"]["handle"], waiting["next_product_handle"]) == ("basic", "pro")
    assert (after["product"]["handle"], after["next_product_id"]) == ("pro", None)
    assert after["total_revenue_in_cents"] == 900 + 2900


def test_an_empty_string_undoes_a_delayed_change(api, basic):
    put(api, basic, product_handle="pro", product_change_delayed=True)

    after = put(api, basic, next_product_id="").json()["subscription"]

    assert [after[f"next_product_{name}"] for name in ("id", "handle", "price_point_id")] == [
        None,
        None,
        None,
    ]


def test_a_price_point_can_be_changed_alone(api, basic):
    after = put(api, basic, product_price_point_handle="basic-yearly").json()["subscription"]

    assert after["product_price_in_cents"] == 9000
    assert after["product"]["product_price_point_handle"] == "basic-yearly"


def test_a_custom_price_belongs_to_its_subscription(api, basic):
    custom = {"price_in_cents": 450, "interval": 1, "interval_unit": "month"}
    after = put(api, basic, custom_price=custom).json()["subscription"]

    point = api.get(f"/products/{after['product']['id']}/price_points.json?filter[type]=custom")
    assert (after["product_price_in_cents"], after["product_price_point_type"]) == (450, "custom")
    assert point.json()["price_points"][0]["subscription_id"] == basic["id"]


def test_a_new_card_pays_what_was_owed(api, chargify, world, basic):
    chargify.force(basic["id"], state="past_due", balance_in_cents=900, charged_in_cents=1800)
    card = {"full_number": "1", "expiration_month": 1, "expiration_year": 2041}

    after = put(api, basic, credit_card_attributes=card).json()["subscription"]

    assert (after["state"], after["balance_in_cents"]) == ("active", 0)
    assert after["credit_card"]["expiration_year"] == 2041


def test_the_end_of_a_trial_can_be_moved_both_ways(api, chargify, world):
    trial = world.live(product_handle="pro")

    moved = put(api, trial, next_billing_at="2050-02-01T12:00:00-05:00").json()["subscription"]

    assert moved["state"] == "trialing"
    assert moved["trial_ended_at"] == moved["next_assessment_at"] == "2050-02-01T12:00:00-05:00"


def test_the_old_way_to_cancel_at_the_end_of_the_period_still_works(api, basic):
    asked = put(api, basic, cancel_at_end_of_period=True, cancellation_message="later")
    undone = put(api, basic, cancel_at_end_of_period=False).json()["subscription"]

    assert asked.json()["subscription"]["delayed_cancel_at"] == basic["current_period_ends_at"]
    assert (undone["cancel_at_end_of_period"], undone["delayed_cancel_at"]) == (False, None)


def test_a_wrong_wish_changes_nothing_at_all(api, basic):
    refused = put(api, basic, product_handle="pro", next_billing_at="2001-01-01")

    assert refused.status_code == 422
    assert read(api, basic) == basic | {"product": read(api, basic)["product"]}
    assert read(api, basic)["product"]["handle"] == "basic"


def test_halfway_through_a_month_the_rest_of_the_old_plan_is_given_back(api, noon, world):
    product(api, world, "small", 25_000)
    product(api, world, "big", 90_000)
    subscription = world.live(product_handle="small")
    noon.freeze_clock("2030-04-16T12:00:00-04:00")  # 15 of 30 days

    seen = migrate(api, subscription, preview=True, product_handle="big").json()["migration"]
    after = migrate(api, subscription, product_handle="big").json()["subscription"]

    assert seen == {
        "prorated_adjustment_in_cents": -12_500,
        "charge_in_cents": 90_000,
        "payment_due_in_cents": 77_500,
        "credit_applied_in_cents": 0,
    }
    assert after["total_revenue_in_cents"] == 25_000 + 77_500
    assert after["current_period_started_at"] == "2030-04-16T12:00:00-04:00"


def test_a_kept_period_charges_only_its_rest(api, noon, world):
    product(api, world, "small", 25_000)
    product(api, world, "big", 90_000)
    subscription = world.live(product_handle="small")
    noon.freeze_clock("2030-04-16T12:00:00-04:00")

    wish = {"preserve_period": True}
    seen = migrate(api, subscription, preview=True, product_handle="big", **wish)
    seen = seen.json()["migration"]
    after = migrate(api, subscription, product_handle="big", **wish).json()["subscription"]

    # Half of 900.00 less half of 250.00
    assert (seen["charge_in_cents"], seen["payment_due_in_cents"]) == (45_000, 32_500)
    assert after["current_period_ends_at"] == subscription["current_period_ends_at"]
    assert after["total_revenue_in_cents"] == 25_000 + 32_500


def test_a_smaller_plan_leaves_credit_that_the_next_bill_uses(api, noon, world):
    product(api, world, "small", 1_000)
    product(api, world, "big", 90_000)
    subscription = world.live(product_handle="big")
    noon.freeze_clock("2030-04-16T12:00:00-04:00")

    after = migrate(api, subscription, product_handle="small").json()["subscription"]
    noon.freeze_clock("2030-05-17T12:00:00-04:00")

    assert after["credit_balance_in_cents"] == 45_000 - 1_000
    later = read(api, subscription)
    assert later["credit_balance_in_cents"] == 45_000 - 2_000
    assert later["total_revenue_in_cents"] == 90_000


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        ({"product_handle": "basic"}, "This subscription is not eligible for a prorated migration"),
        ({"product_handle": "nope"}, "Invalid Product"),
        ({"product_id": 1}, "Invalid Product"),
    ],
)
def test_a_migration_to_the_same_or_no_product_is_refused(api, basic, wish, text):
    refused = migrate(api, basic, **wish)

    assert (refused.status_code, refused.json()) == (422, {"errors": [text]})


def test_a_card_that_declines_stops_a_migration(api, chargify, basic, add_card):
    card = add_card(basic["customer"], "2")
    path = f"/subscriptions/{basic['id']}/payment_profiles/{card['id']}/change_payment_profile.json"
    api.post(path)
    before = read(api, basic)

    refused = migrate(api, basic, product_handle="pro")

    assert refused.json() == {"errors": ["Bogus Gateway: Forced failure"]}
    assert read(api, basic) == before


def test_a_migration_with_its_trial_is_a_trial(api, basic):
    after = migrate(api, basic, product_handle="pro", include_trial=True).json()["subscription"]

    assert (after["state"], after["previous_state"]) == ("trialing", "active")
    assert after["total_revenue_in_cents"] == 900


def test_coupons_do_not_move_to_another_family(api, world):
    subscription = world.live(coupon_codes=["SAVE20"])

    within = migrate(api, subscription, product_handle="pro").json()["subscription"]
    outside = migrate(api, subscription, product_handle="backup").json()["subscription"]

    assert (within["coupon_codes"], outside["coupon_codes"]) == (["SAVE20"], [])
