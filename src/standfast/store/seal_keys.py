"""The keys that sign the sealed chain: Ed25519, so that whoever has the public half can verify."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import insert, select

from standfast.store.database import Reader, Transaction
from standfast.store.schema_ledger import seal_keys
from standfast.store.vault import Vault, VaultError, context_of

PUBLIC_KEY_BYTES = 32


@dataclass(frozen=True)
class SigningKey:
    """`id` follows from the public half and stands in every seal that it signs."""

    id: str
    private: Ed25519PrivateKey = field(repr=False)

    def sign(self, text: str) -> str:
        return self.private.sign(text.encode()).hex()


@dataclass(frozen=True)
class KnownKey:
    """What a signature is checked against. `problem`: why this key cannot be believed."""

    id: str
    public_key: str
    problem: str | None = None

    def has_signed(self, text: str, signature: str) -> bool:
        try:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))
            public.verify(bytes.fromhex(signature), text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


def known_key(public_key: str) -> KnownKey:
    """A public key as somebody hands it over: 64 hexadecimal characters. Raises `ValueError`."""
    raw = bytes.fromhex(public_key.strip())
    if len(raw) != PUBLIC_KEY_BYTES:
        raise ValueError(f"a public key has {PUBLIC_KEY_BYTES} bytes")
    return KnownKey(key_id_of(raw), raw.hex())


def key_id_of(public_key: bytes) -> str:
    """The name of a key: the beginning of its SHA-256."""
    return sha256(public_key).hexdigest()[:16]


def signing_key(transaction: Transaction, vault: Vault, *, now: datetime) -> SigningKey:
    """The newest that our vault opens, or a new one."""
    newest_first = select(seal_keys).order_by(seal_keys.c.created_at.desc())
    for row in transaction.connection.execute(newest_first):
        try:
            return SigningKey(row.id, _opened(row.id, row.private_key, vault))
        except VaultError:
            continue  # a key file was lost; what it signed can still be verified
    return _new_key(transaction, vault, now)


def list_known_keys(reader: Reader, vault: Vault | None) -> list[KnownKey]:
    """The oldest first. With a vault each is held against the private half that only it opens."""
    rows = reader.connection.execute(select(seal_keys).order_by(seal_keys.c.created_at)).all()
    return [
        KnownKey(row.id, row.public_key, _problem(row.id, row.public_key, row.private_key, vault))
        for row in rows
    ]


def _problem(key_id: str, public_key: str, sealed: bytes, vault: Vault | None) -> str | None:
    if vault is None:
        return None
    try:
        public = _opened(key_id, sealed, vault).public_key().public_bytes_raw()
    except VaultError:
        return "private_key: our vault did not seal it"
    if public.hex() != public_key:
        return "public_key: it does not belong to the private key in the vault"
    return None if key_id_of(public) == key_id else "id: it does not follow from the public key"


def _opened(key_id: str, sealed: bytes, vault: Vault) -> Ed25519PrivateKey:
    raw = vault.unseal(sealed, context=context_of(seal_keys.c.private_key, key_id))
    return Ed25519PrivateKey.from_private_bytes(raw)


def _new_key(transaction: Transaction, vault: Vault, now: datetime) -> SigningKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    key_id = key_id_of(public)
    context = context_of(seal_keys.c.private_key, key_id)
    transaction.connection.execute(
        insert(seal_keys).values(
            id=key_id,
            public_key=public.hex(),
            private_key=vault.seal(private.private_bytes_raw(), context=context),
            created_at=now,
        )
    )
    return SigningKey(key_id, private)
