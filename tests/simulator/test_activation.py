"""Activate, override, retry, cancel dunning."""

import pytest

DAY = 86_400


def path(subscription, operation):
    return f"/subscriptions/{subscription['id']}/{operation}.json"


def read(api, subscription):
    return api.get(f"/subscriptions/{subscription['id']}.json").json()["subscription"]


def with_card(digit):
    return {
        "credit_card_attributes": {
            "full_number": digit,
            "expiration_month": 12,
            "expiration_year": 2040,
        }
    }


def test_a_waiting_subscription_begins_when_activated(api, world):
    waiting = world.live(initial_billing_at="2050-01-01")

    after = api.put(path(waiting, "activate")).json()["subscription"]

    assert (after["state"], after["previous_state"]) == ("active", "awaiting_signup")
    assert after["total_revenue_in_cents"] == 900


def test_a_trial_that_is_activated_is_paid_from_today(api, world):
    trial = world.live(product_handle="pro")

    after = api.put(path(trial, "activate")).json()["subscription"]

    assert (after["state"], after["total_revenue_in_cents"]) == ("active", 2900)
    assert after["trial_ended_at"] == after["activated_at"] == after["current_period_started_at"]


@pytest.mark.parametrize(
    ("product", "wait", "reverts", "state"),
    [
        ("basic", True, True, "awaiting_signup"),
        ("basic", True, None, "awaiting_signup"),
        ("basic", True, False, "canceled"),
        ("pro", False, True, "trialing"),
        ("pro", False, False, "trial_ended"),
        ("class", False, False, "past_due"),
    ],
)
def test_a_failed_activation_reverts_or_ends(api, world, product, wait, reverts, state):
    timing = {"initial_billing_at": "2050-01-01"} if wait else {}
    subscription = world.live(product_handle=product, **with_card("2"), **timing)

    refused = api.put(path(subscription, "activate"), json={"revert_on_failure": reverts})

    told = state.replace("_", " ").title()
    assert refused.status_code == 400
    assert refused.json()["errors"]["base"] == [
        f"Bogus Gateway: Forced failure. The subscription is now in the '{told}' state."
    ]
    assert read(api, subscription)["state"] == state


def test_a_site_may_choose_that_failed_activations_end(api, chargify, world):
    chargify.settings(revert_on_failure=False)
    waiting = world.live(**with_card("2"), initial_billing_at="2050-01-01")

    api.put(path(waiting, "activate"))

    assert read(api, waiting)["state"] == "canceled"


def test_an_override_writes_dates_and_answers_nothing(api, basic):
    fields = {"activated_at": "1999-12-01T10:28:34-05:00", "cancellation_message": "old"}

    done = api.put(path(basic, "override"), json={"subscription": fields})

    after = read(api, basic)
    assert (done.status_code, done.content) == (204, b"")
    assert after["activated_at"] == "1999-12-01T10:28:34-05:00"
    assert after["cancellation_message"] == "old"


def test_an_unpermitted_override_is_a_400_with_a_string(api, basic):
    refused = api.put(path(basic, "override"), json={"subscription": {"state": "active"}})

    assert refused.status_code == 400
    assert isinstance(refused.json(), str)


def test_an_unbilled_subscription_may_have_its_period_moved(api, world):
    imported = world.live(next_billing_at="2050-01-01")
    fields = {"current_period_starts_at": "2019-12-20T10:28:34-05:00"}

    api.put(path(imported, "override"), json={"subscription": fields})

    assert read(api, imported)["current_period_started_at"] == "2019-12-20T10:28:34-05:00"


@pytest.fixture
def past_due(api, chargify, basic, add_card):
    """A renewal was declined."""
    card = add_card(basic["customer"], "2")
    api.post(path(basic, f"payment_profiles/{card['id']}/change_payment_profile"))
    chargify.freeze_clock(basic["current_period_ends_at"])
    return read(api, basic)


def test_a_retry_fails_until_there_is_a_good_card(api, past_due, good_card):
    failed = api.put(path(past_due, "retry"))
    api.post(path(past_due, f"payment_profiles/{good_card['id']}/change_payment_profile"))
    paid = api.put(path(past_due, "retry")).json()["subscription"]

    assert failed.json() == {"errors": ["base: subscription retry was unsuccessful"]}
    assert (paid["state"], paid["previous_state"], paid["balance_in_cents"]) == (
        "active",
        "past_due",
        0,
    )


def test_canceled_dunning_leaves_the_balance(api, past_due):
    after = api.post(path(past_due, "cancel_dunning")).json()["subscription"]

    assert (after["state"], after["previous_state"]) == ("active", "past_due")
    assert after["balance_in_cents"] == 900


@pytest.mark.parametrize("final", ["unpaid", "canceled"])
def test_dunning_tries_on_its_days_and_ends_as_the_site_says(api, chargify, past_due, final):
    chargify.settings(dunning_days=[1, 3], dunning_final_action=final)
    chargify.move_clock(offset_seconds=2 * DAY)
    between = read(api, past_due)

    chargify.move_clock(offset_seconds=4 * DAY)

    after = read(api, past_due)
    assert (between["state"], after["state"]) == ("past_due", final)
    assert after["balance_in_cents"] == 900
    assert after["cancellation_method"] == ("dunning" if final == "canceled" else None)


def test_an_unpaid_subscription_owes_more_every_period(api, chargify, past_due):
    chargify.settings(dunning_days=[1], dunning_final_action="unpaid")

    chargify.move_clock(offset_seconds=70 * DAY)

    after = read(api, past_due)
    assert (after["state"], after["balance_in_cents"]) == ("unpaid", 2700)
    assert after["total_revenue_in_cents"] == 900


def test_a_good_card_on_the_next_try_ends_dunning(api, chargify, past_due, good_card):
    api.post(path(past_due, f"payment_profiles/{good_card['id']}/change_payment_profile"))

    chargify.move_clock(offset_seconds=DAY + 60)

    after = read(api, past_due)
    assert (after["state"], after["balance_in_cents"]) == ("active", 0)
    assert after["next_assessment_at"] == after["current_period_ends_at"]
