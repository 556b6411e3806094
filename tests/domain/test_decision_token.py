from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfast.domain.decision_token import (
    TOKEN_LIMIT,
    DecisionClaims,
    ResultClaims,
    TokenExpired,
    TokenForeign,
    TokenInvalid,
    peek,
    sign,
    verify,
)
from standfast.domain.visitor import USER_ID_LIMIT

NOW = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
KEY = b"k" * 32


@dataclass(frozen=True)
class Asker:
    app_id: str = "app_0123456789abcdef"
    visitor: str = "u:ann"


def some_claims(asker=Asker()) -> DecisionClaims:
    return DecisionClaims(
        app_id=asker.app_id,
        visitor=asker.visitor,
        decision="d" * 32,
        view="v" * 16,
        prompt_id="prm_0123456789abcdef",
        version=12,
        variation="default",
        snapshot_hash="s" * 32,
        decided_at=NOW,
        expires_at=NOW + timedelta(hours=24),
    )


def read(text, kind: Any = DecisionClaims, key=KEY, asker=Asker(), now=NOW):
    return verify(text, kind, key, app_id=asker.app_id, visitor=asker.visitor, now=now)


def test_a_token_says_what_was_signed():
    assert read(sign(some_claims(), KEY)) == some_claims()


def test_a_token_of_the_longest_user_id_stays_within_its_bound():
    asker = Asker(visitor="u:" + "x" * USER_ID_LIMIT)

    text = sign(some_claims(asker), KEY)

    assert len(text) <= TOKEN_LIMIT
    assert read(text, asker=asker).visitor == asker.visitor


def test_ids_that_are_too_long_are_refused_not_cut():
    with pytest.raises(ValueError, match="too long"):
        sign(some_claims(Asker(visitor="u:" + "x" * 300)), KEY)


def test_a_token_under_another_key_is_refused():
    with pytest.raises(TokenInvalid):
        read(sign(some_claims(), b"z" * 32))


def test_a_token_is_refused_from_the_instant_it_expires():
    text = sign(some_claims(), KEY)

    assert read(text, now=NOW + timedelta(hours=24, microseconds=-1))
    with pytest.raises(TokenExpired):
        read(text, now=NOW + timedelta(hours=24))


@pytest.mark.parametrize("asker", [Asker(visitor="u:bob"), Asker(app_id="app_other")])
def test_another_visitors_or_apps_token_is_refused(asker):
    with pytest.raises(TokenForeign):
        read(sign(some_claims(), KEY), asker=asker)


def test_a_result_token_cannot_stand_for_a_decision_nor_the_other_way_round():
    result = ResultClaims("app_0123456789abcdef", "u:ann", "i1", NOW + timedelta(hours=1))

    with pytest.raises(TokenInvalid):
        read(sign(result, KEY))
    with pytest.raises(TokenInvalid):
        read(sign(some_claims(), KEY), kind=ResultClaims)


def test_an_unverified_look_at_a_token_only_tells_whose_key_to_ask():
    assert peek(sign(some_claims(), KEY), DecisionClaims).app_id == "app_0123456789abcdef"
    with pytest.raises(TokenInvalid):
        peek("a.!.c", DecisionClaims)


@given(place=st.integers(0, 10_000), character=st.characters())
def test_a_token_with_any_character_changed_is_refused(place, character):
    text = sign(some_claims(), KEY)
    place %= len(text)
    forged = text[:place] + character + text[place + 1 :]

    if forged != text:
        with pytest.raises(TokenInvalid):
            read(forged)


@given(text=st.text(max_size=600) | st.from_regex(r"\A[\w-]{0,50}\.[\w-]{0,50}\.[\w-]{0,50}\Z"))
def test_any_other_text_is_refused(text):
    with pytest.raises(TokenInvalid):
        read(text)
