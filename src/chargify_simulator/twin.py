"""Everything one simulator holds: its sites, one clock, and what tests do to them."""

import base64
import binascii
from datetime import timedelta

import msgspec

from . import seeds, snapshot
from .clock import Clock
from .courier import Courier
from .faults import Faults
from .http import Request
from .journal import Journal
from .operations import ROUTES
from .routing import Router
from .settings import Settings
from .site import Site
from .slots import Slots
from .texts import Texts

HOSTS = (".chargify.com", ".ebilling.maxio.com")
"""The US form and the EU form of a site's address."""


class Room:
    """One site with its own settings and its own requests in flight."""

    def __init__(self, settings: Settings, clock: Clock, texts: Texts, number: int) -> None:
        self.settings = settings
        self.slots = Slots()
        self.number = number
        self.site = Site(settings, clock, texts)
        self.site.id += number

    def knows(self, key: str) -> bool:
        return key == self.settings.api_key or key in self.settings.more_keys


class Twin:
    def __init__(
        self,
        settings: Settings,
        *,
        seed: str = "empty",
        number: int = 7,
        control_key: str | None = None,
        more_sites: tuple[Settings, ...] = (),
    ) -> None:
        self.router = Router(ROUTES)
        self.faults = Faults()
        self.journal = Journal()
        self.control_key = control_key
        self.courier = Courier(self)
        self._first_settings = (settings, *more_sites)
        self._first_seed = (seed, number)
        self.rooms: dict[str, Room] = {}
        self.reset()

    def reset(self) -> None:
        """Back to how the simulator started."""
        self.clock = Clock()
        self.texts = Texts()
        self.is_down = False
        self.faults.clear()
        self.journal.clear()
        slots = {name: room.slots for name, room in self.rooms.items()}
        self.rooms = {}
        for settings in self._first_settings:
            room = self.open_site(msgspec.structs.replace(settings), *self._first_seed)
            room.slots = slots.get(settings.subdomain, room.slots)
            room.slots.forget_maxima()

    def open_site(self, settings: Settings, seed: str, number: int) -> Room:
        """A further site; raises KeyError for an unknown seed."""
        sow = seeds.SEEDS[seed]
        room = Room(settings, self.clock, self.texts, len(self.rooms))
        sow(room.site, number)
        self.rooms[settings.subdomain] = room
        return room

    def sow(self, name: str, number: int, room: Room | None = None) -> None:
        """A site grown from a seed in place of the one there; KeyError for an unknown name."""
        sow = seeds.SEEDS[name]
        room = room or self.first
        site = Site(room.settings, self.clock, self.texts)
        site.id += room.number
        sow(site, number)
        room.site = site

    def restore(self, state: snapshot.SiteState, room: Room) -> None:
        """The site as it was, and the clock as it stood."""
        self.clock.offset = timedelta(seconds=state.offset_seconds)
        self.clock.frozen_at = state.frozen_at
        for name in state.settings.__struct_fields__:
            setattr(room.settings, name, getattr(state.settings, name))
        site = Site(room.settings, self.clock, self.texts)
        site.id += room.number
        if state.generated is not None:
            seeds.regrow(site, state.generated)
        snapshot.restore(site, state)
        room.site = site

    @property
    def first(self) -> Room:
        return next(iter(self.rooms.values()))

    @property
    def site(self) -> Site:
        return self.first.site

    @property
    def settings(self) -> Settings:
        return self.first.settings

    @property
    def slots(self) -> Slots:
        return self.first.slots

    def sites(self) -> list[Site]:
        return [room.site for room in self.rooms.values()]

    def room_for(self, request: Request) -> Room | None:
        """By host, where it is one of the vendor's; else by key; else the first one."""
        host = request.headers.get("host", "").partition(":")[0].lower()
        for ending in HOSTS:
            if host.endswith(ending):
                return self._named(host.removesuffix(ending))
        key = key_of(request)
        knowing = (room for room in self.rooms.values() if key is not None and room.knows(key))
        return next(knowing, self.first)

    def _named(self, subdomain: str) -> Room | None:
        rooms = self.rooms.values()
        return next((room for room in rooms if room.settings.subdomain == subdomain), None)


def key_of(request: Request) -> str | None:
    """Basic authentication: the key is the user, the password is not looked at."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, _ = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user
