"""Webhooks that events make."""

from collections.abc import Callable

from chargify_simulator.fields import JsonObject
from chargify_simulator.records import Event
from chargify_simulator.site import Site


def enqueue(site: Site, event: Event, parts: Callable[[], JsonObject]) -> None:
    del site, event, parts
