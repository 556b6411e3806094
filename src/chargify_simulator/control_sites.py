"""Controls for sites: open one, take a snapshot of it, bring it back."""

import msgspec

from .http import Request
from .settings import Settings
from .snapshot import SiteState, take
from .twin import Room, Twin


class NoSuchSite(Exception):
    """`?site=` names none."""


class SiteOrder(msgspec.Struct, forbid_unknown_fields=True):
    subdomain: str
    api_key: str
    seed: str = "empty"
    number: int = 7


def room_of(twin: Twin, request: Request) -> Room:
    """The site that `?site=` names; the first one when it names none."""
    name = request.query.text("site")
    if name is None:
        return twin.first
    try:
        return twin.rooms[name]
    except KeyError:
        raise NoSuchSite(f"no site {name!r}") from None


def list_sites(twin: Twin, request: Request) -> object:
    del request
    return {
        "sites": [
            {
                "subdomain": room.settings.subdomain,
                "api_key": room.settings.api_key,
                "site_id": room.site.id,
                "subscriptions": len(room.site.subscriptions),
            }
            for room in twin.rooms.values()
        ]
    }


def open_site(twin: Twin, request: Request) -> object:
    order = msgspec.json.decode(request.body, type=SiteOrder)
    settings = Settings(subdomain=order.subdomain, api_key=order.api_key)
    room = twin.open_site(settings, order.seed, order.number)
    return {"ok": True, "site_id": room.site.id}


def read_snapshot(twin: Twin, request: Request) -> object:
    return take(room_of(twin, request).site)


def put_snapshot(twin: Twin, request: Request) -> object:
    state = msgspec.json.decode(request.body, type=SiteState)
    room = room_of(twin, request)
    twin.restore(state, room)
    return {"ok": True, "subscriptions": len(room.site.subscriptions)}
