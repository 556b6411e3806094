"""The door for billing systems' webhooks; plain code that runs in a thread."""

from collections.abc import Mapping

from standfast.services.receive_webhook import ReceiveWebhook
from standfast.web.limits import Buckets, Limits
from standfast.web.problems import Refusal

FOLDER = "/hooks/"
MOST_ID_LENGTH = 64


class Hooks:
    """`/hooks/{connector}/{connection}`. Whoever is turned away is told no more than a number."""

    def __init__(self, receiving: ReceiveWebhook, limits: Limits) -> None:
        self._receiving = receiving
        self._addresses = Buckets(limits.hooks)

    def admit(self, address: str) -> None:
        """Raises `Refusal` 429, before a byte of the body is read."""
        self._addresses.take(address)

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """The webhook is stored. Raises `Refusal`, `ServiceRefused`."""
        connector, _, connection = path.removeprefix(FOLDER).partition("/")
        is_odd = not path.isprintable() or len(path) > 2 * MOST_ID_LENGTH
        if not connection or "/" in connection or is_odd:
            raise Refusal(404, "There is nothing here.")
        self._receiving.receive(connector, connection, headers, body)
