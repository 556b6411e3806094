from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfast.contract.actions import Preview
from standfast.contract.catalogue import Money
from standfast.domain.decision_token import (
    TOKEN_LIMIT,
    DecisionClaims,
    QuoteClaims,
    TokenExpired,
    TokenForeign,
    TokenInvalid,
    sign,
    verify,
)
from standfast.domain.quote import (
    Promise,
    added_up,
    claims_of,
    compare,
    offer_of,
    parts_of,
    sentence,
    total,
)
from standfast.domain.visitor import USER_ID_LIMIT

NOW = datetime(2026, 12, 20, 12, tzinfo=UTC)
THEN = datetime(2027, 1, 3, 12, tzinfo=UTC)
BERLIN, AUCKLAND = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Auckland")
KEY = b"k" * 32

cents = st.integers(min_value=0, max_value=10_000_000)


def usd(amount: int) -> Money:
    return Money(amount, "USD")


def bounded(most: int, least: int) -> Preview:
    return Preview(usd(most), least_due_now=usd(least) if least < most else None)


@dataclass(frozen=True)
class Asker:
    app_id: str = "app_0123456789abcdef"
    visitor: str = "u:ann"


def a_quote(*parts: Preview, asker: Asker = Asker()) -> QuoteClaims:
    price = total(parts)
    assert price is not None
    return claims_of(
        parts,
        price,
        app_id=asker.app_id,
        visitor=asker.visitor,
        offer="0" * 32,
        expires_at=NOW + timedelta(minutes=15),
    )


# The promise


@pytest.mark.parametrize(
    ("shown", "charged", "promise", "said"),
    [
        (Preview(usd(2_900)), usd(2_900), "kept", "Charged $29.00, shown $29.00."),
        (Preview(usd(2_900)), usd(3_100), "broken", "Charged $31.00, shown $29.00."),
        (Preview(usd(2_900)), usd(2_899), "broken", "Charged $28.99, shown $29.00."),
        (Preview(usd(2_900)), usd(0), "broken", "Charged $0.00, shown $29.00."),
        (Preview(usd(0)), usd(0), "kept", "Charged $0.00, shown $0.00."),
        (Preview(usd(0)), usd(1), "broken", "Charged $0.01, shown $0.00."),
        (bounded(1_234, 1_230), usd(1_231), "kept", "Charged $12.31, shown $12.30 to $12.34."),
        (bounded(1_234, 1_230), usd(1_235), "broken", "Charged $12.35, shown $12.30 to $12.34."),
        (bounded(1_234, 1_230), usd(1_229), "broken", "Charged $12.29, shown $12.30 to $12.34."),
        (Preview(usd(2_900)), Money(2_900, "EUR"), "broken", "Charged €29.00, shown $29.00."),
        (
            Preview(usd(2_900), is_due_estimated=True),
            usd(3_100),
            "not_compared",
            "Charged $31.00, shown about $29.00.",
        ),
        (Preview(usd(2_900)), None, "not_compared", "What was charged is not known."),
        # An estimate of the next charge says nothing of what is due now.
        (
            Preview(usd(0), usd(900), is_estimate=True),
            usd(5),
            "broken",
            "Charged $0.05, shown $0.00.",
        ),
    ],
)
def test_the_charge_is_held_against_what_was_shown(shown, charged, promise, said):
    comparison = compare(shown, charged)

    assert (comparison.promise, comparison.said) == (promise, said)


def test_what_was_as_wanted_before_charged_nothing_of_its_own():
    assert compare(Preview(usd(900)), usd(900), already=True).promise is Promise.NOT_COMPARED


@given(most=cents, least=cents, charged=cents)
def test_the_promise_is_kept_exactly_within_what_was_shown(most, least, charged):
    least = min(most, least)

    promise = compare(bounded(most, least), usd(charged)).promise

    assert (promise is Promise.KEPT) == (least <= charged <= most)
    assert promise is not Promise.NOT_COMPARED


@given(most=cents, charged=st.none() | cents)
def test_an_estimate_is_never_held_against_a_charge(most, charged):
    shown = Preview(usd(most), is_due_estimated=True)

    promise = compare(shown, None if charged is None else usd(charged)).promise

    assert promise is Promise.NOT_COMPARED


# Several actions on a button


def test_what_is_due_now_is_the_sum_and_the_next_charge_is_what_all_agree_on():
    one, other = Preview(usd(900), usd(500), THEN), bounded(300, 290)

    assert total([one, other]) == Preview(usd(1_200), usd(500), THEN, least_due_now=usd(1_190))


def test_two_next_charges_that_know_nothing_of_each_other_are_not_told():
    price = total([Preview(usd(0), usd(2_900), THEN), Preview(usd(0), usd(810), THEN)])

    assert price == Preview(usd(0))


def test_prices_in_two_currencies_make_no_price():
    assert total([Preview(usd(1)), Preview(Money(1, "EUR"))]) is None


# What the visitor reads


