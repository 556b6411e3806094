"""Pages and date bounds, as every list takes them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol, TypeVar

from chargify_simulator.fields import Fields, parse_instant, whole_number
from chargify_simulator.http import Request
from chargify_simulator.lazy_table import LazyTable
from chargify_simulator.refusals import errors
from chargify_simulator.site import Site

MAX_PER_PAGE = 200

Row = TypeVar("Row")


class Dated(Protocol):
    id: int
    created_at: datetime
    updated_at: datetime


DatedRow = TypeVar("DatedRow", bound=Dated)


def page_of(rows: list[Row], request: Request, *, per_page: int = 20) -> list[Row]:
    """One page; `per_page` above the maximum is silently lowered to it."""
    size = min(request.query.integer("per_page") or per_page, MAX_PER_PAGE)
    page = max(request.query.integer("page") or 1, 1)
    return rows[(page - 1) * size : page * size] if size > 0 else []


def page_of_table(
    table: Mapping[int, DatedRow],
    request: Request,
    *,
    is_wanted: Callable[[DatedRow], bool] | None = None,
    is_descending: bool = False,
    per_page: int = 20,
) -> list[DatedRow]:
    """By date of creation; of a generated table only what the page needs is computed."""
    if not isinstance(table, LazyTable):
        rows = [each for each in table.values() if is_wanted is None or is_wanted(each)]
        rows.sort(key=lambda each: (each.created_at, each.id), reverse=is_descending)
        return page_of(rows, request, per_page=per_page)
    size = min(request.query.integer("per_page") or per_page, MAX_PER_PAGE)
    first = (max(request.query.integer("page") or 1, 1) - 1) * max(size, 0)
    if first > table.rows + len(table.kept):
        return []
    numbers = table.numbers(is_descending=is_descending)
    if is_wanted is not None:
        numbers = (number for number in numbers if is_wanted(table[number]))
    return [table[number] for number in islice(numbers, first, first + max(size, 0))]


def check_page(site: Site, request: Request) -> None:
    """Some lists refuse pages below 1."""
    page = request.query.integer("page")
    if page is not None and page < 1:
        raise errors(site.say("page.invalid", page=page))


def date_bounds(query: Fields, prefix: str = "{}") -> tuple[datetime | None, datetime | None]:
    """From and until (exclusive), by whole days of the site or by second, which wins."""
    start = query.text(prefix.format("start_datetime"))
    end = query.text(prefix.format("end_datetime"))
    since = parse_instant(start) if start else _midnight(query, prefix.format("start_date"))
    until = parse_instant(end) if end else None
    if until:
        return since, until + timedelta(seconds=1)
    last_day = _midnight(query, prefix.format("end_date"))
    return since, last_day + timedelta(days=1) if last_day else None


def _midnight(query: Fields, name: str) -> datetime | None:
    day = query.text(name)
    return parse_instant(f"{day[:10]}T00:00:00") if day else None


def is_within(instant: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    if instant is None:
        return since is None and until is None
    return not ((since and instant < since) or (until and instant >= until))


def date_filter(query: Fields) -> Callable[[Dated], bool] | None:
    """None when every row passes; an unknown `date_field` is ignored, as the vendor does."""
    since, until = date_bounds(query)
    match query.text("date_field"):
        case "created_at":
            return lambda row: is_within(row.created_at, since, until)
        case "updated_at":
            return lambda row: is_within(row.updated_at, since, until)
        case _:
            return None


def filtered_by_date(rows: Iterable[DatedRow], query: Fields, prefix: str = "{}") -> list[DatedRow]:
    """Rows within the bounds; an unknown `date_field` is ignored, as the vendor does."""
    name = query.text(prefix.format("date_field"))
    since, until = date_bounds(query, prefix)
    if name == "created_at":
        return [row for row in rows if is_within(row.created_at, since, until)]
    if name == "updated_at":
        return [row for row in rows if is_within(row.updated_at, since, until)]
    return list(rows)


def whole_numbers(text: str | None) -> set[int]:
    """From "1,2,3"."""
    numbers = map(whole_number, (text or "").split(","))
    return {each for each in numbers if each is not None}
