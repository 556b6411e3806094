"""What a page tells us when it asks what to show."""

from urllib.parse import parse_qsl, urlsplit

import msgspec

from standfast.domain.visitor import TraitValue

ADDRESS_LIMIT = 2_000


class PageEvent(msgspec.Struct, frozen=True):
    """Something the page reports while it asks."""

    name: str
    properties: dict[str, TraitValue] = msgspec.field(default_factory=dict[str, TraitValue])


class DecideRequest(msgspec.Struct, frozen=True):
    """Unsigned: nothing in it is believed about the visitor.

    `page` is the address of the page; `traits` are visible to rules as "page.<key>" only.
    """

    page: str = ""
    referrer: str = ""
    device: str = ""
    language: str = ""
    time_zone: str = ""
    event: PageEvent | None = None
    traits: dict[str, TraitValue] = msgspec.field(default_factory=dict[str, TraitValue])


class Page(msgspec.Struct, frozen=True):
    """The parts of a page's address that triggers look at."""

    path: str = "/"
    query: tuple[tuple[str, str], ...] = ()
    hash: str = ""


def read_page(address: str) -> Page:
    """The page behind an address; one that cannot be read is the root."""
    try:
        parts = urlsplit(address[:ADDRESS_LIMIT])
        query = tuple(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return Page()
    return Page(path=parts.path or "/", query=query, hash=parts.fragment)
