"""Who makes a request: a visitor by identity token or browser id, an app's server by API key."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, cast

import msgspec
import structlog
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key, OctKey, OKPKey, RSAKey

from standfast.clock import Clock
from standfast.domain.visitor import USER_ID_LIMIT, Identity, TraitValue
from standfast.services.errors import FieldInvalid, IdentityRefused, NotFound
from standfast.services.manage_app import hash_of
from standfast.store.apps import find_app, list_apps
from standfast.store.database import Database
from standfast.store.keys import (
    Algorithm,
    IdentityKeyRow,
    find_live_api_key,
    list_live_identity_keys,
)
from standfast.store.schema import identity_keys
from standfast.store.vault import Vault, context_of

LONGEST_LIFE = timedelta(hours=1)
LEEWAY = timedelta(seconds=60)
LONGEST_TOKEN = 8_192
LONGEST_BILLING_ID = 255
STALE_SECONDS = 1.0
"""A retired key, or a changed origin, counts after at most so long."""

_ANONYMOUS_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

_log = structlog.get_logger()


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str = ""


class _Claims(msgspec.Struct, frozen=True):
    """What the token must say. Numbers of seconds since 1970, as RFC 7519 has them."""

    aud: str | list[str]
    sub: str
    iat: float
    exp: float
    traits: dict[str, TraitValue] = msgspec.field(default_factory=dict[str, TraitValue])


@dataclass(frozen=True)
class KnownKey:
    algorithm: Algorithm
    key: Key


@dataclass(frozen=True)
class KnownApp:
    """What the edge must know of an app to let anybody in."""

    id: str
    origins: frozenset[str]
    keys: Mapping[str, KnownKey]
    read_at: datetime


@dataclass(frozen=True)
class _Verified:
    identity: Identity
    kid: str
    known_key: KnownKey
    until: datetime


class Identify:
    """Safe to use from several threads. Remembers apps for a second and tokens until they expire.

    `billing_traits` are the system traits a token may carry: `spec.trait` of every connector.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        *,
        billing_traits: tuple[str, ...],
        remembered_tokens: int = 10_000,
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._billing_traits = billing_traits
        self._remembered_tokens = remembered_tokens
        self._apps: dict[str, KnownApp] = {}
        self._verified: OrderedDict[tuple[str, str], _Verified] = OrderedDict()
        self._origins: tuple[frozenset[str], datetime | None] = (frozenset(), None)
        self._lock = Lock()

    def app(self, app_id: str) -> KnownApp:
        """Raises `NotFound` on the field app."""
        now = self._clock.now()
        known = self._apps.get(app_id)
        if known and abs((now - known.read_at).total_seconds()) < STALE_SECONDS:
            return known
        known = self._read_app(app_id, now)
        self._apps[app_id] = known
        return known

    def knows_origin(self, origin: str) -> bool:
        """Whether any app lists it: what a preflight, which names no app, can be told."""
        now = self._clock.now()
        origins, read_at = self._origins
        if read_at is None or abs((now - read_at).total_seconds()) >= STALE_SECONDS:
            with self._database.reading() as reader:
                apps = list_apps(reader)
            origins = frozenset(domain for app in apps for domain in app.domains)
            self._origins = (origins, now)
        return origin in origins

    def identify(
        self, app_id: str, *, token: str | None, anonymous_id: str | None = None
    ) -> Identity:
        """Whoever presents a token is who it says, or nobody.

        Raises `NotFound` (app), `FieldInvalid` (anonymous_id), `IdentityRefused` whose message is
        for our log: the wire only says that the token was not accepted.
        """
        app = self.app(app_id)
        if token is not None:
            return self._signed(app, token)
        if anonymous_id is None:
            raise FieldInvalid("Send identity or anonymous_id.", field="anonymous_id")
        if not _ANONYMOUS_ID.fullmatch(anonymous_id):
            raise FieldInvalid(
                "An anonymous_id has 1 to 64 letters, digits, _ or -.", field="anonymous_id"
            )
        return Identity(app.id, None, anonymous_id)

    def identify_server(self, api_key: str) -> str:
        """The app whose server presents this key. Raises `IdentityRefused`."""
        with self._database.reading() as reader:
            row = find_live_api_key(reader, hash_of(api_key))
        if row is None:
            raise IdentityRefused("the API key is not one of ours, or revoked")
        return row.app_id

    def _read_app(self, app_id: str, now: datetime) -> KnownApp:
        with self._database.reading() as reader:
            row = find_app(reader, app_id)
            keys = list_live_identity_keys(reader, app_id) if row else ()
        if row is None:
            self._apps.pop(app_id, None)
            raise NotFound("There is no such app.", field="app")
        known = {one.kid: self._opened(one) for one in keys}
        return KnownApp(app_id, frozenset(row.domains), known, now)

    def _opened(self, row: IdentityKeyRow) -> KnownKey:
        if row.sealed_secret is None:
            kind = OKPKey if row.algorithm is Algorithm.EDDSA else RSAKey
            return KnownKey(row.algorithm, kind.import_key(row.public_key or ""))
        context = context_of(identity_keys.c.secret, row.kid)
        secret = self._vault.unseal(row.sealed_secret, context=context)
        return KnownKey(row.algorithm, OctKey.import_key(secret))

    def _signed(self, app: KnownApp, token: str) -> Identity:
        now = self._clock.now()
        known = self._verified.get((app.id, token))
        if known and known.kid in app.keys and known.until > now:
            return known.identity
        try:
            verified = self._verify(app, token, now)
        except IdentityRefused as refused:
            _log.info("identity.refused", app=app.id, reason=str(refused))
            raise
        self._remember((app.id, token), verified)
        return verified.identity

    def _remember(self, place: tuple[str, str], verified: _Verified) -> None:
        with self._lock:
            self._verified[place] = verified
            while len(self._verified) > self._remembered_tokens:
                self._verified.popitem(last=False)

    def _verify(self, app: KnownApp, token: str, now: datetime) -> _Verified:
        kid, known_key, payload = _checked_signature(app, token)
        claims = _read_claims(payload)
        until = _checked_times(claims, now)
        if app.id not in ([claims.aud] if isinstance(claims.aud, str) else claims.aud):
            raise IdentityRefused("aud does not name this app")
        if not 0 < len(claims.sub.encode()) <= USER_ID_LIMIT or not claims.sub.isprintable():
            raise IdentityRefused(f"sub must be 1 to {USER_ID_LIMIT} bytes of printable text")
        billing_ids = self._billing_ids(payload)
        identity = Identity(app.id, claims.sub, None, claims.traits, billing_ids)
        return _Verified(identity, kid, known_key, until)

    def _billing_ids(self, payload: dict[str, Any]) -> dict[str, str]:
        """Text or whole numbers; null and "" count as absent."""
        found: dict[str, str] = {}
        for trait in self._billing_traits:
            value = payload.get(trait)
            if value is None or value == "":
                continue
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise IdentityRefused(f"{trait} must be text or a whole number")
            if len(str(value)) > LONGEST_BILLING_ID:
                raise IdentityRefused(f"{trait} has more than {LONGEST_BILLING_ID} characters")
            found[trait] = str(value)
        return found


