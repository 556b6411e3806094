"""Webhooks as their owner administers them: list, replay, settings, endpoints."""

from datetime import timedelta
from typing import cast

from chargify_simulator.eastern import stamp
from chargify_simulator.fields import Fields, JsonObject, parse_instant, whole_number
from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.records import Endpoint, Webhook
from chargify_simulator.refusals import errors, not_found
from chargify_simulator.routing import Route
from chargify_simulator.rules.webhooks import KEYS, hmac_signature, replay, signature, status_of
from chargify_simulator.site import Site

from .paging import is_within, page_of

MAX_REPLAYED = 1000


def list_webhooks(site: Site, request: Request) -> Answer:
    query = request.query
    since, until = query.text("since_date"), query.text("until_date")
    from_day = parse_instant(f"{since[:10]}T00:00:00") if since else None
    to_day = parse_instant(f"{until[:10]}T00:00:00") if until else None
    to_day = to_day + timedelta(days=1) if to_day else None
    status, subscription = query.text("status"), query.integer("subscription")
    rows = [
        each
        for each in site.webhooks.values()
        if is_within(each.created_at, from_day, to_day)
        and (status is None or _status(each) == status)
        and (subscription is None or each.subscription_id == subscription)
    ]
    if query.text("order") != "oldest_first":
        rows.reverse()
    return answer([{"webhook": _webhook_view(site, each)} for each in page_of(rows, request)])


def _status(webhook: Webhook) -> str:
    if webhook.is_paused:
        return "paused"
    if webhook.successful:
        return "successful"
    return "pending" if webhook.due_at else "failed"


def _webhook_view(site: Site, webhook: Webhook) -> JsonObject:
    key = site.settings.shared_key
    return {
        "event": webhook.event,
        "id": webhook.id,
        "created_at": stamp(webhook.created_at),
        "last_error": webhook.last_error,
        "last_error_at": stamp(webhook.last_error_at),
        "accepted_at": stamp(webhook.accepted_at),
        "last_sent_at": stamp(webhook.last_sent_at),
        "last_sent_url": webhook.last_sent_url,
        "successful": webhook.successful,
        "body": webhook.body,
        "signature": signature(key, webhook.body),
        "signature_hmac_sha_256": hmac_signature(key, webhook.body),
    }


def replay_webhooks(site: Site, request: Request) -> Answer:
    """The answer is ok also for ids that do not exist (asserted by the vendor's live tests)."""
    sent = request.fields.values.get("ids")
    ids = cast("list[object]", sent) if isinstance(sent, list) else []
    for number in map(whole_number, ids[:MAX_REPLAYED]):
        webhook = site.webhooks.get(number or 0)
        if webhook is not None:
            replay(site, webhook)
            site.revision += 1
    return answer({"status": "ok"})


def change_settings(site: Site, request: Request) -> Answer:
    is_enabled = request.fields.flag("webhooks_enabled")
    if is_enabled is not None:
        site.webhooks_enabled = is_enabled
        site.revision += 1
    return answer({"webhooks_enabled": site.webhooks_enabled})


def list_endpoints(site: Site, request: Request) -> Answer:
    """A bare list of bare endpoints."""
    del request
    return answer([_endpoint_view(site, each) for each in site.endpoints.values()])


def _endpoint_view(site: Site, endpoint: Endpoint) -> JsonObject:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "site_id": site.id,
        "status": status_of(endpoint),
        "webhook_subscriptions": endpoint.webhook_subscriptions,
    }


def create_endpoint(site: Site, request: Request) -> Answer:
    sent = request.fields.nested("endpoint") or Fields({})
    url, keys = sent.text("url") or "", sent.texts("webhook_subscriptions")
    _check(site, url, keys)
    endpoint = Endpoint(
        id=site.new_id("endpoints"),
        url=url,
        webhook_subscriptions=keys,
        created_at=site.now,
        updated_at=site.now,
    )
    site.add(site.endpoints, endpoint)
    return answer({"endpoint": _endpoint_view(site, endpoint)})


def update_endpoint(site: Site, request: Request) -> Answer:
    """Always the full list of events; another address begins with a clean slate."""
    endpoint = site.endpoints.get(whole_number(request.names["endpoint"]) or 0)
    if endpoint is None:
        raise not_found()
    sent = request.fields.nested("endpoint") or Fields({})
    url, keys = sent.text("url") or endpoint.url, sent.texts("webhook_subscriptions")
    _check(site, url, keys)
    if url != endpoint.url:
        endpoint.failures = endpoint.probes = 0
        endpoint.next_probe_at = None
    endpoint.url, endpoint.webhook_subscriptions = url, keys
    site.touch(endpoint)
    return answer({"endpoint": _endpoint_view(site, endpoint)})


def _check(site: Site, url: str, keys: list[str]) -> None:
    if not url.startswith(("http://", "https://")):
        raise errors(site.say("endpoint.url_malformed"))
    unknown = [each for each in keys if each not in KEYS]
    if unknown:
        raise errors(site.say("endpoint.key_unknown", event=unknown[0]))


ROUTES = [
    Route("GET", "/webhooks.json", list_webhooks),
    Route("POST", "/webhooks/replay.json", replay_webhooks),
    Route("PUT", "/webhooks/settings.json", change_settings),
    Route("GET", "/endpoints.json", list_endpoints),
    Route("POST", "/endpoints.json", create_endpoint),
    Route("PUT", "/endpoints/{endpoint}.json", update_endpoint),
]