@pytest.mark.parametrize(
    ("price", "zone", "text"),
    [
        (
            Preview(usd(1_234), usd(2_900), THEN),
            BERLIN,
            "$12.34 due now, then $29.00 on 3 January 2027",
        ),
        (
            Preview(usd(0), usd(2_900), THEN),
            BERLIN,
            "Nothing due now, then $29.00 on 3 January 2027",
        ),
        (
            Preview(usd(0), usd(2_900), THEN),
            AUCKLAND,
            "Nothing due now, then $29.00 on 4 January 2027",
        ),
        (
            Preview(usd(0), usd(900), THEN, is_estimate=True),
            BERLIN,
            "Nothing due now, then about $9.00 on 3 January 2027",
        ),
        (Preview(usd(1_290_00), is_due_estimated=True), BERLIN, "About $1,290.00 due now"),
        (bounded(1_234, 1_230), BERLIN, "At most $12.34 due now"),
        (
            Preview(Money(900, "CHF"), Money(900, "CHF")),
            BERLIN,
            "CHF 9.00 due now, then CHF 9.00 at the next renewal",
        ),
        (Preview(usd(0)), BERLIN, "Nothing due now"),
    ],
)
def test_a_price_is_told_in_a_sentence(price, zone, text):
    assert sentence(price, zone) == text


# One action done to several subscriptions


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        # 8.10 each
        ([(810, THEN)] * 3, "Nothing due now, then about $24.30 on 3 January 2027"),
        (
            [(810, THEN), (2_610, THEN + timedelta(days=9))],
            "Nothing due now, then about $34.20 at the next renewal",
        ),
        ([(810, THEN)], "Nothing due now, then about $8.10 on 3 January 2027"),
        ([(810, THEN), (None, None)], "Nothing due now"),
        ([(None, None)] * 2, "Nothing due now"),
    ],
)
def test_what_is_charged_next_for_several_subscriptions_adds_up(parts, text):
    each = [Preview(usd(0), usd(then) if then else None, at, True) for then, at in parts]

    price = total(added_up(each))

    assert price is not None
    assert sentence(price, BERLIN) == text


def test_next_charges_in_several_currencies_have_no_sum():
    each = [Preview(usd(0), Money(810, currency), THEN) for currency in ("USD", "EUR")]

    assert [one.next_charge for one in added_up(each)] == [None, None]


# The quote


def test_a_quote_says_what_was_shown_for_each_action():
    parts = (Preview(usd(900), usd(800), THEN), replace(bounded(300, 290), is_due_estimated=True))

    read = verify(sign(a_quote(*parts), KEY), QuoteClaims, KEY, **vars(Asker()), now=NOW)

    first, second = parts_of(read)
    assert first == parts[0]
    assert second == replace(parts[1], next_charge=usd(800), next_charge_at=THEN)


def test_a_quote_for_four_actions_and_the_longest_user_id_stays_within_its_bound():
    asker = Asker(visitor="u:" + "x" * USER_ID_LIMIT)
    part = Preview(usd(9_999_999), usd(9_999_999), THEN, least_due_now=usd(9_999_998))

    assert len(sign(a_quote(*[part] * 4, asker=asker), KEY)) <= TOKEN_LIMIT


def test_a_quote_for_ten_coupons_beside_four_changes_stays_within_its_bound():
    asker = Asker(visitor="u:" + "x" * USER_ID_LIMIT)
    part = Preview(usd(9_999_999), usd(9_999_999), THEN, least_due_now=usd(9_999_998))
    free = Preview(usd(0), usd(9_999_999), THEN)

    assert len(sign(a_quote(*[part] * 4, *[free] * 10, asker=asker), KEY)) <= TOKEN_LIMIT


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"app_id": "app_other"}, TokenForeign),
        ({"visitor": "u:bob"}, TokenForeign),
        ({"now": NOW + timedelta(minutes=15)}, TokenExpired),
        ({"key": b"x" * 32}, TokenInvalid),
        ({"kind": DecisionClaims}, TokenInvalid),
    ],
)
def test_a_quote_counts_for_its_visitor_and_its_time_only(change, error):
    given: dict[str, Any] = {"kind": QuoteClaims, "key": KEY, **vars(Asker()), "now": NOW, **change}

    with pytest.raises(error):
        verify(sign(a_quote(Preview(usd(900))), KEY), **given)


def test_a_quote_is_for_one_button_of_one_step_of_one_version_of_one_decision():
    claims = DecisionClaims("app", "u:ann", "d", "v", "prm", 1, "default", "s", NOW, THEN)

    offers = {
        offer_of(claims, step="offer", button="accept"),
        offer_of(claims, step="offer", button="secondary_accept"),
        offer_of(claims, step="other", button="accept"),
        offer_of(DecisionClaims("app", "u:ann", "e", "v", "prm", 1, "default", "s", NOW, THEN),
                 step="offer", button="accept"),
        offer_of(DecisionClaims("app", "u:ann", "d", "v", "prm", 2, "default", "s", NOW, THEN),
                 step="offer", button="accept"),
    }  # fmt: skip

    assert len(offers) == 5
