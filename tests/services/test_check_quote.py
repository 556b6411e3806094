"""Each way a price can fail to count, and the sentence the operator reads of it."""

from datetime import timedelta
from typing import Any

import pytest

from builders import a_prompt
from clocks import FrozenClock
from deciding import DecidingRig
from standfast.contract.actions import Preview, RefusalReason, Refused
from standfast.contract.catalogue import Money
from standfast.domain.decision_token import DecisionClaims
from standfast.domain.quote import claims_of, offer_of
from standfast.services.check_quote import (
    ANOTHERS,
    CHANGED,
    FOR_ANOTHER,
    NOT_OURS,
    NOT_SHOWN,
    OVER,
    CheckQuote,
)
from standfast.services.manage_app import ManageApp
from standfast.store.database import Database

PRICE = Preview(Money(2_900, "USD"))


@pytest.fixture
def rig(embedded_database: Database, clock: FrozenClock) -> DecidingRig:
    return DecidingRig(embedded_database, clock)


@pytest.fixture
def claims(rig: DecidingRig) -> DecisionClaims:
    rig.start(a_prompt())
    token = rig.decide().prompts[0].token
    return rig.tokens.verify_decision(rig.app_id, token, visitor="u:ann", now=rig.clock.now())


def quote(rig: DecidingRig, claims: DecisionClaims, *, app: str = "", **changes: str) -> str:
    asked = {"step": "offer", "button": "accept", "visitor": "u:ann", **changes}
    app_id = app or rig.app_id
    said = claims_of(
        [PRICE],
        PRICE,
        app_id=app_id,
        visitor=asked["visitor"],
        offer=offer_of(claims, step=asked["step"], button=asked["button"]),
        expires_at=rig.clock.now() + timedelta(minutes=15),
    )
    return rig.tokens.sign_quote(app_id, said)


def check(rig: DecidingRig, claims: DecisionClaims, text: str | None, **changes):
    asked: dict[str, Any] = {
        "step": "offer",
        "button": "accept",
        "runs": 1,
        "is_needed": True,
        **changes,
    }
    return CheckQuote(rig.tokens).agreed(claims, text, now=rig.clock.now(), **asked)


def test_a_price_that_was_shown_counts(rig, claims):
    assert check(rig, claims, quote(rig, claims)) == (PRICE,)


def test_where_no_price_is_shown_none_is_needed(rig, claims):
    assert check(rig, claims, None, is_needed=False) == ()


def test_a_price_that_is_not_needed_must_be_a_good_one_all_the_same(rig, claims):
    assert check(rig, claims, "made up", is_needed=False) == refused(NOT_OURS)


def refused(message: str) -> Refused:
    return Refused(RefusalReason.QUOTE_REFUSED, message)


def test_a_click_without_the_price_is_refused(rig, claims):
    assert check(rig, claims, None) == refused(NOT_SHOWN)


@pytest.mark.parametrize("text", ["", "made up", "a.b.c", "é.b.c", "x" * 100_000])
def test_what_nobody_signed_is_refused(rig, claims, text):
    assert check(rig, claims, text) == refused(NOT_OURS)


def test_a_price_of_another_kind_of_token_is_refused(rig, claims):
    assert check(rig, claims, rig.tokens.sign_decision(rig.app_id, claims)) == refused(NOT_OURS)


def test_a_price_is_over_after_a_quarter_of_an_hour(rig, claims):
    text = quote(rig, claims)

    rig.clock.advance(899.9)
    assert check(rig, claims, text) == (PRICE,)
    rig.clock.advance(0.1)
    assert check(rig, claims, text) == refused(OVER)


def test_a_price_for_another_visitor_is_refused(rig, claims):
    assert check(rig, claims, quote(rig, claims, visitor="u:bob")) == refused(ANOTHERS)


def test_a_price_of_another_app_is_refused(rig, claims):
    other = ManageApp(rig.database, rig.vault, rig.clock).create("Other", domains=())

    assert check(rig, claims, quote(rig, claims, app=other.id)) == refused(NOT_OURS)


@pytest.mark.parametrize("changes", [{"step": "other"}, {"button": "secondary_accept"}])
def test_a_price_for_another_button_is_refused(rig, claims, changes):
    assert check(rig, claims, quote(rig, claims, **changes)) == refused(FOR_ANOTHER)


def test_a_price_for_another_number_of_changes_is_refused(rig, claims):
    assert check(rig, claims, quote(rig, claims), runs=2) == refused(CHANGED)
