"""The lesser terms of a signup and the rarer filters of the list."""

import pytest


def listed(api, **query):
    rows = api.get("/subscriptions.json", params={"per_page": 200} | query).json()
    return [each["subscription"] for each in rows]


def test_an_imported_period_keeps_both_its_dates(world):
    made = world.live(
        previous_billing_at="2020-01-01T12:00:00-05:00", next_billing_at="2050-01-01T12:00:00-05:00"
    )

    assert made["current_period_started_at"] == "2020-01-01T12:00:00-05:00"
    assert made["current_period_ends_at"] == "2050-01-01T12:00:00-05:00"
    assert made["total_revenue_in_cents"] == 0


def test_an_import_as_canceled_is_canceled(world):
    made = world.live(canceled_at="2020-01-01T12:00:00-05:00", reason_code="OLD")

    assert (made["state"], made["cancellation_method"]) == ("canceled", "imported")
    assert (made["canceled_at"], made["reason_code"]) == ("2020-01-01T12:00:00-05:00", "OLD")


def test_a_deferred_signup_waits_without_a_date(chargify, world, api):
    made = world.live(defer_signup=True)
    chargify.move_clock(offset_seconds=400 * 86_400)

    after = api.get(f"/subscriptions/{made['id']}.json").json()["subscription"]
    assert (after["state"], after["next_assessment_at"]) == ("awaiting_signup", None)


def test_an_end_can_be_set_at_signup_and_later(chargify, world, api):
    made = world.live(expires_at="2030-06-01T12:00:00-04:00")
    path = f"/subscriptions/{made['id']}.json"
    api.put(path, json={"subscription": {"expires_at": "2030-05-01T12:00:00-04:00"}})
    chargify.freeze_clock("2030-05-02T12:00:00Z")

    assert made["expires_at"] == "2030-06-01T12:00:00-04:00"
    assert api.get(path).json()["subscription"]["state"] == "expired"


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ({"calendar_billing": {"snap_day": 31}}, "Snap day: must be 1 to 28, or 'end'."),
        (
            {"calendar_billing": {"snap_day": "end"}, "expires_at": "2040-01-01"},
            "'expires_at' cannot be set for subscriptions on calendar billing",
        ),
        ({"currency": "EUR"}, "Currency: is not supported by this site."),
    ],
)
def test_terms_that_do_not_go_together_are_refused(world, terms, text):
    refused = world.sign_up(customer_id=world.customer()["id"], product_handle="free", **terms)

    assert (refused.status_code, refused.json()) == (422, {"errors": [text]})


@pytest.mark.parametrize("name", ["components", "offer_id", "group", "metafields"])
def test_an_option_that_is_absent_says_so(world, name):
    answer = world.sign_up(
        customer_id=world.customer()["id"], product_handle="free", **{name: {"x": 1}}
    )

    assert answer.headers["x-simulator"] == "not-implemented"


def test_plain_terms_are_written_down(world):
    terms = {
        "net_terms": 30,
        "receives_invoice_emails": True,
        "dunning_communication_delay_enabled": True,
        "payment_collection_method": "remittance",
    }
    made = world.live(**terms)

    assert {name: made[name] for name in terms} == terms
    assert made["balance_in_cents"] == 900


def test_a_card_out_of_date_is_found(api):
    live = listed(api, state="expired_cards")
    every = listed(api, state="expired_cards_(all_subscriptions)")

    assert live
    assert {each["credit_card"]["expiration_year"] for each in every} == {2021}
    assert {each["id"] for each in live} < {each["id"] for each in every}


def test_lists_are_searched_by_words_and_their_scope(api, world):
    made = world.live(reference="needle")

    assert [each["id"] for each in listed(api, q="NEEDLE")] == [made["id"]]
    assert listed(api, q="needle", q_scope="full_name") == []


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ({"product": "Basic"}, True),
        ({"product": "basic"}, False),
        ({"group_status": "grouped"}, False),
        ({"group_status": "ungrouped"}, True),
        ({"currencies[]": "USD"}, True),
        ({"currencies[]": "EUR"}, False),
        ({"payment_gateways[]": "bogus"}, True),
        ({"payment_gateways[]": "stripe"}, False),
    ],
)
def test_a_rarer_filter_finds_or_leaves_out(api, world, query, is_there):
    made = world.live()

    assert (made["id"] in {each["id"] for each in listed(api, **query)}) == is_there
