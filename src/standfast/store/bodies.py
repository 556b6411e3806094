"""Contract values in and out of JSON columns."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def packed(value: object) -> Any:
    """The value as plain JSON types."""
    return msgspec.to_builtins(value)


def unpacked(body: Any, kind: type[T]) -> T:
    """The value a JSON column holds. Raises `msgspec.ValidationError` when it is not one."""
    return msgspec.convert(body, kind)
