"""Which pages a prompt is for."""

from collections.abc import Callable

from standfast.domain.pattern import compile_pattern
from standfast.domain.prompt import PageTrigger
from standfast.domain.request import Page

PageMatcher = Callable[[Page], bool]


def compile_page(trigger: PageTrigger) -> PageMatcher:
    """A function that tells whether a page fits. Raises `PatternInvalid` for a bad expression."""
    fits_path = _path_matcher(trigger)
    query = tuple(trigger.query.items())
    wanted_hash = None if trigger.hash is None else trigger.hash.removeprefix("#")

    def fits(page: Page) -> bool:
        if not fits_path(page.path):
            return False
        if wanted_hash is not None and page.hash != wanted_hash:
            return False
        return all(_has_word(page, key, value) for key, value in query)

    return fits


def _has_word(page: Page, key: str, value: str) -> bool:
    """`*` stands for any value, also an empty one."""
    return any(name == key and value in {"*", found} for name, found in page.query)


def _path_matcher(trigger: PageTrigger) -> Callable[[str], bool]:
    if trigger.is_regex:
        return compile_pattern(trigger.path)
    if trigger.path == "*":
        return lambda _path: True
    pieces = trigger.path.split("*")
    return lambda path: _matches(pieces, path) or _matches(pieces, _other_ending(path))


def _other_ending(path: str) -> str:
    """A slash at the end makes no other page."""
    return path.rstrip("/") or "/" if path.endswith("/") else path + "/"


def _matches(pieces: list[str], path: str) -> bool:
    """Whether the path is these pieces with anything between them, in linear time."""
    first, *middle = pieces
    if not middle:
        return path == first
    last = middle.pop()
    if not path.startswith(first) or not path.endswith(last):
        return False
    position, end = len(first), len(path) - len(last)
    for piece in middle:
        found = path.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return position <= end
