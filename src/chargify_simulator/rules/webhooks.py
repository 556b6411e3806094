"""Webhooks that events make: their bodies, their signatures, their attempts.

"5 attempts: at once, then 10 s, 15 s, 90 s, 180 s after the latest failure"; an endpoint with 26
failures in a row is paused, with 51 disabled (developer portal, webhooks).
"""

import hmac
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import md5, sha256
from typing import cast
from urllib.parse import quote

from chargify_simulator.eastern import EASTERN
from chargify_simulator.fields import JsonObject
from chargify_simulator.records import Endpoint, Event, Webhook
from chargify_simulator.site import Site

RETRY_SECONDS = (10, 15, 90, 180)
ATTEMPTS = len(RETRY_SECONDS) + 1
PAUSED_FROM, DISABLED_FROM = 26, 51
PROBE_EVERY = timedelta(hours=2)
MAX_PROBES = 24
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
UNESCAPED = "!~*'()"

KEYS = frozenset(
    {
        "billing_date_change",
        "component_allocation_change",
        "chjs_tokenization_failure",
        "chjs_tokenization_success",
        "customer_create",
        "customer_update",
        "dunning_step_reached",
        "expiring_card",
        "expiration_date_change",
        "invoice_issued",
        "invoice_pending",
        "metered_usage",
        "payment_failure",
        "payment_success",
        "direct_debit_payment_pending",
        "direct_debit_payment_paid_out",
        "direct_debit_payment_rejected",
        "prepaid_subscription_balance_changed",
        "prepaid_usage",
        "refund_failure",
        "refund_success",
        "renewal_failure",
        "renewal_success",
        "signup_failure",
        "signup_success",
        "statement_closed",
        "statement_settled",
        "subscription_card_update",
        "subscription_group_card_update",
        "subscription_product_change",
        "subscription_product_change_scheduled",
        "subscription_state_change",
        "trial_end_notice",
        "upcoming_renewal_notice",
        "upgrade_downgrade_failure",
        "upgrade_downgrade_success",
        "pending_cancellation_change",
        "subscription_prepayment_account_balance_changed",
        "subscription_service_credit_account_balance_changed",
    }
)


def status_of(endpoint: Endpoint) -> str:
    if endpoint.failures >= DISABLED_FROM:
        return "disabled"
    return "paused" if endpoint.failures >= PAUSED_FROM else "enabled"


def enqueue(site: Site, event: Event, parts: Callable[[], JsonObject]) -> None:
    """For every endpoint that subscribes to it; none is made for a disabled one."""
    for endpoint in site.endpoints.values():
        status = status_of(endpoint)
        if not site.webhooks_enabled or event.key not in endpoint.webhook_subscriptions:
            continue
        if status != "disabled":
            webhook = _draft(site, event, endpoint, parts(), is_paused=status == "paused")
            site.webhooks[webhook.id] = webhook


def _draft(
    site: Site, event: Event, endpoint: Endpoint, parts: JsonObject, *, is_paused: bool
) -> Webhook:
    number = site.new_id("webhooks")
    own: JsonObject = {"site": {"id": site.id, "subdomain": site.settings.subdomain}}
    payload = own | parts | {"event_id": event.id}
    return Webhook(
        id=number,
        event=event.key,
        subscription_id=event.subscription_id,
        endpoint_id=endpoint.id,
        body=form_body(number, event.key, payload),
        created_at=site.now,
        due_at=None if is_paused else site.now,
        is_paused=is_paused,
    )


def form_body(number: int, key: str, payload: JsonObject) -> str:
    """`id=…&event=…&payload[…][…]=…`: brackets stay, a space is %20, null is nothing."""
    pairs = "&".join(f"{name}={value}" for name, value in _pairs("payload", payload))
    return f"id={number}&event={key}&{pairs}"


