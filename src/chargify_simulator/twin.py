"""Everything one simulator holds: the site, its clock and texts, and what tests do to it."""

import msgspec

from . import seeds
from .clock import Clock
from .courier import Courier
from .faults import Faults
from .journal import Journal
from .operations import ROUTES
from .routing import Router
from .settings import Settings
from .site import Site
from .slots import Slots
from .texts import Texts


class Twin:
    def __init__(self, settings: Settings, *, seed: str = "empty", number: int = 7) -> None:
        self.router = Router(ROUTES)
        self.faults = Faults()
        self.journal = Journal()
        self.slots = Slots()
        self.courier = Courier(self)
        self._first_settings = settings
        self._first_seed = (seed, number)
        self.reset()

    def reset(self) -> None:
        """Back to how the simulator started."""
        self.clock = Clock()
        self.texts = Texts()
        self.settings = msgspec.structs.replace(self._first_settings)
        self.is_down = False
        self.faults.clear()
        self.journal.clear()
        self.slots.forget_maxima()
        self.sow(*self._first_seed)

    def sow(self, name: str, number: int) -> None:
        """A new site grown from a seed; raises KeyError for an unknown name."""
        sow = seeds.SEEDS[name]
        site = Site(self.settings, self.clock, self.texts)
        sow(site, number)
        self.site = site

    def sites(self) -> list[Site]:
        return [self.site]
