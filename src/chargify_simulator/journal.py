"""The request log that tests read (`/_control/requests`)."""

from typing import cast

import msgspec

from .fields import JsonObject

MASKED = "***"
SECRET_FIELDS = {"full_number", "cvv", "bank_account_number"}
KEPT = 20_000


class Entry(msgspec.Struct, kw_only=True, gc=False):
    n: int
    at: str
    method: str
    path: str
    query: str
    status: int | None = None
    """None while unanswered and for a cut connection."""
    site: str = ""
    api_key_ok: bool = False
    user_agent: str = ""
    body: object = None
    effect: bool = False
    fault: int | None = None
    in_flight: int = 0
    request_id: str = ""
    cut: bool = False
    finished: bool = False


class Journal:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.count = 0

    def open(self, entry: Entry) -> Entry:
        self.count += 1
        entry.n = self.count
        self.entries.append(entry)
        if len(self.entries) > KEPT:
            del self.entries[: KEPT // 10]
        return entry

    def clear(self) -> None:
        self.entries.clear()


def masked(value: object) -> object:
    """The body without card and account numbers."""
    if isinstance(value, dict):
        return {
            name: MASKED if name in SECRET_FIELDS else masked(part)
            for name, part in cast("JsonObject", value).items()
        }
    if isinstance(value, list):
        return [masked(part) for part in cast("list[object]", value)]
    return value
