import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargify_simulator.texts import TEXTS
from standfast.connectors.chargify.errors import (
    TABLE,
    AlreadyCanceled,
    Meaning,
    action_link,
    ensure_read,
    outcome_of,
    read_failed,
    row_for,
    texts_of,
)
from standfast.contract.actions import (
    NeedsVisitor,
    RefusalReason,
    Refused,
    RetryCause,
    RetryLater,
    Unknown,
)
from standfast.contract.errors import (
    AnswerLost,
    CallRefused,
    CredentialsRefused,
    NotSent,
    SitePaused,
    Throttled,
)
from standfast.contract.transport import Answer


def answer(status, body):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, raw)


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ({"errors": ["A", "B"]}, ["A", "B"]),
        ({"errors": {"base": ["A"], "prices[0].currency": ["B"]}}, ["A", "B"]),
        ({"errors": {"customer": "can't be blank"}}, ["can't be blank"]),
        ({"errors": "A"}, ["A"]),
        ({"error": "A"}, ["A"]),
        ({"coupon_codes": ["A"], "subscription": ["B"]}, ["A", "B"]),
        ({"price_points[0].name": ["A"]}, ["A"]),
        ({"errors": [{"kind": "A", "message": "B"}]}, ["A", "B"]),
        ({"errors": {"error": "A", "new_link_available_at": None}}, ["A"]),
        ("A valid product_family_id is required", ["A valid product_family_id is required"]),
        ({"subscription": {"id": 1, "customer": {"email": "ada@example.com"}}}, []),
        ({"errors": []}, []),
        (b"", []),
        (b" ", []),
        (b"HTTP Basic: Access denied.\n", []),
        (b"<html>502</html>", []),
        (b"\xff\xfe\x00", []),
    ],
)
def test_the_texts_of_every_shape_of_error_body_are_found(body, texts):
    assert texts_of(answer(422, body)) == texts


# As the vendor's error-handling page has it.
THE_MERCHANT_IS_BLOCKED = (
    "Your Chargify account has been canceled. Please contact support@chargify.com to reactivate."
)
MEANINGS = [
    (THE_MERCHANT_IS_BLOCKED, Meaning.ACCOUNT_BLOCKED),
    ("Your Maxio Advanced Billing account has been cancelled.", Meaning.ACCOUNT_BLOCKED),
    ("Your trial has ended, please contact sales.", Meaning.ACCOUNT_BLOCKED),
    ("Site data clearing is in progress. Please try later.", Meaning.ACCOUNT_BLOCKED),
    ("This site has been deleted.", Meaning.ACCOUNT_BLOCKED),
    ("The subscription is already canceled", Meaning.ALREADY_CANCELED),
    ("Reference: must be unique - that value has been taken.", Meaning.REFERENCE_TAKEN),
    ("No payment method was on file for the $12.50 balance", Meaning.NEEDS_PAYMENT_METHOD),
    ("No credit card was on file for the $200.00 balance", Meaning.NEEDS_PAYMENT_METHOD),
    (
        "The customer does not have a credit card on file.",
        Meaning.NEEDS_PAYMENT_METHOD,
    ),
    ("Payment profile: cannot be blank.", Meaning.NEEDS_PAYMENT_METHOD),
    ("Credit card: cannot be expired.", Meaning.NEEDS_PAYMENT_METHOD),
    ("Coupon Codes: 'X' - That coupon is no longer active.", RefusalReason.COUPON_RETIRED),
    ("Coupon Codes: 'X' - That coupon has expired.", RefusalReason.COUPON_EXPIRED),
    (
        "Coupon Codes: 'X' - That coupon has reached its conversion limit.",
        RefusalReason.COUPON_RETIRED,
    ),
    (
        "Coupon Codes: 'X' - That coupon is already applied to this subscription.",
        RefusalReason.COUPON_PRESENT,
    ),
    (
        "Coupon Codes: 'X' - That coupon is not valid for this product.",
        RefusalReason.COUPON_NOT_FOR_PLAN,
    ),
    ("Coupon Codes: 'B' - That coupon is not stackable", RefusalReason.COUPON_NOT_STACKABLE),
    (
        "Coupon Codes: Subscription already has at least one non-stackable coupon.",
        RefusalReason.COUPON_NOT_STACKABLE,
    ),
    ("Coupon Code: 'X' - Coupon code could not be found.", RefusalReason.COUPON_UNKNOWN),
    (
        "Coupon Code: 'EXPIRED' - Coupon code could not be found.",
        RefusalReason.COUPON_UNKNOWN,
    ),
    ("A valid coupon code is required.", RefusalReason.COUPON_UNKNOWN),
    ("Product price point must belong to product.", RefusalReason.PARAMETER_INVALID),
    ("Product 'pro' is archived.", RefusalReason.PLAN_RETIRED),
    (
        "Product with API Handle 'x' does not exist for this site.",
        RefusalReason.PLAN_UNKNOWN,
    ),
    (
        "Product must be specified and be a valid product provided by the seller.",
        RefusalReason.PLAN_UNKNOWN,
    ),
    (
        "A Customer must be specified for the subscription to be valid.",
        RefusalReason.BILLING_ID_UNMATCHED,
    ),
    ("reason_code size cannot be greater than 255", RefusalReason.PARAMETER_INVALID),
    ("This subscription is not eligible for ...", RefusalReason.WRONG_STATE),
    ("Subscriptions group is in a past due state", RefusalReason.WRONG_STATE),
    ("Invalid Product", RefusalReason.PLAN_UNKNOWN),
    (
        "Request was 'resume only', but this subscription cannot be resumed.",
        RefusalReason.WRONG_STATE,
    ),
    ("Only subscriptions that are on hold can be resumed.", RefusalReason.WRONG_STATE),
    ("Subscription must be active", RefusalReason.WRONG_STATE),
    (
        'Cannot reactivate a subscription that is not marked "Canceled" or "Trial Ended".',
        RefusalReason.WRONG_STATE,
    ),
    (
        "Automatic resume date: must be at least 24 hours in the future.",
        RefusalReason.PARAMETER_INVALID,
    ),
    ("Provided 'Next Billing' date must be in the future", RefusalReason.PARAMETER_INVALID),
    ("This subscription does not have any coupons.", RefusalReason.COUPON_UNKNOWN),
    ("Coupon is invalid.", RefusalReason.COUPON_UNKNOWN),
    ("Last name: cannot be blank.", RefusalReason.OTHER),
    ("base: subscription retry was unsuccessful", RefusalReason.PAYMENT_DECLINED),
    ("Bogus Gateway: Forced failure", RefusalReason.PAYMENT_DECLINED),
    ("Your card was declined.", RefusalReason.PAYMENT_DECLINED),
    ("Bogus Gateway: Gateway error", RefusalReason.PAYMENT_DECLINED),
    ("This card account has been cancelled", RefusalReason.PAYMENT_DECLINED),
    ("Your card has been closed.", RefusalReason.PAYMENT_DECLINED),
]


