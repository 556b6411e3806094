"""Contract values in and out of JSON columns."""

import sys
from contextlib import suppress
from dataclasses import is_dataclass
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def packed(value: object) -> Any:
    """The value as plain JSON types."""
    return msgspec.to_builtins(value)


def unpacked(body: Any, kind: type[T]) -> T:
    """The value a JSON column holds. Raises `msgspec.ValidationError` when it is not one."""
    return msgspec.convert(body, kind)


def learn_types() -> int:
    """Let msgspec learn every type of ours now, in one thread; how many those were.

    It learns a type when the type is first converted, and a second thread that comes in the middle
    of that reads what is not there yet: the process ends with a segmentation fault (seen with
    0.22.0 under the chaos run, 2026-11-23). So nobody converts before this has run.
    """
    ours = [module for name, module in list(sys.modules.items()) if name.startswith("standfast")]
    things: list[Any] = [one for module in ours for one in vars(module).values()]
    classes = {one for one in things if isinstance(one, type) and _is_converted(one)}
    learned = 0
    for one in classes:
        with suppress(TypeError, NameError, AttributeError):  # not a type that is converted
            msgspec.json.Decoder(one)
            learned += 1
    return learned


def _is_converted(one: Any) -> bool:
    return issubclass(one, msgspec.Struct) or is_dataclass(one)
