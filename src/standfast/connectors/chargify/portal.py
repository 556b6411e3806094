"""Chargify's billing portal, where a customer gives a payment method, and the way into it.

"You must cache and remember this URL if you are going to need it again within 15 days. Only
request a new URL after the `new_link_available_at` date. You are limited to 15 requests for the
same URL." (the vendor's API definition, readBillingPortalLink, read 2026-11-23)
"""

from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TypeAlias

import msgspec

from standfast.connectors.chargify.errors import is_web_link
from standfast.connectors.chargify.models import PortalLink, decoded, instant
from standfast.connectors.chargify.records import Account
from standfast.contract.errors import CallFailed
from standfast.contract.transport import Call, Method, Transport

_Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class _Kept:
    """A link lets in whoever holds it: it is told to its customer alone, and to no log."""

    url: str = field(repr=False)
    until: datetime


class PortalLinks:
    """The links Chargify told, by site and customer, each until it would tell another.

    In memory only, at most `most`, and safe to share between threads. Time is Chargify's own.
    """

    def __init__(self, *, most: int = 1_000) -> None:
        self._most = most
        self._kept: dict[_Key, _Kept] = {}
        self._lock = Lock()

    def find(self, key: _Key, *, now: datetime) -> str | None:
        with self._lock:
            kept = self._kept.get(key)
        return kept.url if kept is not None and now < kept.until else None

    def keep(self, key: _Key, url: str, *, until: datetime, now: datetime) -> None:
        """Beyond `most` the one that was kept first goes."""
        with self._lock:
            self._kept = {one: kept for one, kept in self._kept.items() if now < kept.until}
            self._kept[key] = _Kept(url, until)
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]


@dataclass(frozen=True)
class Portal:
    """The portal of the site at this address."""

    site: str
    links: PortalLinks

    def link(self, account: Account, transport: Transport) -> str | None:
        """The customer's own way in, or None when it is not open to them.

        "Billing Portal is not enabled for this customer." is a 422; what was asked for too often
        is a 429 about this link alone.
        """
        key, now = (self.site, account.id), account.read_at
        kept = None if now is None else self.links.find(key, now=now)
        if kept is not None:
            return kept
        told = _told(account.id, transport)
        if told is None or not is_web_link(told.url):
            return None
        until = instant(told.new_link_available_at)
        if now is not None and until is not None:
            self.links.keep(key, told.url, until=until, now=now)
        return told.url


def _told(customer: str, transport: Transport) -> PortalLink | None:
    path = f"/portal/customers/{customer}/management_link.json"
    try:
        answer = transport.send(Call(Method.GET, path, has_own_limit=True))
        return decoded(answer.body, PortalLink) if answer.is_success else None
    except (CallFailed, msgspec.DecodeError):
        return None