@pytest.mark.parametrize(("text", "means"), MEANINGS)
def test_a_text_means_what_the_table_says(text, means):
    row = row_for([text])

    assert row is not None
    assert row.means is means


def test_no_row_of_the_table_is_dead():
    known = [text.text for text in TEXTS.values()] + [text for text, _ in MEANINGS]

    hit = {row_for([text]) for text in known}

    assert [row.pattern for row in TABLE if row not in hit] == []


_KEYS_OF_OUR_WRITES = (
    *("subscription.", "cancel.", "delayed_cancel.", "coupon.", "gateway.", "profile.none"),
    *("hold.", "resume.", "reactivate.", "retry.", "migration."),
)
_WITHOUT_A_ROW = {
    # What only catalogue, customer and site writes say, which we never make, and plain facts.
    "cancel.default_reason",
    "cancel.not_an_object",
    "delayed_cancel.scheduled",
    "delayed_cancel.undone",
    "subscription.component_unknown",
    "subscription.next_billing_and_cancel",
    # A date that we never send.
    "migration.date_outside_period",
    "coupon.code_or_codes",
    # Beside another text, or alone: then it means that the coupon is not there (MEANINGS).
    "coupon.invalid",
    "coupon.removed",
}
_OF_MAKING_A_COUPON = ("code_", "percentage", "amount", "end_date", "both", "prices", "no_disc")


@pytest.mark.parametrize("key", [key for key in TEXTS if key.startswith(_KEYS_OF_OUR_WRITES)])
def test_no_text_our_writes_can_meet_is_untranslated(key):
    told = TEXTS[key].text
    is_of_another_write = key.split(".")[1].startswith(_OF_MAKING_A_COUPON)
    is_a_frame = told.startswith(("Coupon Code: '{", "Coupon Codes: '{"))
    text = f"Coupon Codes: 'X' - {told}" if key.startswith("coupon.") else told

    row = row_for([text])

    assert row is not None or key in _WITHOUT_A_ROW or is_of_another_write or is_a_frame


@pytest.mark.parametrize("status", [*range(300, 400), 408, 409, *range(500, 600)])
def test_a_status_that_proves_nothing_is_a_doubt(status):
    assert isinstance(outcome_of(answer(status, b"<html>")), Unknown)


