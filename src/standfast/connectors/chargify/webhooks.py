"""Webhooks from Chargify: signed over the raw body, form-encoded, never more than a hint."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from standfast.contract.connector import Notice

SIGNATURE = "x-chargify-webhook-signature-hmac-sha-256"
_MOST_FIELDS = 20_000


def read(headers: Mapping[str, str], body: bytes, shared_key: str) -> Notice | None:
    """What a delivery tells, or None when this site's key did not sign it.

    "HMAC-SHA-256 over the raw body, key = the site's shared key" (developer portal, 2024-07).
    """
    if not shared_key or not _is_signed(headers.get(SIGNATURE, ""), body, shared_key):
        return None
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS))
    subscription = fields.get("payload[subscription][id]")
    customer = fields.get("payload[subscription][customer][id]") or fields.get(
        "payload[customer][id]"
    )
    return Notice(fields.get("id", ""), fields.get("event", ""), customer, subscription)


def _is_signed(signature: str, body: bytes, shared_key: str) -> bool:
    expected = hmac.new(shared_key.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.strip().lower().encode())