def _checked_signature(app: KnownApp, token: str) -> tuple[str, KnownKey, dict[str, Any]]:
    """The key names its own algorithm; what the token wishes for is only compared."""
    if len(token) > LONGEST_TOKEN:
        raise IdentityRefused("the token is too long")
    try:
        unverified = jws.extract_compact(token.encode())
        header = msgspec.convert(unverified.headers(), _Header)
    except (JoseError, ValueError, UnicodeError, msgspec.ValidationError) as error:
        raise IdentityRefused("this is not a signed token") from error
    known = app.keys.get(header.kid)
    if known is None:
        raise IdentityRefused("kid does not name a valid key of this app")
    if header.alg not in _NAMES[known.algorithm]:
        raise IdentityRefused("alg is not the algorithm of this key")
    try:
        is_genuine = jws.validate_compact(unverified, known.key, registry=_REGISTRY)
    except (JoseError, ValueError) as error:
        raise IdentityRefused("the signature cannot be checked") from error
    if not is_genuine:
        raise IdentityRefused("the signature is forged")
    return header.kid, known, _object(unverified.payload)


class _Algorithms(jws.JWSRegistry):
    """Knows what our keys know, under the old name of Ed25519 too, and does not warn of it."""

    def get_alg(self, name: str) -> Any:
        return super().get_alg("Ed25519" if name == "EdDSA" else name)


_REGISTRY = _Algorithms(algorithms=["HS256", "RS256", "Ed25519"], strict_check_header=False)

# RFC 9864 (October 2025) renames EdDSA with this curve to Ed25519; senders use either name.
_NAMES: dict[Algorithm, tuple[str, ...]] = {
    Algorithm.HS256: ("HS256",),
    Algorithm.EDDSA: ("EdDSA", "Ed25519"),
    Algorithm.RS256: ("RS256",),
}


def _object(payload: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(payload)
    except msgspec.DecodeError as error:
        raise IdentityRefused("the payload is not JSON") from error
    if not isinstance(found, dict):
        raise IdentityRefused("the payload is not an object")
    return cast("dict[str, Any]", found)


def _read_claims(payload: dict[str, Any]) -> _Claims:
    try:
        return msgspec.convert(payload, _Claims)
    except msgspec.ValidationError as error:
        raise IdentityRefused(f"a claim is missing or of the wrong kind: {error}") from error


def _checked_times(claims: _Claims, now: datetime) -> datetime:
    """Until when the token holds."""
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    if not abs(claims.iat) < 1e11 or not abs(claims.exp) < 1e11:
        raise IdentityRefused("iat and exp are seconds since 1970")
    if claims.iat > moment + leeway:
        raise IdentityRefused("iat lies in the future")
    if claims.exp - claims.iat > LONGEST_LIFE.total_seconds():
        raise IdentityRefused("the token lives longer than an hour")
    if claims.exp + leeway <= moment:
        raise IdentityRefused("the token has expired")
    return now + timedelta(seconds=claims.exp + leeway - moment)
