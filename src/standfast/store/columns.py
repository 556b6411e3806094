"""Column types that mean the same on SQLite and on PostgreSQL."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

from standfast.domain.hashing import EPOCH, microseconds


def instant(value: datetime | None) -> int | None:
    """As an `Instant` is kept."""
    return None if value is None else microseconds(value)


def read_instant(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)


def read_spoilt_instant(value: int) -> datetime:
    """Of a row that somebody may have spoilt: what no instant can be is the first of all."""
    try:
        return read_instant(value) or EPOCH
    except OverflowError:
        return EPOCH


def json_text(value: object) -> str | None:
    """As a `Json` is kept."""
    return None if value is None else msgspec.json.encode(value, order="sorted").decode()


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as microseconds since 1970 so that both databases compare alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        _ = dialect
        return instant(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        _ = dialect
        return read_instant(value)


class Json(TypeDecorator[Any]):
    """A JSON value kept as text; the reader converts it to its type."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        _ = dialect
        return json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        _ = dialect
        return None if value is None else msgspec.json.decode(value)
