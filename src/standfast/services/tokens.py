"""Signs what a page must show us again, and believes only that."""

from datetime import datetime

from standfast.domain.decision_token import (
    AnyClaims,
    Claims,
    DecisionClaims,
    QuoteClaims,
    ResultClaims,
    TokenExpired,
    TokenForeign,
    TokenInvalid,
    peek,
    sign,
    verify,
)
from standfast.services.errors import IdentityRefused, NotFound, TokenRefused
from standfast.store.apps import find_app
from standfast.store.database import Database
from standfast.store.schema import apps
from standfast.store.vault import Vault, context_of


class Tokens:
    """Decision tokens, result tokens and quotes of every app. An app's secret is unsealed once."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._secrets: dict[str, bytes] = {}

    def sign_decision(self, app_id: str, claims: DecisionClaims) -> str:
        return self._sign(app_id, claims)

    def sign_result(self, app_id: str, claims: ResultClaims) -> str:
        return self._sign(app_id, claims)

    def sign_quote(self, app_id: str, claims: QuoteClaims) -> str:
        return self._sign(app_id, claims)

    def verify_decision(
        self, app_id: str, text: str, *, visitor: str, now: datetime
    ) -> DecisionClaims:
        """Raises `TokenRefused` when it is forged, expired, or another visitor's or app's."""
        return self._verify(app_id, text, DecisionClaims, visitor=visitor, now=now)

    def read_result(self, text: str, *, now: datetime) -> ResultClaims:
        """Whoever holds a result token may follow that result: it names its own app and visitor.

        Raises `TokenRefused` when it is forged or expired, `NotFound` when its app is gone.
        """
        try:
            said = peek(text, ResultClaims)
        except TokenInvalid as error:
            raise TokenRefused("The token is not one of ours.") from error
        return self._verify(said.app_id, text, ResultClaims, visitor=said.visitor, now=now)

    def read_quote(self, app_id: str, text: str, *, visitor: str, now: datetime) -> QuoteClaims:
        """Raises `TokenExpired`, `TokenForeign`, or else `TokenInvalid`."""
        key = self._secret_of(app_id)
        return verify(text, QuoteClaims, key, app_id=app_id, visitor=visitor, now=now)

    def _sign(self, app_id: str, claims: AnyClaims) -> str:
        try:
            return sign(claims, self._secret_of(app_id))
        except ValueError as error:
            raise IdentityRefused("The visitor's id is too long: at most 128 bytes.") from error

    def _verify(
        self, app_id: str, text: str, kind: type[Claims], *, visitor: str, now: datetime
    ) -> Claims:
        key = self._secret_of(app_id)
        try:
            return verify(text, kind, key, app_id=app_id, visitor=visitor, now=now)
        except TokenExpired as error:
            raise TokenRefused("The token has expired; ask for a new decision.") from error
        except TokenForeign as error:
            raise TokenRefused("The token was given to another visitor or app.") from error
        except TokenInvalid as error:
            raise TokenRefused("The token is not one of ours.") from error

    def _secret_of(self, app_id: str) -> bytes:
        """Raises `NotFound` for an app that is not there."""
        known = self._secrets.get(app_id)
        if known is not None:
            return known
        with self._database.reading() as reader:
            app = find_app(reader, app_id)
        if app is None:
            raise NotFound(f"There is no app {app_id}.")
        context = context_of(apps.c.token_secret, app_id)
        secret = self._vault.unseal(app.sealed_token_secret, context=context)
        self._secrets[app_id] = secret
        return secret
