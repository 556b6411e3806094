"""Short, stable names for things that must be the same wherever they are computed."""

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(at: datetime) -> int:
    """Since 1970: exact, so that an instant is the same number in a hash and in a column."""
    return (at - EPOCH) // timedelta(microseconds=1)


def digest(*parts: object) -> str:
    """32 hex characters (128 bits) over the parts, unambiguous and the same for ever."""
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=16).hexdigest()


def bucket(*, salt: str, key: str, visitor: str) -> int:
    """0..9,999: blake2b of the JSON list [salt, key, visitor], its first 8 bytes modulo 10,000."""
    raw = hashlib.blake2b(msgspec.json.encode((salt, key, visitor)), digest_size=8).digest()
    return int.from_bytes(raw, "big") % 10_000
