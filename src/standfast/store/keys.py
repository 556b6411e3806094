"""The keys of an app: for its server (API) and for its visitors (identity)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select, update

from standfast.store.database import Reader, Transaction
from standfast.store.schema import api_keys, identity_keys


class Algorithm(StrEnum):
    """How an identity token may be signed."""

    HS256 = "HS256"
    """A secret shared with the app's server."""
    EDDSA = "EdDSA"
    """An Ed25519 key pair; we hold the public half."""
    RS256 = "RS256"
    """An RSA key pair; we hold the public half."""


@dataclass(frozen=True)
class ApiKeyRow:
    """Only the SHA-256 of the key is kept."""

    hash: str
    app_id: str
    label: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class IdentityKeyRow:
    """`sealed_secret` (HS256) is for the vault only; the others have a `public_key` (PEM)."""

    kid: str
    app_id: str
    algorithm: Algorithm
    sealed_secret: bytes | None
    public_key: str | None
    created_at: datetime
    retired_at: datetime | None = None

    def __repr__(self) -> str:
        return f"IdentityKeyRow({self.kid!r}, {self.algorithm})"


def add_api_key(transaction: Transaction, row: ApiKeyRow) -> None:
    transaction.connection.execute(
        insert(api_keys).values(
            hash=row.hash,
            app_id=row.app_id,
            label=row.label,
            created_at=row.created_at,
            revoked_at=row.revoked_at,
        )
    )


def find_live_api_key(reader: Reader, key_hash: str) -> ApiKeyRow | None:
    query = select(api_keys).where(api_keys.c.hash == key_hash, api_keys.c.revoked_at.is_(None))
    found = reader.connection.execute(query).one_or_none()
    return _api_key(found) if found else None


def list_api_keys(reader: Reader, app_id: str) -> tuple[ApiKeyRow, ...]:
    query = select(api_keys).where(api_keys.c.app_id == app_id).order_by(api_keys.c.created_at)
    return tuple(_api_key(found) for found in reader.connection.execute(query))


def revoke_api_keys(transaction: Transaction, app_id: str, *, label: str, at: datetime) -> int:
    """How many live keys of this label there were."""
    changed = transaction.connection.execute(
        update(api_keys)
        .where(
            api_keys.c.app_id == app_id,
            api_keys.c.label == label,
            api_keys.c.revoked_at.is_(None),
        )
        .values(revoked_at=at)
    )
    return changed.rowcount


def add_identity_key(transaction: Transaction, row: IdentityKeyRow) -> None:
    transaction.connection.execute(
        insert(identity_keys).values(
            kid=row.kid,
            app_id=row.app_id,
            algorithm=row.algorithm,
            secret=row.sealed_secret,
            public_key=row.public_key,
            created_at=row.created_at,
            retired_at=row.retired_at,
        )
    )


def list_live_identity_keys(reader: Reader, app_id: str) -> tuple[IdentityKeyRow, ...]:
    query = (
        select(identity_keys)
        .where(identity_keys.c.app_id == app_id, identity_keys.c.retired_at.is_(None))
        .order_by(identity_keys.c.created_at, identity_keys.c.kid)
    )
    return tuple(_identity_key(found) for found in reader.connection.execute(query))


def retire_identity_key(transaction: Transaction, app_id: str, kid: str, *, at: datetime) -> bool:
    """False when the app has no such live key."""
    changed = transaction.connection.execute(
        update(identity_keys)
        .where(
            identity_keys.c.app_id == app_id,
            identity_keys.c.kid == kid,
            identity_keys.c.retired_at.is_(None),
        )
        .values(retired_at=at)
    )
    return changed.rowcount == 1


def _api_key(found: Row[Any]) -> ApiKeyRow:
    return ApiKeyRow(found.hash, found.app_id, found.label, found.created_at, found.revoked_at)


def _identity_key(found: Row[Any]) -> IdentityKeyRow:
    return IdentityKeyRow(
        kid=found.kid,
        app_id=found.app_id,
        algorithm=Algorithm(found.algorithm),
        sealed_secret=found.secret,
        public_key=found.public_key,
        created_at=found.created_at,
        retired_at=found.retired_at,
    )