def _pairs(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for part, inner in cast("JsonObject", value).items():
            yield from _pairs(f"{name}[{part}]", inner)
    elif isinstance(value, list):
        # A list of objects repeats its key without an index (recorded).
        for item in cast("list[object]", value):
            repeated = name if _is_object(item) else f"{name}[]"
            yield from _pairs(repeated, item)
    else:
        yield name, quote(_text(value), safe=UNESCAPED)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and INSTANT.fullmatch(value):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(EASTERN):%Y-%m-%d %H:%M:%S %z}"
    return "" if value is None else str(value)


def signature(key: str, body: str) -> str:
    """The old one: MD5 of key and body."""
    return md5((key + body).encode(), usedforsecurity=False).hexdigest()


def hmac_signature(key: str, body: str) -> str:
    return hmac.new(key.encode(), body.encode(), sha256).hexdigest()


def due_webhooks(site: Site) -> list[Webhook]:
    """Oldest first."""
    now = site.now
    due = [(each.due_at, each.id, each) for each in site.webhooks.values() if each.due_at]
    return [webhook for due_at, _, webhook in sorted(due, key=lambda e: e[:2]) if due_at <= now]


def settle(site: Site, webhook: Webhook, *, at: datetime, url: str, error: str | None) -> None:
    """Write an attempt down and plan the next one."""
    endpoint = site.endpoints[webhook.endpoint_id]
    is_probe = webhook.is_paused
    webhook.attempts += 1
    webhook.last_sent_at, webhook.last_sent_url = at, url
    webhook.due_at, webhook.is_paused = None, False
    if error is None:
        webhook.successful, webhook.accepted_at = True, at
        webhook.last_error = webhook.last_error_at = None
        endpoint.failures = endpoint.probes = 0
        endpoint.next_probe_at = None
        return
    webhook.successful = False
    webhook.last_error_at = at
    webhook.last_error = f"{error} (retry {min(webhook.attempts, ATTEMPTS)} of {ATTEMPTS})"
    endpoint.failures += 1
    if is_probe:
        webhook.is_paused = True
    elif webhook.attempts < ATTEMPTS and status_of(endpoint) == "enabled":
        webhook.due_at = at + timedelta(seconds=RETRY_SECONDS[webhook.attempts - 1])
    _plan_probe(endpoint, at)
    if status_of(endpoint) != "enabled":
        _pause_rest(site, endpoint)


def _plan_probe(endpoint: Endpoint, at: datetime) -> None:
    is_paused = status_of(endpoint) == "paused"
    endpoint.next_probe_at = (
        at + PROBE_EVERY if is_paused and endpoint.probes < MAX_PROBES else None
    )


def _pause_rest(site: Site, endpoint: Endpoint) -> None:
    for each in site.webhooks.values():
        if each.endpoint_id == endpoint.id and each.due_at:
            each.due_at, each.is_paused = None, True


def due_probes(site: Site) -> list[Webhook]:
    """A paused endpoint is tried with its oldest paused webhook."""
    probes: list[Webhook] = []
    for endpoint in site.endpoints.values():
        if endpoint.next_probe_at is None or endpoint.next_probe_at > site.now:
            continue
        waiting = [each for each in _paused(site) if each.endpoint_id == endpoint.id]
        if waiting:
            endpoint.probes += 1
            waiting[0].due_at = endpoint.next_probe_at
            probes.append(waiting[0])
        endpoint.next_probe_at = None
    return probes


def _paused(site: Site) -> list[Webhook]:
    return [each for each in site.webhooks.values() if each.is_paused]


def next_attempt_at(site: Site) -> datetime | None:
    planned = [each.due_at for each in site.webhooks.values() if each.due_at]
    planned += [each.next_probe_at for each in site.endpoints.values() if each.next_probe_at]
    return min(planned, default=None)


def replay(site: Site, webhook: Webhook) -> None:
    """Sent again at once, under the same id; accepted only when it is accepted again."""
    webhook.due_at, webhook.is_paused = site.now, False
    webhook.attempts, webhook.accepted_at, webhook.successful = 0, None, False
