from datetime import datetime

import pytest

DAY = 86_400


def sign_up(api, customer, product, card=None, **more):
    sent = {"customer_id": customer["id"], "product_handle": product} | more
    if card:
        sent["payment_profile_id"] = card["id"]
    answer = api.post("/subscriptions.json", json={"subscription": sent})
    assert answer.status_code == 201, answer.text
    return answer.json()["subscription"]


def read(api, subscription):
    return api.get(f"/subscriptions/{subscription['id']}.json").json()["subscription"]


def test_a_frozen_clock_stands_still(api, chargify, customer, good_card):
    chargify.freeze_clock("2030-01-31T12:00:00-05:00")

    subscription = sign_up(api, customer, "basic", good_card)

    assert subscription["created_at"] == "2030-01-31T12:00:00-05:00"
    # The same day next month; the end of a shorter month clamps.
    assert subscription["current_period_ends_at"] == "2030-02-28T12:00:00-05:00"


def test_every_answer_tells_the_time_of_the_clock(api, chargify):
    chargify.freeze_clock("2027-03-10T09:00:00Z")

    told = [api.get(path).headers["date"] for path in ("/site.json", "/products/0.json")]

    assert told == ["Wed, 10 Mar 2027 09:00:00 GMT"] * 2


def test_a_period_over_the_change_of_clocks_keeps_its_hour(api, chargify, customer, good_card):
    chargify.freeze_clock("2030-02-20T12:00:00-05:00")

    subscription = sign_up(api, customer, "basic", good_card)

    assert subscription["current_period_ends_at"] == "2030-03-20T12:00:00-04:00"


def test_a_delayed_cancel_comes_true_at_the_end_of_the_period(api, chargify, basic):
    api.post(f"/subscriptions/{basic['id']}/delayed_cancel.json")
    chargify.move_clock(offset_seconds=20 * DAY)
    assert read(api, basic)["state"] == "active"

    chargify.move_clock(offset_seconds=32 * DAY)

    after = read(api, basic)
    assert after["state"] == "canceled"
    assert after["canceled_at"] == basic["current_period_ends_at"]
    assert after["total_revenue_in_cents"] == 900


def test_a_renewal_charges_the_card_and_moves_the_period(api, chargify, basic):
    chargify.move_clock(offset_seconds=32 * DAY)

    after = read(api, basic)

    assert after["state"] == "active"
    assert after["current_period_started_at"] == basic["current_period_ends_at"]
    assert after["total_revenue_in_cents"] == 1800


def test_every_period_that_has_passed_is_charged(api, chargify, customer, good_card):
    chargify.freeze_clock("2030-01-15T12:00:00Z")
    subscription = sign_up(api, customer, "basic", good_card, coupon_codes=["STAY30"])

    chargify.freeze_clock("2030-06-20T12:00:00Z")

    after = read(api, subscription)
    # STAY30 is 30 % off three bills: 3 x 630 + 3 x 900
    assert after["total_revenue_in_cents"] == 4590
    assert after["coupon_use_count"] == 3
    assert after["current_period_ends_at"][:10] == "2030-07-15"


def test_a_card_that_declines_leaves_the_renewal_past_due(api, chargify, basic, customer, add_card):
    other = add_card(customer, "2")
    path = f"/subscriptions/{basic['id']}/payment_profiles/{other['id']}"
    api.post(f"{path}/change_payment_profile.json")

    period = datetime.fromisoformat(basic["current_period_ends_at"]) - datetime.fromisoformat(
        basic["created_at"]
    )
    chargify.move_clock(offset_seconds=period.total_seconds() + 60)

    after = read(api, basic)
    assert (after["state"], after["balance_in_cents"]) == ("past_due", 900)
    retry = datetime.fromisoformat(after["next_assessment_at"])
    assert (retry - datetime.fromisoformat(after["current_period_started_at"])).days == 1


@pytest.mark.parametrize(
    ("product", "card", "state"),
    [
        ("pro", "1", "active"),
        ("pro", "2", "past_due"),
        ("pro", None, "trial_ended"),
        ("class", None, "past_due"),
    ],
)
def test_a_trial_ends_by_its_card_and_its_kind(
    api, chargify, customer, add_card, product, card, state
):
    profile = add_card(customer, card) if card else None
    subscription = sign_up(api, customer, product, profile)

    chargify.move_clock(offset_seconds=15 * DAY)

    assert read(api, subscription)["state"] == state


def test_a_subscription_that_waits_begins_on_its_day(api, chargify, customer, good_card):
    chargify.freeze_clock("2030-01-15T12:00:00Z")
    subscription = sign_up(
        api, customer, "basic", good_card, initial_billing_at="2030-02-01T12:00:00Z"
    )

    chargify.freeze_clock("2030-02-02T12:00:00Z")

    after = read(api, subscription)
    assert after["state"] == "active"
    assert after["activated_at"] == "2030-02-01T07:00:00-05:00"


def test_one_that_waits_and_is_taken_back_never_begins(api, chargify, customer, good_card):
    subscription = sign_up(
        api, customer, "basic", good_card, initial_billing_at="2030-02-01T12:00:00Z"
    )
    api.post(f"/subscriptions/{subscription['id']}/delayed_cancel.json")

    chargify.freeze_clock("2030-02-02T12:00:00Z")

    after = read(api, subscription)
    assert (after["state"], after["total_revenue_in_cents"]) == ("canceled", 0)


def test_a_plan_with_an_end_expires(api, chargify, customer, good_card):
    subscription = sign_up(api, customer, "onboarding", good_card)

    chargify.move_clock(offset_seconds=95 * DAY)

    assert read(api, subscription)["state"] == "expired"


def test_the_lived_in_site_lives_on_for_a_year(api, chargify):
    chargify.move_clock(offset_seconds=370 * DAY)

    states = {each["state"] for each in chargify.state()}

    assert {"active", "canceled", "trial_ended", "expired"} <= states
    assert not states & {"trialing", "soft_failure", "awaiting_signup"}
