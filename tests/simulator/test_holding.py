from datetime import datetime, timedelta

import pytest

DAY = 86_400


def path(subscription, operation):
    return f"/subscriptions/{subscription['id']}/{operation}.json"


def read(api, subscription):
    return api.get(f"/subscriptions/{subscription['id']}.json").json()["subscription"]


def test_a_hold_keeps_the_dates_of_the_period(api, basic):
    held = api.post(path(basic, "hold")).json()["subscription"]

    assert (held["state"], held["previous_state"]) == ("on_hold", "active")
    assert held["on_hold_at"] == held["updated_at"]
    assert held["current_period_ends_at"] == basic["current_period_ends_at"]


def test_no_hold_begins_within_a_day_of_the_next_bill(api, chargify, basic):
    ends_at = datetime.fromisoformat(basic["current_period_ends_at"])
    chargify.freeze_clock((ends_at - timedelta(hours=23)).isoformat())

    refused = api.post(path(basic, "hold"))

    assert refused.status_code == 422
    assert refused.json() == {"errors": ["This subscription is not eligible to be put on hold."]}


def test_a_hold_ends_by_itself_on_its_day(api, chargify, basic):
    chargify.freeze_clock(basic["created_at"])
    resume_at = "2035-01-05T12:00:00-05:00"
    api.post(path(basic, "hold"), json={"hold": {"automatically_resume_at": resume_at}})

    chargify.freeze_clock("2035-01-06T12:00:00-05:00")

    after = read(api, basic)
    # The old period was over, so a new one began on that day and was charged.
    assert (after["state"], after["automatically_resume_at"]) == ("active", None)
    assert after["current_period_started_at"] == resume_at
    assert after["total_revenue_in_cents"] == 1800


def test_the_resume_date_can_be_changed_and_cleared(api, basic):
    api.post(path(basic, "hold"))

    later = {"hold": {"automatically_resume_at": "2050-01-05T12:00:00-05:00"}}
    changed = api.put(path(basic, "hold"), json=later).json()["subscription"]
    body = {"hold": {"automatically_resume_at": None}}
    cleared = api.put(path(basic, "hold"), json=body).json()["subscription"]

    assert changed["automatically_resume_at"] == "2050-01-05T12:00:00-05:00"
    assert cleared["automatically_resume_at"] is None


@pytest.mark.parametrize("query", ["", "?calendar_billing['resumption_charge']=immediate"])
def test_a_resume_in_the_old_period_costs_nothing(api, basic, query):
    api.post(path(basic, "hold"))

    resumed = api.post(path(basic, "resume") + query).json()["subscription"]

    assert (resumed["state"], resumed["previous_state"]) == ("active", "on_hold")
    assert resumed["current_period_ends_at"] == basic["current_period_ends_at"]
    assert resumed["total_revenue_in_cents"] == 900
    assert resumed["on_hold_at"] is None


def test_a_late_resume_with_a_card_that_declines_changes_nothing(api, chargify, basic, add_card):
    customer = basic["customer"]
    other = add_card(customer, "2")
    api.post(path(basic, f"payment_profiles/{other['id']}/change_payment_profile"))
    api.post(path(basic, "hold"))
    chargify.move_clock(offset_seconds=40 * DAY)

    refused = api.post(path(basic, "resume"))

    assert refused.json() == {"errors": ["Bogus Gateway: Forced failure"]}
    assert read(api, basic)["state"] == "on_hold"


def test_a_trial_that_was_held_is_a_trial_again(api, world):
    trial = world.live(product_handle="pro")
    api.post(path(trial, "hold"))

    resumed = api.post(path(trial, "resume")).json()["subscription"]

    assert resumed["state"] == "trialing"
    assert resumed["trial_ended_at"] == trial["trial_ended_at"]
