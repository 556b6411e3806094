"""Apps and their keys: made, listed, withdrawn."""

import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from standfast.clock import Clock
from standfast.services.errors import FieldInvalid, NotFound, NotNow
from standfast.store.apps import AppRow, add_app, find_app, list_apps, save_app_settings
from standfast.store.database import Database, Reader
from standfast.store.keys import (
    Algorithm,
    ApiKeyRow,
    IdentityKeyRow,
    add_api_key,
    add_identity_key,
    list_api_keys,
    list_live_identity_keys,
    retire_identity_key,
    revoke_api_keys,
)
from standfast.store.schema import apps, identity_keys
from standfast.store.vault import Secret, Vault, context_of

MOST_IDENTITY_KEYS = 2
LEAST_RSA_BITS = 2048
MOST_NAME = 200

FIRST_APP = "My app"
FIRST_DOMAINS = ("http://localhost:3000", "http://127.0.0.1:3000")


@dataclass(frozen=True)
class NewIdentityKey:
    """`secret` is shown once, and only for HS256."""

    kid: str
    algorithm: Algorithm
    secret: Secret | None


@dataclass(frozen=True)
class ManageApp:
    database: Database
    vault: Vault
    clock: Clock

    def create(self, name: str, *, domains: tuple[str, ...], time_zone: str = "UTC") -> AppRow:
        """Raises `FieldInvalid` naming name, domains or time_zone."""
        row = self._new_row(name, domains, time_zone)
        with self.database.writing() as transaction:
            add_app(transaction, row)
        return row

    def create_first(self) -> AppRow | None:
        """The app of a fresh installation; None when there is one already."""
        row = self._new_row(FIRST_APP, FIRST_DOMAINS, "UTC")
        with self.database.writing() as transaction:
            if list_apps(transaction):
                return None
            add_app(transaction, row)
        return row

    def list(self) -> tuple[AppRow, ...]:
        with self.database.reading() as reader:
            return list_apps(reader)

    def change_domains(self, app_id: str, domains: tuple[str, ...]) -> AppRow:
        """Raises `FieldInvalid`, `NotFound`."""
        origins = origins_of(domains)
        with self.database.writing() as transaction:
            row = _get(transaction, app_id)
            save_app_settings(
                transaction,
                app_id,
                name=row.name,
                domains=origins,
                time_zone=row.time_zone,
                holdout_percent=row.holdout_percent,
            )
            return _get(transaction, app_id)

    def create_api_key(self, app_id: str, *, label: str) -> Secret:
        """The key, which is never shown again. Raises `FieldInvalid`, `NotFound`."""
        key = f"sk_{secrets.token_urlsafe(32)}"
        row = ApiKeyRow(hash_of(key), app_id, name_of(label, "label"), self.clock.now())
        with self.database.writing() as transaction:
            _get(transaction, app_id)
            add_api_key(transaction, row)
        return Secret(key)

    def list_api_keys(self, app_id: str) -> tuple[ApiKeyRow, ...]:
        with self.database.reading() as reader:
            return list_api_keys(reader, app_id)

    def revoke_api_key(self, app_id: str, *, label: str) -> None:
        """Raises `NotFound` when no live key has this label."""
        with self.database.writing() as transaction:
            if not revoke_api_keys(transaction, app_id, label=label, at=self.clock.now()):
                raise NotFound("This app has no live API key with this label.", field="label")

    def create_identity_key(
        self,
        app_id: str,
        *,
        algorithm: Algorithm = Algorithm.HS256,
        public_key: str | None = None,
    ) -> NewIdentityKey:
        """HS256 makes a secret; the others take the app's public key.

        Raises `FieldInvalid`, `NotFound`, and `NotNow` when two keys are valid already.
        """
        kid = f"idk_{secrets.token_hex(6)}"
        secret = _new_secret(algorithm, public_key)
        row = IdentityKeyRow(
            kid=kid,
            app_id=app_id,
            algorithm=algorithm,
            sealed_secret=self._sealed(kid, secret),
            public_key=public_key,
            created_at=self.clock.now(),
        )
        with self.database.writing() as transaction:
            _get(transaction, app_id)
            if len(list_live_identity_keys(transaction, app_id)) >= MOST_IDENTITY_KEYS:
                raise NotNow("Two identity keys are valid already. Retire one first.")
            add_identity_key(transaction, row)
        return NewIdentityKey(kid, algorithm, secret)

    def list_identity_keys(self, app_id: str) -> tuple[IdentityKeyRow, ...]:
        """The valid ones."""
        with self.database.reading() as reader:
            return list_live_identity_keys(reader, app_id)

    def retire_identity_key(self, app_id: str, kid: str) -> None:
        """Raises `NotFound`."""
        with self.database.writing() as transaction:
            if not retire_identity_key(transaction, app_id, kid, at=self.clock.now()):
                raise NotFound("This app has no such valid identity key.", field="kid")

    def _new_row(self, name: str, domains: tuple[str, ...], time_zone: str) -> AppRow:
        if time_zone not in available_timezones():
            raise FieldInvalid(f"There is no time zone {time_zone!r}.", field="time_zone")
        app_id = f"app_{secrets.token_hex(8)}"
        token_secret = secrets.token_bytes(32)
        return AppRow(
            id=app_id,
            name=name_of(name, "name"),
            domains=origins_of(domains),
            time_zone=time_zone,
            holdout_percent=0.0,
            sealed_token_secret=self.vault.seal(
                token_secret, context=context_of(apps.c.token_secret, app_id)
            ),
            snapshot_hash=None,
            created_at=self.clock.now(),
        )

    def _sealed(self, kid: str, secret: Secret | None) -> bytes | None:
        if secret is None:
            return None
        context = context_of(identity_keys.c.secret, kid)
        return self.vault.seal(secret.reveal().encode(), context=context)


