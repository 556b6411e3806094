"""Carries webhooks to their endpoints, on loopback addresses only."""

import asyncio
import ipaddress
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from random import Random
from typing import Protocol
from urllib.parse import urlsplit

from .clock import Clock
from .records import Webhook
from .rules.webhooks import (
    due_probes,
    due_webhooks,
    hmac_signature,
    next_attempt_at,
    settle,
    signature,
)
from .site import Site

LONGEST_NAP_SECONDS = 3600.0
SHORTEST_NAP_SECONDS = 0.01


class Undeliverable(Exception):
    """The endpoint did not take the webhook."""


class Served(Protocol):
    """Whose webhooks are carried."""

    clock: Clock

    def sites(self) -> Iterable[Site]: ...


class Courier:
    def __init__(self, twin: Served) -> None:
        self.twin = twin
        self._woken = asyncio.Event()
        self._one_round = asyncio.Lock()
        self.rounds = 0

    def wake(self) -> None:
        """There may be something to carry."""
        self._woken.set()

    async def run(self) -> None:
        while True:
            await self.deliver_due()
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_until_next()):
                    await self._woken.wait()

    def _seconds_until_next(self) -> float:
        planned = [each for each in map(next_attempt_at, self.twin.sites()) if each]
        if not planned or self.twin.clock.frozen_at:
            return LONGEST_NAP_SECONDS
        seconds = (min(planned) - self.twin.clock.now()).total_seconds()
        return min(max(seconds, SHORTEST_NAP_SECONDS), LONGEST_NAP_SECONDS)

    async def deliver_due(self) -> int:
        """Until nothing is due; answers how many attempts were made."""
        attempts = 0
        async with self._one_round:
            for site in self.twin.sites():
                while due := [*due_webhooks(site), *due_probes(site)]:
                    self._shuffle(site, due)
                    for webhook in due:
                        await self._attempt(site, webhook)
                    attempts += len(due)
        return attempts

    def _shuffle(self, site: Site, due: list[Webhook]) -> None:
        seed = site.settings.webhook_shuffle_seed
        if seed is not None:
            self.rounds += 1
            Random(f"{seed} {self.rounds}").shuffle(due)  # noqa: S311 - the same luck again

    async def _attempt(self, site: Site, webhook: Webhook) -> None:
        """It counts for the moment that it was due at, also when the clock has jumped over it."""
        if webhook.due_at is None:
            return
        at: datetime = webhook.due_at
        url = _signed(site, webhook)
        error: str | None = None
        for _ in range(max(site.settings.webhook_copies, 1)):
            try:
                async with asyncio.timeout(site.settings.webhook_timeout_seconds):
                    await _post(site, webhook, url)
            except TimeoutError:
                error = "Timeout"
            except (Undeliverable, OSError) as failure:
                error = str(failure) or type(failure).__name__
        settle(site, webhook, at=at, url=url, error=error)


def _signed(site: Site, webhook: Webhook) -> str:
    """An address may ask for the signature in it."""
    mark = hmac_signature(site.settings.shared_key, webhook.body)
    url = site.endpoints[webhook.endpoint_id].url
    return url.replace("{signature_hmac_sha_256}", mark)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _post(site: Site, webhook: Webhook, url: str) -> None:
    """One plain HTTP request; only 200 counts as accepted."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http" or not is_loopback(host):
        raise Undeliverable("The simulator delivers to http:// on loopback addresses only")
    reader, writer = await asyncio.open_connection(host, parts.port or 80)
    try:
        writer.write(_request(site, webhook, parts.netloc, parts.path, parts.query))
        await writer.drain()
        status_line = (await reader.readline()).decode("latin-1").split(maxsplit=2)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    status, reason = [*status_line[1:], "", ""][:2]
    if status != "200":
        raise Undeliverable(f"{status} {reason.strip()}".strip() or "No answer")


def _request(site: Site, webhook: Webhook, netloc: str, path: str, query: str) -> bytes:
    key, body = site.settings.shared_key, webhook.body.encode()
    target = f"{path or '/'}?{query}" if query else path or "/"
    head = [
        f"POST {target} HTTP/1.1",
        f"Host: {netloc}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        f"X-Chargify-Webhook-Id: {webhook.id}",
        f"X-Chargify-Webhook-Signature: {signature(key, webhook.body)}",
        f"X-Chargify-Webhook-Signature-Hmac-Sha-256: {hmac_signature(key, webhook.body)}",
        "Connection: close",
    ]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body
