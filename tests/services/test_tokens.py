from datetime import timedelta

import pytest

from builders import a_prompt
from clocks import FrozenClock
from deciding import DecidingRig
from standfast.domain.decision_token import ResultClaims
from standfast.services.errors import NotFound, TokenRefused
from standfast.services.manage_app import ManageApp
from standfast.services.tokens import Tokens
from standfast.store.database import Database
from standfast.store.vault import SealBroken


@pytest.fixture
def rig(embedded_database: Database, clock: FrozenClock) -> DecidingRig:
    return DecidingRig(embedded_database, clock)


@pytest.fixture
def token(rig: DecidingRig) -> str:
    rig.start(a_prompt())
    return rig.decide().prompts[0].token


def test_a_token_is_read_by_every_process_that_has_the_key(rig: DecidingRig, token: str):
    elsewhere = Tokens(rig.database, rig.vault)

    claims = elsewhere.verify_decision(rig.app_id, token, visitor="u:ann", now=rig.clock.now())

    assert claims.visitor == "u:ann"


@pytest.mark.parametrize("visitor", ["u:bob", "a:ann", "u:Ann"])
def test_a_token_of_another_visitor_is_refused(rig: DecidingRig, token: str, visitor: str):
    with pytest.raises(TokenRefused, match="another visitor"):
        rig.tokens.verify_decision(rig.app_id, token, visitor=visitor, now=rig.clock.now())


def test_a_token_of_another_app_is_refused(rig: DecidingRig, token: str):
    other = ManageApp(rig.database, rig.vault, rig.clock).create("Other", domains=())

    with pytest.raises(TokenRefused):
        rig.tokens.verify_decision(other.id, token, visitor="u:ann", now=rig.clock.now())


def test_an_expired_token_is_refused_with_what_to_do(rig: DecidingRig, token: str):
    later = rig.clock.now() + timedelta(hours=24)

    with pytest.raises(TokenRefused, match="new decision"):
        rig.tokens.verify_decision(rig.app_id, token, visitor="u:ann", now=later)


def test_a_decision_token_is_no_result_token(rig: DecidingRig, token: str):
    with pytest.raises(TokenRefused):
        rig.tokens.read_result(token, now=rig.clock.now())


def test_a_result_token_signed_for_another_app_than_it_names_is_refused(rig: DecidingRig):
    other = ManageApp(rig.database, rig.vault, rig.clock).create("Other", domains=())
    claims = ResultClaims(rig.app_id, "u:ann", "i1", rig.clock.now() + timedelta(hours=1))
    forged = rig.tokens.sign_result(other.id, claims)

    with pytest.raises(TokenRefused):
        rig.tokens.read_result(forged, now=rig.clock.now())


def test_an_unknown_app_has_no_tokens(rig: DecidingRig):
    with pytest.raises(NotFound):
        rig.tokens.verify_decision("app_x", "a.b.c", visitor="u:ann", now=rig.clock.now())


def test_a_token_secret_moved_to_another_app_signs_nothing(rig: DecidingRig):
    from sqlalchemy import select, update

    from standfast.store.schema import apps

    other = ManageApp(rig.database, rig.vault, rig.clock).create("Other", domains=())
    with rig.database.writing() as transaction:
        stolen = select(apps.c.token_secret).where(apps.c.id == rig.app_id)
        transaction.connection.execute(
            update(apps).where(apps.c.id == other.id).values(token_secret=stolen.scalar_subquery())
        )

    with pytest.raises(SealBroken):
        Tokens(rig.database, rig.vault).verify_decision(
            other.id, "a.b.c", visitor="u:ann", now=rig.clock.now()
        )