def hash_of(api_key: str) -> str:
    """A key has 256 random bits, so a plain hash is as good as a slow one."""
    return hashlib.sha256(api_key.encode()).hexdigest()


def _get(reader: Reader, app_id: str) -> AppRow:
    row = find_app(reader, app_id)
    if row is None:
        raise NotFound("There is no such app.", field="app")
    return row


def name_of(text: str, field: str) -> str:
    name = text.strip()
    if not 0 < len(name) <= MOST_NAME:
        raise FieldInvalid(f"Enter a {field} of 1 to {MOST_NAME} characters.", field=field)
    return name


def origins_of(domains: tuple[str, ...]) -> tuple[str, ...]:
    """Origins: "Acme.io" and "https://acme.io/" are the origin "https://acme.io"."""
    return tuple(dict.fromkeys(_origin(domain) for domain in domains))


def _origin(domain: str) -> str:
    text = domain.strip().lower()
    problem = FieldInvalid(
        f"{domain!r} is not an origin; write acme.io or http://localhost:3000.", field="domains"
    )
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port = parts.port
    except ValueError as error:
        raise problem from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or "*" in text:
        raise problem
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
        raise problem
    is_default = port == {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port and not is_default else "")


def _new_secret(algorithm: Algorithm, public_key: str | None) -> Secret | None:
    if algorithm is Algorithm.HS256:
        if public_key is not None:
            raise FieldInvalid("HS256 has a secret, not a public key.", field="public_key")
        return Secret(secrets.token_urlsafe(32))
    _refuse_bad_public_key(algorithm, public_key or "")
    return None


def _refuse_bad_public_key(algorithm: Algorithm, pem: str) -> None:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise FieldInvalid("This is not a public key in PEM form.", field="public_key") from error
    if algorithm is Algorithm.EDDSA and not isinstance(key, Ed25519PublicKey):
        raise FieldInvalid("EdDSA needs an Ed25519 public key.", field="public_key")
    if algorithm is Algorithm.RS256 and not (
        isinstance(key, RSAPublicKey) and key.key_size >= LEAST_RSA_BITS
    ):
        raise FieldInvalid(
            f"RS256 needs an RSA public key of {LEAST_RSA_BITS} bits or more.", field="public_key"
        )
