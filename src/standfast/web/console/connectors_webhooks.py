"""A connection's webhooks in words: whether they come, and what somebody should do."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from standfast.services.read_webhooks import WebhooksView
from standfast.store.webhooks import InboxCounts
from standfast.web.console.connectors_view import Standing


@dataclass(frozen=True)
class WebhooksShown:
    """`address` is what the operator enters at the billing system.

    `is_local`: nobody but this machine can reach it.
    """

    view: WebhooksView
    address: str
    standing: Standing
    figures: tuple[tuple[str, int], ...]
    trouble: str
    is_local: bool


LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
NO_KEY = Standing("Not set up", "neutral", "plug")
UNHEARD = Standing("Nothing heard yet", "warn", "alert")
FAILING = Standing("Needs attention", "bad", "alert")
HEARING = Standing("Hearing", "good", "check")


def shown(view: WebhooksView, url: str) -> WebhooksShown:
    counts = view.counts
    return WebhooksShown(
        view=view,
        address=url + view.path,
        standing=_standing(view),
        figures=(
            ("received", counts.notices),
            ("repeated", counts.deliveries - counts.notices),
            ("waiting", counts.waiting),
            ("given up", counts.given_up),
        ),
        trouble=_trouble(counts),
        is_local=urlsplit(url).hostname in LOOPBACK,
    )


def _standing(view: WebhooksView) -> Standing:
    if view.counts.error:
        return FAILING
    if not view.has_key:
        return NO_KEY
    return UNHEARD if view.counts.heard_at is None else HEARING


def _trouble(counts: InboxCounts) -> str:
    if counts.given_up:
        return f"{counts.error} Press “Sync now”: it reads all that these were about."
    return f"{counts.error} It is tried again by itself." if counts.error else ""
