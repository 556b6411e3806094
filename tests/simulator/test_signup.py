import pytest

CARD = {"full_number": "1", "expiration_month": 12, "expiration_year": 2040}


def sign_up(api, **fields):
    return api.post("/subscriptions.json", json={"subscription": fields})


def counts(chargify, api):
    """Subscriptions, and customers named Neu."""
    return len(chargify.state()), len(api.get("/customers.json?q=Neu").json())


NEW_CUSTOMER = {"first_name": "Neu", "last_name": "Kunde", "email": "neu@example.com"}


def test_a_new_customer_with_a_good_card_is_charged_at_once(api):
    answer = sign_up(
        api,
        product_handle="basic",
        customer_attributes=NEW_CUSTOMER,
        credit_card_attributes=CARD,
        reference="act-1",
    )

    subscription = answer.json()["subscription"]
    assert answer.status_code == 201
    assert answer.headers["location"].endswith(f"/subscriptions/{subscription['id']}")
    assert (subscription["state"], subscription["previous_state"]) == ("active", "active")
    assert subscription["signup_revenue"] == "9.00"
    assert subscription["signup_payment_id"] > 1
    assert subscription["credit_card"]["masked_card_number"] == "XXXX-XXXX-XXXX-1"
    assert subscription["customer"]["email"] == "neu@example.com"
    looked_up = api.get("/subscriptions/lookup.json?reference=act-1").json()["subscription"]
    assert looked_up["id"] == subscription["id"]


@pytest.mark.parametrize("by", ["customer_id", "customer_reference"])
def test_a_customer_on_file_signs_up_with_a_card_on_file(api, customer, good_card, by):
    api.put(f"/customers/{customer['id']}.json", json={"customer": {"reference": "u-1"}})
    who = {"customer_id": customer["id"]} if by == "customer_id" else {by: "u-1"}

    answer = sign_up(api, product_handle="basic", payment_profile_id=good_card["id"], **who)

    assert answer.status_code == 201
    assert answer.json()["subscription"]["credit_card"]["id"] == good_card["id"]


def test_a_free_plan_needs_no_card(api, customer):
    subscription = sign_up(api, product_handle="free", customer_id=customer["id"]).json()

    shown = subscription["subscription"]
    assert (shown["state"], shown["payment_type"]) == ("active", None)
    assert "credit_card" not in shown


@pytest.mark.parametrize(
    ("card", "text"),
    [
        (CARD | {"full_number": "2"}, "Bogus Gateway: Forced failure"),
        (CARD | {"full_number": "3"}, "Bogus Gateway: Gateway error"),
        (CARD | {"expiration_year": 2020}, "Credit card: cannot be expired."),
        ({}, "Payment profile: cannot be blank."),
        (None, "Payment profile: cannot be blank."),
    ],
)
def test_a_card_that_does_not_pay_creates_nothing(api, chargify, card, text):
    before = counts(chargify, api)
    money = {} if card is None else {"credit_card_attributes": card}

    answer = sign_up(api, product_handle="basic", customer_attributes=NEW_CUSTOMER, **money)

    assert (answer.status_code, answer.json()) == (422, {"errors": [text]})
    assert counts(chargify, api) == before


def test_a_plan_that_asks_for_no_card_still_wants_its_money(api, customer):
    answer = sign_up(api, product_handle="enterprise", customer_id=customer["id"])

    text = "No payment method was on file for the $1,499.00 balance"
    assert (answer.status_code, answer.json()) == (422, {"errors": [text]})


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "A Customer must be specified for the subscription to be valid."),
        (
            {"customer_id": 1, "payment_profile_id": 2},
            "A Customer must be specified for the subscription to be valid.",
        ),
        (
            {"product_handle": "x"},
            "Product with API Handle 'x' does not exist for this site.",
        ),
        (
            {"product_handle": "", "product_id": 1},
            "Product must be specified and be a valid product provided by the seller.",
        ),
        (
            {"product_handle": "legacy"},
            "Product must be specified and be a valid product provided by the seller.",
        ),
        ({"product_price_point_id": 1}, "Product price point must belong to product."),
    ],
)
def test_a_faulty_order_is_refused_in_the_vendors_words(api, fields, text):
    answer = sign_up(api, **({"product_handle": "basic"} | fields))

    assert (answer.status_code, answer.json()) == (422, {"errors": [text]})


@pytest.mark.parametrize("name", ["coupon_code", "coupon_codes"])
def test_an_unknown_coupon_is_named(api, customer, name):
    code = "invalid coupon code" if name == "coupon_code" else ["invalid coupon code"]

    answer = sign_up(api, product_handle="free", customer_id=customer["id"], **{name: code})

    text = "Coupon Code: 'invalid coupon code' - Coupon code could not be found."
    assert (answer.status_code, answer.json()) == (422, {"errors": [text]})


def test_a_one_time_coupon_is_used_up_by_the_signup(api, customer, good_card):
    subscription = sign_up(
        api,
        product_handle="basic",
        customer_id=customer["id"],
        payment_profile_id=good_card["id"],
        coupon_code="welcome10",
    ).json()["subscription"]

    # 900 - 10 % = 810
    assert subscription["signup_revenue"] == "8.10"
    assert (subscription["coupon_code"], subscription["coupon_codes"]) == (
        "WELCOME10",
        ["WELCOME10"],
    )
    assert (subscription["coupon_use_count"], subscription["coupon_uses_allowed"]) == (1, 1)
    read = api.get(f"/subscriptions/{subscription['id']}.json?include[]=coupons").json()
    assert read["subscription"]["coupons"] == [
        {
            "code": "WELCOME10",
            "use_count": 1,
            "uses_allowed": 1,
            "expires_at": None,
            "recurring": False,
            "amount_in_cents": None,
            "percentage": "10",
        }
    ]
    assert read["subscription"]["current_billing_amount_in_cents"] == 900


