"""Product price points (reading)."""

from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import PricePoint
from chargify_simulator.refusals import errors, not_found
from chargify_simulator.routing import Route
from chargify_simulator.site import Site
from chargify_simulator.views import price_point_view

from .catalogue import get_product
from .paging import filtered_by_date, page_of, whole_numbers

PER_PRODUCT = 10
DATE_FIELDS = {None, "created_at", "updated_at"}


def list_of_product(site: Site, request: Request) -> Answer:
    """Newest first since 2020, ten to a page."""
    product = get_product(site, request)
    archived = bool(request.query.flag("archived"))
    kinds = _kinds(request.query.text("filter[type]"))
    rows = [
        each
        for each in site.price_points_of(product)
        if bool(each.archived_at) == archived and each.type in kinds
    ]
    rows.sort(key=lambda each: (each.created_at, each.id), reverse=True)
    return _page(page_of(rows, request, per_page=PER_PRODUCT))


def list_of_site(site: Site, request: Request) -> Answer:
    query = request.query
    if query.text("filter[date_field]") not in DATE_FIELDS:
        raise errors(site.say("price_point.date_field"))
    kinds, ids = _kinds(query.text("filter[type]")), whole_numbers(query.text("filter[ids]"))
    wants_archived = query.text("filter[archived_at]")
    rows = [
        each
        for each in filtered_by_date(site.price_points.values(), query, "filter[{}]")
        if each.type in kinds
        and (not ids or each.id in ids)
        and (wants_archived is None or bool(each.archived_at) == (wants_archived == "not_null"))
    ]
    rows.sort(key=lambda each: each.id, reverse=query.text("direction") == "desc")
    return _page(page_of(rows, request))


def read(site: Site, request: Request) -> Answer:
    price_point = site.find_price_point(get_product(site, request), request.names["price_point"])
    if price_point is None:
        raise not_found()
    return answer({"price_point": price_point_view(price_point)})


def _kinds(text: str | None) -> set[str]:
    return set(text.split(",")) if text else {"default", "catalog", "custom"}


def _page(rows: list[PricePoint]) -> Answer:
    return answer({"price_points": [price_point_view(each) for each in rows]})


ROUTES = [
    Route("GET", "/products_price_points.json", list_of_site),
    Route("GET", "/products/{product}/price_points.json", list_of_product),
    Route("GET", "/products/{product}/price_points/{price_point}.json", read),
]
