"""Every JSON answer of a simulator in this process is held against the vendor's definition."""

import json
from collections import Counter
from typing import Any

from chargify_simulator.exchange import Exchange
from simulator.schema import definition, problems, schema_for

VAULT_IMPORT = "vault imports have null masks and dates: six of six recorded (chargify-ruby)"
CLEARED = 'the definition itself: "this field will be cleared", and one not sent yet has none'
DEVIATIONS: dict[str, str] = {
    ".credit_card.masked_card_number": VAULT_IMPORT,
    ".credit_card.expiration_month": VAULT_IMPORT,
    ".credit_card.expiration_year": VAULT_IMPORT,
    ".payment_profile": VAULT_IMPORT,
    ".webhook.last_error": CLEARED,
    ".webhook.last_error_at": CLEARED,
    ".webhook.last_sent_at": CLEARED,
    ".webhook.last_sent_url": CLEARED,
    ".coupons[].uses_allowed": "null is unlimited: the definition of the SDK 10.0.0",
    ".subscription.cancellation_method": '"imported": the enumeration of the SDK 10.0.0',
}
"""Places where the vendor itself answers otherwise than its definition says, with the source."""


class Checked:
    def __init__(self) -> None:
        self.is_listening = False
        """Only while a test of this folder runs: others force what no vendor answers."""
        self.valid: Counter[str] = Counter()
        self.without_schema: Counter[str] = Counter()
        self.problems: list[str] = []
        self.deviations: Counter[str] = Counter()

    def look(self, exchange: Exchange, status: int, body: bytes, content_type: str) -> None:
        is_vendors = exchange.match is not None and exchange.fault is None
        if not self.is_listening or not is_vendors or not body.strip():
            return
        if not content_type.startswith("application/json"):
            return
        assert exchange.match is not None
        route = exchange.match.route
        schema = schema_for(route.method, route.path, status)
        name = f"{route.method} {route.path} {status}"
        if schema is None:
            self.without_schema[name] += 1
            return
        found = [each for each in problems(json.loads(body), schema) if not self._is_known(each)]
        self.problems += [f"{name} {each}" for each in found]
        self.valid[name] += not found

    def _is_known(self, problem: str) -> bool:
        place = problem.partition(":")[0]
        known = next((each for each in DEVIATIONS if place.endswith(each)), None)
        if known:
            self.deviations[known] += 1
        return known is not None


checked = Checked()


def install() -> None:
    """Listen to every answer; nothing without the vendor's data."""
    if definition() is None:
        return
    answer = Exchange._answer

    async def listened(self: Exchange, result: Any, *, over_seconds: float = 0.0) -> None:
        is_ours = "x-simulator" not in result.headers
        if is_ours:
            checked.look(self, result.status, result.body, result.content_type)
        await answer(self, result, over_seconds=over_seconds)

    Exchange._answer = listened
