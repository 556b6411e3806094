"""What a token says, and how it is signed: "<kid>.<payload>.<hmac>", at most 512 bytes.

It carries no texts and no parameters: those stay in the snapshot.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from typing import TypeAlias, TypeVar

import msgspec

TOKEN_LIMIT = 512


class DecisionClaims(msgspec.Struct, frozen=True, array_like=True):
    """Signed by the app's token secret; encoded as an array to stay under 512 bytes."""

    app_id: str
    visitor: str
    decision: str
    view: str
    prompt_id: str
    version: int
    variation: str
    snapshot_hash: str
    decided_at: datetime
    expires_at: datetime


class ResultClaims(msgspec.Struct, frozen=True, array_like=True):
    """Lets the visitor who clicked follow the runs of one interaction."""

    app_id: str
    visitor: str
    interaction_id: str
    expires_at: datetime


class QuoteClaims(msgspec.Struct, frozen=True, array_like=True):
    """The price that a visitor was shown, for one button of one decision.

    `offer` is a digest that names decision, version, step and button. `dues` holds for each
    run, in order, the most and the least that is due now, in cents, and whether it is estimated.
    """

    app_id: str
    visitor: str
    offer: str
    currency: str
    dues: tuple[tuple[int, int, bool], ...]
    next_in_cents: int | None
    next_at: datetime | None
    is_estimate: bool
    expires_at: datetime


Claims = TypeVar("Claims", DecisionClaims, ResultClaims, QuoteClaims)
AnyClaims: TypeAlias = DecisionClaims | ResultClaims | QuoteClaims


class TokenInvalid(Exception):
    """The token is not one of ours."""


class TokenExpired(TokenInvalid):
    """The token was ours, but its time is over."""


class TokenForeign(TokenInvalid):
    """The token was given to another visitor or for another app."""


def sign(claims: AnyClaims, key: bytes) -> str:
    """Raises `ValueError` when the ids in it are too long for 512 bytes."""
    payload = _encoded(msgspec.msgpack.encode(claims))
    kid = kid_of(key)
    text = f"{kid}.{payload}.{_encoded(_mac(type(claims), key, kid, payload))}"
    if len(text) > TOKEN_LIMIT:
        raise ValueError(f"a token of {len(text)} bytes is too long; the ids in it are")
    return text


def verify(
    text: str, kind: type[Claims], key: bytes, *, app_id: str, visitor: str, now: datetime
) -> Claims:
    """What the token says. Raises `TokenInvalid`, `TokenExpired` or `TokenForeign`."""
    if len(text) > TOKEN_LIMIT or text.count(".") != 2 or not text.isascii():
        raise TokenInvalid
    kid, payload, mac = text.split(".")
    if not hmac.compare_digest(_encoded(_mac(kind, key, kid, payload)), mac):
        raise TokenInvalid
    claims = _read(payload, kind)
    if claims.app_id != app_id or claims.visitor != visitor:
        raise TokenForeign
    if now >= claims.expires_at:
        raise TokenExpired
    return claims


def peek(text: str, kind: type[Claims]) -> Claims:
    """What the token claims to say, unverified: only to find the key to verify it with."""
    if len(text) > TOKEN_LIMIT or text.count(".") != 2 or not text.isascii():
        raise TokenInvalid
    return _read(text.split(".")[1], kind)


def kid_of(key: bytes) -> str:
    """Eight characters that name the key and give nothing of it away."""
    return hashlib.blake2b(key, digest_size=4, person=b"sf token kid").hexdigest()


def _read(payload: str, kind: type[Claims]) -> Claims:
    try:
        return msgspec.msgpack.decode(_decoded(payload), type=kind)
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise TokenInvalid from error


def _mac(kind: type[AnyClaims], key: bytes, kid: str, payload: str) -> bytes:
    """The kind of claims is part of what is signed, so that no token can stand for another."""
    signed = f"{kind.__name__}.{kid}.{payload}".encode()
    return hmac.digest(key, signed, "sha256")


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
