import pytest

DAY = 86_400


def path(subscription, operation="reactivate"):
    return f"/subscriptions/{subscription['id']}/{operation}.json"


def cancel(api, subscription, **fields):
    body = {"subscription": fields} if fields else None
    api.request("DELETE", f"/subscriptions/{subscription['id']}.json", json=body)


def reactivate(api, subscription, body=None, query=""):
    return api.put(path(subscription) + query, json=body)


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ({"resume": True}, ""),
        (None, "?resume=true"),
        ({"resume": {"require_resume": True}}, ""),
        (None, "?resume[require_resume]=true"),
    ],
)
def test_a_resume_within_the_period_bills_nothing_and_clears_the_end(api, basic, body, query):
    cancel(api, basic, cancellation_message="bye", reason_code="CH1")

    after = reactivate(api, basic, body, query).json()["subscription"]

    assert (after["state"], after["previous_state"]) == ("active", "canceled")
    assert after["current_period_ends_at"] == basic["current_period_ends_at"]
    assert after["total_revenue_in_cents"] == 900
    assert [after[name] for name in ("canceled_at", "cancellation_message")] == [None, None]


def test_without_resume_a_fresh_period_begins_and_is_charged(api, chargify, basic):
    chargify.freeze_clock(basic["created_at"])
    cancel(api, basic)
    chargify.move_clock(offset_seconds=5 * DAY)

    after = reactivate(api, basic).json()["subscription"]

    assert after["current_period_started_at"] == after["updated_at"]
    assert after["total_revenue_in_cents"] == 1800


def test_after_the_period_a_resume_is_a_reactivation_unless_it_is_required(api, chargify, basic):
    cancel(api, basic)
    chargify.move_clock(offset_seconds=40 * DAY)

    refused = reactivate(api, basic, {"resume": {"require_resume": True}})
    done = reactivate(api, basic, {"resume": True}).json()["subscription"]

    assert refused.status_code == 422
    assert refused.json() == {
        "errors": ["Request was 'resume only', but this subscription cannot be resumed."]
    }
    assert (done["state"], done["total_revenue_in_cents"]) == ("active", 1800)


@pytest.mark.parametrize(
    ("body", "revenue", "balance"),
    [
        # A balance of 20.00 and a product of 9.00, 9.00 of it paid at signup.
        ({}, 900 + 900, 0),
        ({"preserve_balance": True}, 900 + 900 + 2000, 0),
        ({"resume": True}, 900 + 2000, 0),
        ({"resume": {"forgive_balance": True}}, 900, 0),
    ],
)
def test_an_old_balance_is_reset_kept_collected_or_forgiven(
    api, chargify, basic, body, revenue, balance
):
    cancel(api, basic)
    chargify.force(basic["id"], balance_in_cents=2000, charged_in_cents=2900)

    after = reactivate(api, basic, body).json()["subscription"]

    assert (after["total_revenue_in_cents"], after["balance_in_cents"]) == (revenue, balance)


def test_a_trial_comes_again_only_when_asked_for(api, chargify, world):
    trial = world.live(product_handle="pro")
    chargify.move_clock(offset_seconds=20 * DAY)
    cancel(api, trial)
    revenue = chargify.subscription(trial["id"])["total_revenue_in_cents"]

    after = reactivate(api, trial, {"include_trial": True}).json()["subscription"]

    assert after["state"] == "trialing"
    assert after["trial_started_at"] == after["current_period_started_at"]
    assert after["total_revenue_in_cents"] == revenue


def test_one_canceled_in_mid_trial_resumes_to_its_trial(api, world):
    trial = world.live(product_handle="pro")
    cancel(api, trial)

    after = reactivate(api, trial, {"resume": True}).json()["subscription"]

    assert (after["state"], after["trial_ended_at"]) == ("trialing", trial["trial_ended_at"])


def test_a_trial_that_ended_without_a_card_needs_one(api, chargify, customer, add_card):
    sent = {"customer_id": customer["id"], "product_handle": "pro"}
    trial = api.post("/subscriptions.json", json={"subscription": sent}).json()["subscription"]
    chargify.move_clock(offset_seconds=20 * DAY)

    refused = reactivate(api, trial)
    card = add_card(customer, "1")
    api.post(path(trial, f"payment_profiles/{card['id']}/change_payment_profile"))
    done = reactivate(api, trial).json()["subscription"]

    assert refused.json() == {"errors": ["No payment method was on file for the $29.00 balance"]}
    assert (done["state"], done["previous_state"]) == ("active", "trial_ended")
    assert done["total_revenue_in_cents"] == 2900


@pytest.mark.parametrize(("code", "codes"), [("STAY30", ["STAY30"]), ("nope", [])])
def test_a_coupon_comes_along_and_an_unknown_one_is_passed_over(api, basic, code, codes):
    cancel(api, basic)

    after = reactivate(api, basic, {"coupon_code": code}).json()["subscription"]

    assert after["coupon_codes"] == codes
    # 30 % off 9.00 is 6.30
    assert after["total_revenue_in_cents"] == 900 + (630 if codes else 900)


@pytest.mark.parametrize(("uses", "revenue"), [(True, 900 + 400), (False, 900 + 900)])
def test_credit_pays_first_unless_told_otherwise(api, chargify, basic, uses, revenue):
    cancel(api, basic)
    chargify.force(basic["id"], credit_balance_in_cents=500, charged_in_cents=400)

    body = {"use_credits_and_prepayments": uses}
    after = reactivate(api, basic, body).json()["subscription"]

    assert after["total_revenue_in_cents"] == revenue
    assert after["credit_balance_in_cents"] == (0 if uses else 500)