def test_a_reference_is_unique(api, customer):
    order = {"product_handle": "free", "customer_id": customer["id"], "reference": "once"}
    sign_up(api, **order)

    answer = sign_up(api, **order)

    text = "Reference: must be unique - that value has been taken."
    assert (answer.status_code, answer.json()) == (422, {"errors": [text]})


def test_a_trial_charges_nothing_and_takes_a_declining_card(api, customer, add_card):
    card = add_card(customer, "2")

    subscription = sign_up(
        api, product_handle="pro", customer_id=customer["id"], payment_profile_id=card["id"]
    ).json()["subscription"]

    assert subscription["state"] == "trialing"
    assert subscription["activated_at"] is None
    assert subscription["trial_ended_at"] == subscription["current_period_ends_at"]
    assert subscription["signup_revenue"] == "0.00"


def test_a_setup_fee_is_charged_on_top(api, customer, good_card):
    subscription = sign_up(
        api,
        product_handle="business",
        customer_id=customer["id"],
        payment_profile_id=good_card["id"],
    ).json()["subscription"]

    assert subscription["signup_revenue"] == "349.00"  # 99.00 + 250.00


def test_a_price_point_or_a_custom_price_is_what_is_paid(api, customer, good_card):
    who = {"customer_id": customer["id"], "payment_profile_id": good_card["id"]}
    custom = {"price_in_cents": 1234, "interval": 2, "interval_unit": "month"}

    yearly = sign_up(
        api, product_handle="basic", product_price_point_handle="basic-yearly", **who
    ).json()["subscription"]
    special = sign_up(api, product_handle="basic", custom_price=custom, **who).json()

    assert (yearly["product_price_in_cents"], yearly["product"]["price_in_cents"]) == (9000, 9000)
    assert special["subscription"]["product"]["price_in_cents"] == 1234
    assert special["subscription"]["product_price_point_type"] == "custom"


def test_a_future_billing_date_means_no_trial_and_no_money_now(api, customer, good_card):
    subscription = sign_up(
        api,
        product_handle="campus",
        customer_id=customer["id"],
        payment_profile_id=good_card["id"],
        next_billing_at="2040-01-05T12:00:00-05:00",
    ).json()["subscription"]

    assert (subscription["state"], subscription["signup_revenue"]) == ("active", "0.00")
    assert subscription["current_period_ends_at"] == "2040-01-05T12:00:00-05:00"


def test_an_import_as_canceled_needs_no_card(api, customer):
    subscription = sign_up(
        api,
        product_handle="basic",
        customer_id=customer["id"],
        canceled_at="2024-01-05T12:00:00-05:00",
    ).json()["subscription"]

    assert subscription["state"] == "canceled"
    assert subscription["cancellation_method"] == "imported"


def test_a_future_first_billing_waits(api, customer, good_card):
    subscription = sign_up(
        api,
        product_handle="basic",
        customer_id=customer["id"],
        payment_profile_id=good_card["id"],
        initial_billing_at="2040-01-05",
    ).json()["subscription"]

    assert subscription["state"] == "awaiting_signup"


def test_a_card_of_somebody_else_is_refused(api, customer, good_card):
    other = api.post("/customers.json", json={"customer": NEW_CUSTOMER}).json()["customer"]

    answer = sign_up(
        api,
        product_handle="basic",
        customer_id=other["id"],
        payment_profile_id=good_card["id"],
    )

    assert answer.status_code == 422


def test_a_preview_stores_nothing_and_needs_neither_card_nor_customer(api, chargify):
    before = len(chargify.state())
    body = {"subscription": {"product_handle": "business", "coupon_code": "SAVE20"}}

    preview = api.post("/subscriptions/preview.json", json=body).json()["subscription_preview"]

    now, later = preview["current_billing_manifest"], preview["next_billing_manifest"]
    # now: (9900 + 25000) - 20 % = 27920; later: 9900 - 20 % = 7920
    assert (now["subtotal_in_cents"], now["total_in_cents"]) == (34_900, 27_920)
    assert (later["total_discount_in_cents"], later["total_in_cents"]) == (1_980, 7_920)
    assert [each["kind"] for each in now["line_items"]] == ["baseline", "initial", "coupon"]
    assert len(chargify.state()) == before


def test_a_renewal_preview_shows_the_next_bill(api, basic):
    api.post(f"/subscriptions/{basic['id']}/add_coupon.json", json={"codes": ["SAVE20"]})

    answer = api.post(f"/subscriptions/{basic['id']}/renewals/preview.json")

    preview = answer.json()["renewal_preview"]
    assert (preview["total_in_cents"], preview["total_discount_in_cents"]) == (720, 180)


def test_a_renewal_preview_refuses_an_unknown_component(api, basic):
    answer = api.post(
        f"/subscriptions/{basic['id']}/renewals/preview.json",
        json={"components": [{"component_id": 12, "quantity": 1}]},
    )

    assert (answer.status_code, answer.json()) == (
        422,
        {"errors": ["Couldn't find Component by 12"]},
    )


def test_a_custom_price_beyond_reason_does_no_harm(api, chargify, customer, good_card):
    for interval in (-1, 2**40):
        custom = {"price_in_cents": -500, "interval": interval, "interval_unit": "month"}

        answer = sign_up(
            api,
            product_handle="basic",
            customer_id=customer["id"],
            payment_profile_id=good_card["id"],
            custom_price=custom,
        )

        assert answer.status_code == 201
        assert answer.json()["subscription"]["signup_revenue"] == "0.00"
    chargify.move_clock(offset_seconds=40 * 86_400)
