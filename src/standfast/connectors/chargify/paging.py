"""Walking Chargify's lists page by page."""

from collections.abc import Iterator

import msgspec

from standfast.connectors.chargify.errors import ensure_read
from standfast.connectors.chargify.models import PricePointsBody, read_as
from standfast.contract.errors import AnswerLost
from standfast.contract.transport import Call, Method, Transport

_MOST_PER_PAGE = 200  # "per_page above the maximum is silently lowered to it"
_FEWEST_PER_PAGE = 25


def pages(
    transport: Transport, path: str, query: tuple[tuple[str, str], ...] = ()
) -> Iterator[list[msgspec.Raw]]:
    """The raw rows of each page, until one has fewer rows than asked for.

    A page that does not come in time is asked for again in halves, down to 25 rows: page p of n
    rows begins where page 2p-1 of n/2 rows does.
    """
    page, per_page = 1, _MOST_PER_PAGE
    while True:
        asked = (*query, ("page", str(page)), ("per_page", str(per_page)))
        try:
            answer = ensure_read(transport.send(Call(Method.GET, path, asked)))
        except AnswerLost:
            if per_page <= _FEWEST_PER_PAGE:
                raise
            page, per_page = 2 * page - 1, per_page // 2
            continue
        raw = _raw_rows(answer.body)
        yield raw
        if len(raw) < per_page:
            return
        page += 1


def _raw_rows(body: bytes) -> list[msgspec.Raw]:
    """Most lists are bare arrays; the price points' is wrapped."""
    if body.lstrip()[:1] == b"{":
        return read_as(body, PricePointsBody).price_points
    return read_as(body, list[msgspec.Raw])
