"""What of a call may be written down.

By allow-list: a value is kept only when its key is known to hold ids, states, prices, codes or
error texts. Names, addresses, card data, tokens and links are dropped without being known.
"""

import json
import re
from collections.abc import Mapping
from typing import TypeAlias, cast

from standfast.contract.transport import Answer, Call

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

MAX_BODY_BYTES = 16 * 1024
_MAX_TEXT = 500
_MAX_PLAIN = 200

_KEPT_KEY = re.compile(
    r"""^(
      | id | ids | .*_ids? | uid | state | status | previous_state | standing | kind | type
      | action | reference | user_reference | plan | coupon | customer | subscription | group
      | .*handle | .*code | codes | .*_codes | currency | locale
      | .*_in_cents | price | amount | percentage | interval | interval_unit
      | .*_at | .*_on | .*_date
      | .*_version | version_number | .*_count | position | primary
      | cancel_at_end_of_period | cancellation_method | payment_collection_method | stackable
      | disabled | verified | test | require_credit_card | recurring_scheme | discount_type
      | preserve_period | product_change_delayed | resume | require_resume
      | uniqueness_token
      | error | errors | base | message | messages | title | detail | description | after
      | page | per_page | sort | direction | include_archived | date_field
    )$""",
    re.VERBOSE,
)
_DROPPED_KEY = re.compile(
    r"zip|postal|vat|tax_|phone|email|salesforce|maxioid|_vault|card_code|cvv"
)
_ID_KEY = re.compile(r"^(.*_)?ids?$|^uid$")
_KEPT_OF_A_PERSON = re.compile(r"^(id|.*_id|reference|.*_at|disabled|verified)$")
_PERSONS = frozenset(
    {
        "customer",
        "payer",
        "credit_card",
        "bank_account",
        "payment_profile",
        "billing_address",
        "shipping_address",
    }
)
_EMAIL = re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+\.[^\s@\"'<>]+")
_LONG_NUMBER = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
_LINK = re.compile(r"https?://\S+")
_TITLE = re.compile(r"<title>([^<]{0,200})", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def redact(thing: Call | Answer) -> dict[str, Json]:
    """A call or an answer as it may be stored: JSON-safe, without secrets and personal data."""
    return _call(thing) if isinstance(thing, Call) else _answer(thing)


def _call(call: Call) -> dict[str, Json]:
    query = {key: scrub(value) for key, value in call.query if _is_kept(key)}
    body = None if call.json is None else _bounded(_kept(cast("Json", dict(call.json))))
    return {
        "method": call.method.value,
        "path": _EMAIL.sub("[e-mail]", call.path),
        "query": cast("Json", query),
        "body": body,
    }


def _answer(answer: Answer) -> dict[str, Json]:
    return {
        "status": answer.status,
        "request_id": answer.request_id,
        "duration_seconds": round(answer.duration_seconds, 3),
        "body": _bounded(_body(answer.body)),
    }


def _body(raw: bytes) -> Json:
    try:
        return _kept(cast("Json", json.loads(raw)))
    except (ValueError, RecursionError):
        return _plain(raw)


def _plain(raw: bytes) -> Json:
    """A short sentence is kept; a page of HTML or XML may say anything, so only its title is."""
    text = raw[:MAX_BODY_BYTES].decode(errors="replace")
    bare = scrub(_TAG.sub(" ", text))
    if len(bare) <= _MAX_PLAIN and len(raw) <= MAX_BODY_BYTES:
        return bare
    title = _TITLE.search(text)
    said: Json = scrub(title[1]) if title else None
    return {"bytes": len(raw), "title": said}


def _kept(value: Json, key: str = "", parent: str = "") -> Json:
    match value:
        case dict():
            inside = key if key in _PERSONS or parent != "errors" else "errors"
            pairs = ((name, _kept(one, name, inside)) for name, one in value.items())
            return {name: one for name, one in pairs if one not in (None, {}, [])}
        case list():
            rows = (_kept(one, key, parent) for one in value)
            return [one for one in rows if one not in (None, {}, [])]
        case str():
            return scrub(value) if _is_kept(key, parent) else None
        case int() | float() if _is_a_strangers_number(value, key):
            return "[number]"
        case _:
            return value if _is_kept(key, parent) else None


def _is_a_strangers_number(value: float, key: str) -> bool:
    """As long as a card's number, where no id is expected."""
    return not _ID_KEY.match(key) and _LONG_NUMBER.search(str(value)) is not None


def _is_kept(key: str, parent: str = "") -> bool:
    if parent == "errors":
        return True  # the keys of an error map are field names, its values texts
    bare = key.rsplit("[", 1)[-1].rstrip("]") if "[" in key else key
    known = _KEPT_OF_A_PERSON if parent in _PERSONS else _KEPT_KEY
    return bool(known.match(bare)) and not _DROPPED_KEY.search(bare)


def scrub(text: str) -> str:
    """A text without what looks like an e-mail address, a card number or a link."""
    without_links = _LINK.sub("[link]", text)
    without_emails = _EMAIL.sub("[e-mail]", without_links)
    return " ".join(_LONG_NUMBER.sub("[number]", without_emails).split())[:_MAX_TEXT]


def _bounded(value: Json) -> Json:
    size = len(json.dumps(value).encode())
    if size <= MAX_BODY_BYTES:
        return value
    keys: list[Json] = list(cast("Mapping[str, Json]", value)) if isinstance(value, dict) else []
    return {"truncated": True, "bytes": size, "keys": keys[:50]}
