import pytest


def create(api, customer, **card):
    sent = {"customer_id": customer["id"]} | card
    return api.post("/payment_profiles.json", json={"payment_profile": sent})


def test_a_card_is_stored_masked(api, customer):
    card = {"full_number": "4111 1111 1111 1111", "expiration_month": "10"}

    profile = create(api, customer, **card, expiration_year="2040").json()["payment_profile"]

    assert profile["masked_card_number"] == "XXXX-XXXX-XXXX-1111"
    assert (profile["card_type"], profile["current_vault"]) == ("visa", "bogus")
    assert profile["first_name"] == customer["first_name"]


@pytest.mark.parametrize(
    ("card", "texts"),
    [
        ({}, None),
        (
            {"first_name": "A"},
            [
                "Credit card expiration month: cannot be blank.",
                "Credit card expiration year: cannot be blank.",
                "Credit card number: cannot be blank.",
            ],
        ),
        (
            {"full_number": "000", "expiration_month": 1, "expiration_year": 2040},
            ["Credit card number: must be a valid credit card number."],
        ),
        (
            {"full_number": "1", "expiration_month": 1, "expiration_year": 2020},
            ["Credit card: cannot be expired."],
        ),
        (
            {"full_number": "3", "expiration_month": 1, "expiration_year": 2040},
            ["Bogus Gateway: Gateway error"],
        ),
        (
            {"payment_type": "bank_account"},
            ["Bank routing number: cannot be blank.", "Bank account number: cannot be blank."],
        ),
        ({"chargify_token": "tok_x"}, ["Chargify token not found"]),
    ],
)
def test_a_faulty_card_is_refused(api, customer, card, texts):
    answer = create(api, customer, **card)

    assert answer.status_code == 422
    assert texts is None or answer.json() == {"errors": texts}
    assert api.get(f"/payment_profiles.json?customer_id={customer['id']}").json() == []


def test_a_vault_import_has_null_masks(api, customer):
    card = {"vault_token": "638275976", "current_vault": "braintree_blue"}

    profile = create(api, customer, **card).json()["payment_profile"]

    assert profile["masked_card_number"] is None
    assert profile["expiration_month"] is None


def test_a_bank_account_has_its_own_shape(api, customer):
    bank = {
        "payment_type": "bank_account",
        "bank_routing_number": "021000089",
        "bank_account_number": "111111111111",
    }

    profile = create(api, customer, **bank).json()["payment_profile"]

    assert profile["payment_type"] == "bank_account"
    assert "masked_card_number" not in profile


def test_a_card_for_nobody_is_404(api):
    assert create(api, {"id": 1}, full_number="1").status_code == 404


def test_the_cards_of_a_customer_are_listed(api, customer, good_card):
    rows = api.get("/payment_profiles.json", params={"customer_id": customer["id"]}).json()

    assert [row["payment_profile"]["id"] for row in rows] == [good_card["id"]]
    assert api.get(f"/payment_profiles/{good_card['id']}.json").json() == rows[0]


def test_another_card_becomes_current_once(api, customer, basic, add_card):
    other = add_card(customer, "1")
    path = f"/subscriptions/{basic['id']}/payment_profiles/{other['id']}"

    first = api.post(f"{path}/change_payment_profile.json")
    second = api.post(f"{path}/change_payment_profile.json")

    assert first.status_code == 201
    assert second.json() == {"errors": ["This is already the current payment profile"]}
    read = api.get(f"/subscriptions/{basic['id']}.json").json()["subscription"]
    assert read["credit_card"]["id"] == other["id"]


def test_only_an_unused_card_can_be_deleted(api, customer, basic, good_card, add_card):
    spare = add_card(customer, "1")

    used = api.delete(f"/payment_profiles/{good_card['id']}.json")

    assert used.status_code == 422
    assert api.delete(f"/payment_profiles/{spare['id']}.json").status_code == 204
