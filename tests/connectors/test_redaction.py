import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfast.connectors.redaction import MAX_BODY_BYTES, redact
from standfast.contract.transport import Answer, Call, Method

CUSTOMER = {
    "id": 5,
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@example.com",
    "reference": "user-7",
    "organization": "Analytical Engines",
    "address": "12 St James Square",
    "city": "London",
    "state": "Greater London",
    "zip": "SW1Y",
    "phone": "+44 20",
    "vat_number": "GB1",
    "created_at": "2020-03-24T20:17:24-07:00",
}
CARD = {
    "id": 9,
    "first_name": "Ada",
    "masked_card_number": "XXXX-XXXX-XXXX-1111",
    "card_type": "visa",
    "expiration_month": 12,
    "vault_token": "tok_1",
    "billing_zip": "SW1Y",
    "customer_vault_token": "cus_1",
    "disabled": False,
}
SUBSCRIPTION = {
    "id": 1,
    "state": "active",
    "coupon_codes": ["SAVE20"],
    "product_price_in_cents": 900,
    "reference": "run-1",
    "cancellation_message": "I am Ada and I am ill",
    "customer": CUSTOMER,
    "credit_card": CARD,
    "product": {"id": 3, "handle": "basic", "name": "Basic"},
    "self_service_page_token": "abcdef",
}
PERSONAL = (
    "Ada",
    "Lovelace",
    "example.com",
    "Analytical",
    "James",
    "London",
    "SW1Y",
    "+44",
    "GB1",
    "1111",
    "visa",
    "tok_1",
    "cus_1",
    "abcdef",
)


def shown(thing) -> str:
    return json.dumps(redact(thing))


def test_an_answer_keeps_what_it_says_of_the_bill_and_nothing_of_the_person():
    answer = Answer(201, json.dumps({"subscription": SUBSCRIPTION}).encode(), request_id="r-1")

    kept = redact(answer)

    assert [word for word in PERSONAL if word in json.dumps(kept)] == []
    assert kept["request_id"] == "r-1"
    assert kept["body"] == {
        "subscription": {
            "id": 1,
            "state": "active",
            "coupon_codes": ["SAVE20"],
            "product_price_in_cents": 900,
            "reference": "run-1",
            "customer": {
                "id": 5,
                "reference": "user-7",
                "created_at": "2020-03-24T20:17:24-07:00",
            },
            "credit_card": {"id": 9, "disabled": False},
            "product": {"id": 3, "handle": "basic"},
        }
    }


def test_a_call_keeps_what_was_asked_for():
    call = Call(
        Method.POST,
        "/subscriptions/1/add_coupon.json",
        (("code", "SAVE20"), ("reference", "ada@example.com"), ("q", "Ada")),
        {
            "codes": ["SAVE20"],
            "uniqueness_token": "abc",
            "subscription": {"cancellation_message": "I am Ada", "reason_code": "CH1"},
        },
    )

    assert redact(call) == {
        "method": "POST",
        "path": "/subscriptions/1/add_coupon.json",
        "query": {"code": "SAVE20", "reference": "[e-mail]"},
        "body": {
            "codes": ["SAVE20"],
            "uniqueness_token": "abc",
            "subscription": {"reason_code": "CH1"},
        },
    }


def test_error_texts_are_kept_in_every_shape():
    bodies = [
        {"errors": ["A text."]},
        {"errors": {"name": ["A text."]}},
        {"errors": {"customer": "A text."}},
        {"error": "A text."},
        {"subscription": ["A text."]},
        {"coupon_codes": ["A text."]},
        {"errors": [{"kind": "x", "message": "A text."}]},
    ]

    assert all("A text." in shown(Answer(422, json.dumps(one).encode())) for one in bodies)


def test_addresses_card_numbers_and_links_leave_even_error_texts():
    text = "4111 1111 1111 1111 of ada@example.com: see https://acme.test/manage/secret"

    kept = shown(Answer(422, json.dumps({"errors": [text]}).encode()))

    assert "4111" not in kept
    assert "ada@" not in kept
    assert "secret" not in kept


@pytest.mark.parametrize(
    "body", [b"4242424242424241", b'{"errors": [4242424242424241]}', b'{"base": 4242424242424241}']
)
def test_a_number_as_long_as_a_cards_is_none_of_ours_unless_it_is_an_id(body):
    kept = redact(Answer(500, body, {}, None, 0.1))["body"]

    assert "4242424242424241" not in str(kept)
    assert "[number]" in str(kept)
    long_id = redact(Answer(200, b'{"id": 4242424242424241}', {}, None, 0.1))["body"]
    assert long_id == {"id": 4242424242424241}


def test_a_short_sentence_is_kept():
    kept = redact(Answer(401, b"HTTP Basic: Access denied for ada@example.com.\n"))["body"]

    assert kept == "HTTP Basic: Access denied for [e-mail]"


def test_of_a_page_only_the_title_is_kept():
    page = (
        b"<html><title>502 Bad gateway</title><body>" + b"Ada Lovelace " * 100 + b"</body></html>"
    )

    kept = redact(Answer(502, page))["body"]

    assert kept == {"bytes": len(page), "title": "502 Bad gateway"}


def test_a_huge_body_is_capped():
    rows = [{"subscription": {"id": number}} for number in range(5000)]

    kept = redact(Answer(200, json.dumps(rows).encode()))

    assert len(json.dumps(kept)) <= MAX_BODY_BYTES


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    ),
    st.binary(max_size=200),
)
def test_whatever_came_back_can_be_stored(value, raw):
    assert json.loads(shown(Answer(200, json.dumps(value).encode())))
    assert json.loads(shown(Answer(500, raw)))
