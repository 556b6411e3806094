"""Webhooks from Chargify: signed over the raw body, form-encoded, never more than a hint."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from standfast.connectors.chargify.records import IdHolds, read_account
from standfast.contract.connector import Notice, WebhookSpec
from standfast.contract.records import CustomerBilling
from standfast.contract.transport import Transport

SIGNATURE = "x-chargify-webhook-signature-hmac-sha-256"
_MOST_FIELDS = 20_000
_MOST_KEYS = 4
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_EVENT = re.compile(r"[a-z0-9_]{1,100}")
_UNREADABLE = Notice("", "")

SPEC = WebhookSpec(
    key="shared_key",
    where="In Chargify: Config > Settings > Webhooks. Add this address as an endpoint.",
    # What changes a customer or a subscription. A coupon, a plan and its price fire nothing:
    # those come with the sync.
    events=(
        "signup_success",
        "renewal_success",
        "renewal_failure",
        "payment_success",
        "payment_failure",
        "subscription_state_change",
        "subscription_product_change",
        "subscription_product_change_scheduled",
        "pending_cancellation_change",
        "billing_date_change",
        "expiration_date_change",
        "upgrade_downgrade_success",
        "subscription_card_update",
        "customer_create",
        "customer_update",
    ),
    # Not the failures: those a waiting run makes by itself when it is tried too early.
    going_on=frozenset(
        {
            "signup_success",
            "payment_success",
            "renewal_success",
            "subscription_card_update",
            "subscription_group_card_update",
            "subscription_state_change",
            "upgrade_downgrade_success",
        }
    ),
)


def read(headers: Mapping[str, str], body: bytes, shared_keys: str) -> Notice | None:
    """What a delivery tells, or None when no key of this site signed it.

    "HMAC-SHA-256 over the raw body, key = the site's shared key" (developer portal, 2024-07).
    Chargify knows no rotation of that key, so `shared_keys` may name several: "new, old".
    """
    signature = headers.get(SIGNATURE, "").strip().lower().encode()
    if not any(_is_signed(signature, body, key) for key in _keys(shared_keys)):
        return None
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        return _UNREADABLE
    return _notice(dict(reversed(pairs)))  # of a repeated field the first counts


def read_named(transport: Transport, notice: Notice) -> CustomerBilling | None:
    """The customer as they are now. What the webhook's body said of them does not count."""
    if notice.customer is not None:
        account = read_account(transport, IdHolds.CUSTOMER_ID, notice.customer)
    elif notice.subscription is not None:
        account = read_account(transport, IdHolds.SUBSCRIPTION_ID, notice.subscription)
    else:
        return None
    return None if account is None else account.billing()


def _keys(shared_keys: str) -> list[str]:
    return re.split(r"[,\s]+", shared_keys.strip())[:_MOST_KEYS] if shared_keys.strip() else []


def _is_signed(signature: bytes, body: bytes, key: str) -> bool:
    expected = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    return bool(key) and hmac.compare_digest(expected.encode(), signature)


def _notice(fields: Mapping[str, str]) -> Notice:
    """Of all the nested fields three ids are looked at, and the event's name."""
    number, event = _fit(_ID, fields.get("id")), _fit(_EVENT, fields.get("event"))
    if number is None or event is None:
        return _UNREADABLE
    customer = fields.get("payload[subscription][customer][id]") or fields.get(
        "payload[customer][id]"
    )
    subscription = fields.get("payload[subscription][id]")
    return Notice(number, event, _fit(_ID, customer), _fit(_ID, subscription))


def _fit(pattern: re.Pattern[str], text: str | None) -> str | None:
    return text if text is not None and pattern.fullmatch(text) else None
