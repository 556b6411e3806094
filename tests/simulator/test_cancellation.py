import pytest

REASON = {"reason_code": "CH2", "cancellation_message": "left"}


def cancel(api, number, sent=None):
    body = None if sent is None else {"subscription": sent}
    return api.request("DELETE", f"/subscriptions/{number}.json", json=body)


def read(api, number):
    return api.get(f"/subscriptions/{number}.json").json()["subscription"]


def test_a_cancel_with_a_body_keeps_message_and_reason(api, basic):
    answer = cancel(api, basic["id"], REASON)

    subscription = answer.json()["subscription"]
    assert answer.status_code == 200
    assert subscription["state"] == "canceled"
    assert subscription["canceled_at"]
    assert subscription["cancellation_method"] == "merchant_api"
    assert (subscription["reason_code"], subscription["cancellation_message"]) == ("CH2", "left")
    assert subscription["current_period_ends_at"] == basic["current_period_ends_at"]


def test_a_cancel_without_a_reason_says_unknown(api, basic):
    assert cancel(api, basic["id"]).json()["subscription"]["reason_code"] == "CH:Unknown"


def test_a_second_cancel_has_the_singular_error(api, basic):
    cancel(api, basic["id"])

    answer = cancel(api, basic["id"])

    assert (answer.status_code, answer.json()) == (
        422,
        {"error": "The subscription is already canceled"},
    )


def test_what_is_too_long_is_refused_and_changes_nothing(api, basic):
    sent = {"reason_code": "x" * 256, "cancellation_message": "y" * 65_536}

    answer = cancel(api, basic["id"], sent)

    assert answer.status_code == 422
    assert answer.json() == {
        "errors": [
            "reason_code size cannot be greater than 255",
            "cancellation_message size cannot be greater than 65535",
        ]
    }
    assert read(api, basic["id"])["state"] == "active"


def test_a_body_that_is_no_object_is_refused(api, basic):
    answer = cancel(api, basic["id"], "please")

    assert answer.json() == {"errors": ["subscription must be an Object"]}


@pytest.mark.parametrize(
    "state", ["trialing", "past_due", "unpaid", "trial_ended", "expired", "on_hold"]
)
def test_a_cancel_works_in_every_other_state(api, chargify, basic, state):
    chargify.force(basic["id"], state=state)

    assert cancel(api, basic["id"]).json()["subscription"]["state"] == "canceled"


def test_a_delayed_cancel_is_set_and_taken_back(api, basic):
    path = f"/subscriptions/{basic['id']}/delayed_cancel.json"

    answer = api.post(path, json={"subscription": REASON})

    assert answer.json() == {
        "message": "This subscription is scheduled to be canceled at the end of the current period"
    }
    pending = read(api, basic["id"])
    assert (pending["state"], pending["cancel_at_end_of_period"]) == ("active", True)
    assert pending["delayed_cancel_at"] == pending["scheduled_cancellation_at"]
    assert pending["delayed_cancel_at"] == pending["current_period_ends_at"]
    assert (pending["reason_code"], pending["cancellation_message"]) == ("CH2", "left")
    filtered = api.get("/subscriptions.json?state=pending_cancellation&per_page=200").json()
    assert basic["id"] in {each["subscription"]["id"] for each in filtered}

    for _ in range(2):  # undoing twice is as good as once
        undone = api.delete(path)
        assert undone.status_code == 200
        assert undone.json() == {
            "message": "This subscription will no longer cancel at the end of the period"
        }
    assert read(api, basic["id"])["cancel_at_end_of_period"] is False
    assert read(api, basic["id"])["delayed_cancel_at"] is None


def test_a_delayed_cancel_of_a_canceled_one_has_the_plural_error(api, basic):
    cancel(api, basic["id"])

    answer = api.post(f"/subscriptions/{basic['id']}/delayed_cancel.json")

    assert (answer.status_code, answer.json()) == (
        422,
        {"errors": ["The subscription is already canceled"]},
    )


@pytest.mark.parametrize("state", ["past_due", "unpaid", "trial_ended", "expired"])
def test_a_delayed_cancel_is_refused_where_there_is_no_period_to_end(api, chargify, basic, state):
    chargify.force(basic["id"], state=state)

    answer = api.post(f"/subscriptions/{basic['id']}/delayed_cancel.json")

    assert answer.status_code == 422
    assert read(api, basic["id"])["cancel_at_end_of_period"] is False


def test_a_cancel_may_ask_for_the_end_of_the_period(api, basic):
    answer = cancel(api, basic["id"], {"cancel_at_end_of_period": True})

    assert answer.json()["subscription"]["state"] == "active"
    assert answer.json()["subscription"]["cancel_at_end_of_period"] is True


def test_cancelling_at_once_ends_a_delayed_cancel(api, basic):
    api.post(f"/subscriptions/{basic['id']}/delayed_cancel.json")

    subscription = cancel(api, basic["id"]).json()["subscription"]

    assert subscription["cancel_at_end_of_period"] is False
    assert subscription["delayed_cancel_at"] is None


def test_an_unknown_subscription_cannot_be_cancelled(api):
    assert cancel(api, 1).status_code == 404
    assert api.post("/subscriptions/1/delayed_cancel.json").status_code == 404
