"""Finds the operation for a method and a path."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .http import Answer, Request

if TYPE_CHECKING:
    from .site import Site

Operation = Callable[["Site", Request], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    """As in "/subscriptions/{id}/add_coupon.json"."""
    operation: Operation
    is_open: bool = False
    """True when the vendor asks for no credentials."""


@dataclass(frozen=True, slots=True)
class Match:
    route: Route
    names: dict[str, str]


class Router:
    def __init__(self, routes: list[Route]) -> None:
        self._by_shape: dict[tuple[str, int, str], list[tuple[tuple[str, ...], Route]]] = {}
        for route in routes:
            parts = _parts(route.path)  # the first one is never a name
            self._by_shape.setdefault((route.method, len(parts), parts[0]), []).append(
                (parts, route)
            )
        for candidates in self._by_shape.values():
            candidates.sort(key=lambda each: sum(part.startswith("{") for part in each[0]))

    def find(self, method: str, path: str) -> Match | None:
        """The route with the fewest named parts that fits; `path` is still percent-encoded."""
        if not path.endswith(".json"):
            return None
        parts = _parts(path)
        for pattern, route in self._by_shape.get((method, len(parts), parts[0]), ()):
            names = _fit(pattern, parts)
            if names is not None:
                return Match(route, names)
        return None


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.removesuffix(".json").strip("/").split("/"))


def _fit(pattern: tuple[str, ...], parts: tuple[str, ...]) -> dict[str, str] | None:
    names: dict[str, str] = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted[0] == "{":
            names[wanted[1:-1]] = unquote(part)
        elif wanted != part:
            return None
    return names
