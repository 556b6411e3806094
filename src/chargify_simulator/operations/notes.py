"""Notes on a subscription."""

from chargify_simulator.eastern import stamp
from chargify_simulator.fields import Fields, JsonObject, whole_number
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import Note
from chargify_simulator.refusals import errors, not_found
from chargify_simulator.routing import Route
from chargify_simulator.site import Site

from .paging import check_page, page_of
from .subscriptions import get_subscription


def list_notes(site: Site, request: Request) -> Answer:
    number = get_subscription(site, request).id
    check_page(site, request)
    rows = [each for each in site.notes.values() if each.subscription_id == number]
    return answer([{"note": _view(each)} for each in page_of(rows, request)])


def _view(note: Note) -> JsonObject:
    return {
        "id": note.id,
        "body": note.body,
        "subscription_id": note.subscription_id,
        "created_at": stamp(note.created_at),
        "updated_at": stamp(note.updated_at),
        "sticky": note.is_sticky,
    }


def get_note(site: Site, request: Request) -> Note:
    number = get_subscription(site, request).id
    note = site.notes.get(whole_number(request.names["note"]) or 0)
    if note is None or note.subscription_id != number:
        raise not_found()
    return note


def read(site: Site, request: Request) -> Answer:
    return answer({"note": _view(get_note(site, request))})


def create(site: Site, request: Request) -> Answer:
    subscription = get_subscription(site, request)
    sent = request.fields.nested("note") or Fields({})
    body = sent.text("body")
    if body is None:
        raise errors(site.say("note.body_blank"))
    note = Note(
        id=site.new_id("notes"),
        subscription_id=subscription.id,
        body=body,
        is_sticky=bool(sent.flag("sticky")),
        created_at=site.now,
        updated_at=site.now,
    )
    site.add(site.notes, note)
    return answer({"note": _view(note)}, 201)


def update(site: Site, request: Request) -> Answer:
    note = get_note(site, request)
    sent = request.fields.nested("note") or Fields({})
    note.body = sent.text("body") or note.body
    sticky = sent.flag("sticky")
    note.is_sticky = note.is_sticky if sticky is None else sticky
    site.touch(note)
    return answer({"note": _view(note)})


def delete(site: Site, request: Request) -> Answer:
    site.remove(site.notes, get_note(site, request))
    return Answer(200)


ALL = "/subscriptions/{subscription}/notes.json"
ONE = "/subscriptions/{subscription}/notes/{note}.json"
ROUTES = [
    Route("GET", ALL, list_notes),
    Route("POST", ALL, create),
    Route("GET", ONE, read),
    Route("PUT", ONE, update),
    Route("DELETE", ONE, delete),
]
