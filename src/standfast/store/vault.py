"""Secrets at rest: sealed with AES-256-GCM, bound to the place they stand in."""

import base64
import contextlib
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Table, select, update

from standfast.store.database import Reader, Transaction
from standfast.store.schema import apps, connections, identity_keys
from standfast.store.schema_ledger import seal_keys

KEY_BYTES = 32
KEY_VARIABLE = "STANDFAST_KEY"
KEY_FILE = "key"

_FORMAT = b"\x01"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12  # 96 bits, random: NIST SP 800-38D allows 2^32 seals per key
_HEAD = len(_FORMAT) + _KEY_ID_BYTES + _NONCE_BYTES


class VaultError(Exception):
    """A secret cannot be sealed or unsealed."""


class KeyUnusable(VaultError):
    """The key, or the file that holds it, cannot be used; the message says what to do."""


class SealBroken(VaultError):
    """The sealed bytes were changed, or stand in another place than they were sealed for."""


class KeyMissing(VaultError):
    """The sealed bytes belong to a key that is not among ours."""


class Secret:
    """A text that prints as `***`; `reveal` is the only way to read it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and secrets.compare_digest(
            self._text.encode(), other._text.encode()
        )

    def __hash__(self) -> int:
        return hash(self._text)


class Vault:
    """Seals with its first key, unseals with any of them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys: dict[bytes, AESGCM] = {}
        self.use(keys)

    def __repr__(self) -> str:
        return f"Vault({len(self._keys)} keys)"

    def use(self, keys: Sequence[bytes]) -> None:
        """From now on these keys; a rotation in a running process swaps them."""
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise KeyUnusable(f"A vault needs keys of {KEY_BYTES} bytes.")
        self._keys = {key_id(key): AESGCM(key) for key in keys}

    def seal(self, data: bytes, *, context: str) -> bytes:
        """`context` names the place ("connections:<id>:secrets"); it must be given again."""
        named, cipher = next(iter(self._keys.items()))
        nonce = os.urandom(_NONCE_BYTES)
        head = _FORMAT + named + nonce
        return head + cipher.encrypt(nonce, data, _bound_to(named, context))

    def unseal(self, blob: bytes, *, context: str) -> bytes:
        """Raises `KeyMissing` or `SealBroken`."""
        if len(blob) < _HEAD or not blob.startswith(_FORMAT):
            raise SealBroken(f"{context}: these are not sealed bytes")
        named, nonce = _key_id_of(blob), blob[_HEAD - _NONCE_BYTES : _HEAD]
        cipher = self._keys.get(named)
        if cipher is None:
            raise KeyMissing(f"{context}: sealed with key {named.hex()}, which is not ours")
        try:
            return cipher.decrypt(nonce, blob[_HEAD:], _bound_to(named, context))
        except InvalidTag as error:
            raise SealBroken(f"{context}: changed, or moved from another place") from error

    def is_newest(self, blob: bytes) -> bool:
        """Whether the blob is sealed with the key that seals now."""
        return _key_id_of(blob) == next(iter(self._keys))


def key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"standfast vault key" + key).digest()[:_KEY_ID_BYTES]


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def _key_id_of(blob: bytes) -> bytes:
    return blob[len(_FORMAT) : len(_FORMAT) + _KEY_ID_BYTES]


def _bound_to(named: bytes, context: str) -> bytes:
    return _FORMAT + named + context.encode()


# --- where the keys are -----------------------------------------------------------------------


def read_keys(data: Path, variable: str | None) -> list[bytes]:
    """The keys from STANDFAST_KEY, or else from the key file, which is made when missing."""
    if variable and variable.strip():
        return _decoded(variable.replace(",", " ").split(), where=KEY_VARIABLE)
    file = data / KEY_FILE
    if not file.exists():
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make_key_file(file)
    return read_key_file(file)


def read_key_file(file: Path) -> list[bytes]:
    mode = file.stat().st_mode & 0o777
    if mode & 0o077:
        raise KeyUnusable(
            f"The key file {file} can be read by others (mode {mode:03o}). Run: chmod 600 {file}"
        )
    return _decoded(file.read_text(encoding="ascii", errors="replace").split(), where=str(file))


def write_key_file(file: Path, keys: Sequence[bytes]) -> None:
    """All or nothing: a kill at any instruction leaves the old file or the new one."""
    _written_beside(file, keys).replace(file)
    _sync_folder(file.parent)


def _make_key_file(file: Path) -> None:
    """The first process to start makes it; whoever comes second keeps what is there."""
    beside = _written_beside(file, [new_key()])
    with contextlib.suppress(FileExistsError):
        os.link(beside, file)
    beside.unlink()
    _sync_folder(file.parent)


def _written_beside(file: Path, keys: Sequence[bytes]) -> Path:
    beside = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.writelines(f"{base64.b64encode(key).decode()}\n" for key in keys)
        opened.flush()
        os.fsync(opened.fileno())
    return beside


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _decoded(texts: Sequence[str], *, where: str) -> list[bytes]:
    try:
        keys = [base64.b64decode(text, validate=True) for text in texts]
    except ValueError:  # not base64, or not ASCII
        keys = [b""]
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise KeyUnusable(
            f"{where} must hold base64 of {KEY_BYTES} random bytes, several separated by commas "
            "or lines. Make one with: openssl rand -base64 32"
        )
    return keys


# --- what is sealed ---------------------------------------------------------------------------

SEALED: tuple[tuple[Table, Column[str], Column[bytes]], ...] = (
    (apps, apps.c.id, apps.c.token_secret),
    (identity_keys, identity_keys.c.kid, identity_keys.c.secret),
    (connections, connections.c.id, connections.c.secrets),
    (seal_keys, seal_keys.c.id, seal_keys.c.private_key),
)
"""Every sealed column with the key of its row; a rotation walks this list."""


def context_of(column: Column[bytes], row: str) -> str:
    """The place a sealed value is bound to, as in "connections:<id>:secrets"."""
    return f"{column.table.name}:{row}:{column.name}"


def reseal_everything(transaction: Transaction, vault: Vault) -> int:
    """Seal again what an older key sealed; how many values that were.

    Raises `KeyMissing` or `SealBroken` before anything is changed for good.
    """
    count = 0
    for table, row_key, column in SEALED:
        query = select(row_key, column).where(column.is_not(None)).with_for_update()
        for row, blob in transaction.connection.execute(query).all():
            if vault.is_newest(blob):
                continue
            context = context_of(column, row)
            sealed = vault.seal(vault.unseal(blob, context=context), context=context)
            change = update(table).where(row_key == row).values({column: sealed})
            transaction.connection.execute(change)
            count += 1
    return count


def broken_seals(reader: Reader, vault: Vault) -> list[str]:
    """What cannot be unsealed with our keys, one sentence each; for `doctor`."""
    found: list[str] = []
    for _, row_key, column in SEALED:
        query = select(row_key, column).where(column.is_not(None))
        for row, blob in reader.connection.execute(query):
            try:
                vault.unseal(blob, context=context_of(column, row))
            except VaultError as error:
                found.append(str(error))
    return found
