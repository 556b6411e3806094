"""What happened on the site: lists, filters, a count."""

from datetime import timedelta

from chargify_simulator.eastern import stamp
from chargify_simulator.fields import Fields, JsonObject
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import Event
from chargify_simulator.routing import Route
from chargify_simulator.site import Site

from .paging import date_bounds, is_within, page_of
from .subscriptions import get_subscription


def list_events(site: Site, request: Request) -> Answer:
    return _page(wanted(site, request.query), request)


def list_of_subscription(site: Site, request: Request) -> Answer:
    number = get_subscription(site, request).id
    rows = [each for each in wanted(site, request.query) if each.subscription_id == number]
    return _page(rows, request)


def count(site: Site, request: Request) -> Answer:
    return answer({"count": len(wanted(site, request.query))})


def wanted(site: Site, query: Fields) -> list[Event]:
    """`since_id` and `max_id` are both inclusive; events may show late, as on a live site."""
    lag = timedelta(seconds=site.settings.events_lag_seconds)
    shown_until = site.now - lag
    since_id, max_id = query.integer("since_id"), query.integer("max_id")
    keys = set((query.text("filter") or "").split(",")) - {""} | set(query.texts("filter[]"))
    has_date = query.text("date_field") == "created_at"
    since, until = date_bounds(query) if has_date else (None, None)
    return [
        each
        for each in site.events
        if each.created_at <= shown_until
        and (since_id is None or each.id >= since_id)
        and (max_id is None or each.id <= max_id)
        and (not keys or each.key in keys)
        and is_within(each.created_at, since, until)
    ]


def _page(rows: list[Event], request: Request) -> Answer:
    """By id, newest first unless asked otherwise."""
    if request.query.text("direction") != "asc":
        rows.reverse()
    return answer([{"event": event_view(each)} for each in page_of(rows, request)])


def event_view(event: Event) -> JsonObject:
    return {
        "id": event.id,
        "key": event.key,
        "message": event.message,
        "subscription_id": event.subscription_id,
        "customer_id": event.customer_id,
        "created_at": stamp(event.created_at),
        "event_specific_data": event.event_specific_data,
    }


ROUTES = [
    Route("GET", "/events.json", list_events),
    Route("GET", "/events/count.json", count),
    Route("GET", "/subscriptions/{subscription}/events.json", list_of_subscription),
]