@pytest.mark.parametrize(
    "status", [one for one in range(400, 500) if one not in {401, 408, 409, 429}]
)
def test_every_other_status_is_a_refusal(status):
    outcome = outcome_of(answer(status, b" "))

    assert isinstance(outcome, Refused)
    assert outcome.message


def test_an_unlisted_text_is_a_refusal_in_the_vendors_words():
    outcome = outcome_of(answer(422, {"errors": ["The moon is in the wrong house."]}))

    assert outcome == Refused(RefusalReason.OTHER, "Chargify says: The moon is in the wrong house.")


@pytest.mark.parametrize(
    ("status", "cause"),
    [(401, RetryCause.CREDENTIALS_REFUSED), (429, RetryCause.THROTTLED)],
)
def test_statuses_that_prove_that_nothing_happened_are_worth_another_try(status, cause):
    outcome = outcome_of(Answer(status, b"no", {"retry-after": "7"}))

    assert isinstance(outcome, RetryLater)
    assert outcome.cause is cause
    assert outcome.after_seconds == (7 if status == 429 else None)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7),
        ("999999999999", 3600),
        ("Mon, 02 Mar 2026 12:00:30 GMT", 30),
        ("Tue, 02 Mar 2027 12:00:00 GMT", 3600),
        ("soon", None),
    ],
)
def test_no_vendor_asks_for_more_than_an_hour(asked, seconds):
    headers = {"retry-after": asked, "date": "Mon, 02 Mar 2026 12:00:00 GMT"}
    told = Answer(429, b"no", headers)

    outcome = outcome_of(told)
    with pytest.raises(Throttled) as throttled:
        ensure_read(told)

    assert isinstance(outcome, RetryLater)
    assert outcome.after_seconds == throttled.value.after_seconds == seconds


def test_a_date_is_no_pause_where_the_answer_tells_no_time():
    told = Answer(429, b"no", {"retry-after": "Tue, 02 Mar 2027 12:00:00 GMT"})

    assert outcome_of(told) == RetryLater(RetryCause.THROTTLED, "Chargify asks us to slow down.")


def test_a_canceled_subscription_is_as_wanted():
    body = {"error": "The subscription is already canceled"}

    assert outcome_of(answer(422, body)) == AlreadyCanceled()


@pytest.mark.parametrize(
    ("body", "link"),
    [
        ({"errors": ["x"], "action_link": "https://a.test/1"}, "https://a.test/1"),
        (
            {"jsonapi": {}, "errors": [{"title": "t", "links": {"action_link": "https://b.test"}}]},
            "https://b.test",
        ),
        ({"errors": ["x"], "action_link": "javascript:alert(1)"}, None),
        ({"errors": ["x"], "action_link": 7}, None),
        (["x"], None),
    ],
)
def test_a_link_for_the_visitor_is_found_only_when_it_is_one(body, link):
    assert action_link(answer(422, body)) == link


def test_three_d_secure_needs_the_visitor():
    body = {"errors": ["x"], "action_link": "https://a.test/1"}

    outcome = outcome_of(answer(422, body))

    assert isinstance(outcome, NeedsVisitor)
    assert outcome.link == "https://a.test/1"


@pytest.mark.parametrize(
    ("failure", "cause", "after_seconds"),
    [
        (NotSent(), RetryCause.NOT_REACHED, None),
        (AnswerLost(), RetryCause.NOT_REACHED, None),
        (SitePaused(after_seconds=42), RetryCause.THROTTLED, 42),
        (Throttled("x", after_seconds=7), RetryCause.THROTTLED, 7),
        (CredentialsRefused(401, "x"), RetryCause.CREDENTIALS_REFUSED, None),
        (CredentialsRefused(422, "x"), RetryCause.ACCOUNT_BLOCKED, None),
        (CallRefused(500, "x"), RetryCause.NOT_REACHED, None),
    ],
)
def test_a_reading_that_failed_before_the_write_is_worth_another_try(failure, cause, after_seconds):
    outcome = read_failed(failure)

    assert (outcome.cause, outcome.after_seconds) == (cause, after_seconds)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("errors"), inner),
    max_leaves=15,
)


@given(st.integers(300, 599), _JSON.map(lambda value: json.dumps(value).encode()) | st.binary())
def test_no_answer_is_beyond_judging(status, body):
    outcome = outcome_of(Answer(status, body))

    assert isinstance(outcome, Refused | NeedsVisitor | RetryLater | Unknown | AlreadyCanceled)
