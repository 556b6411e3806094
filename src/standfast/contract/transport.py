"""The way out to a billing system, as a connector sees it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Protocol

LONGEST_RETRY_AFTER_SECONDS = 3600.0


class Method(StrEnum):
    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


@dataclass(frozen=True)
class Call:
    """One request to the billing system.

    `path` is absolute below the site's base address ("/subscriptions/1.json"). `json` is sent as
    the JSON body, also with DELETE. `may_charge` grants the long read time-out: giving up on a
    charge early only leaves a doubt. `has_own_limit`: a 429 speaks of this resource alone, so
    the rest of the site is not paused for it. `changes_nothing`: a POST that only computes (a
    preview), so a reading transport sends it.
    """

    method: Method
    path: str
    query: tuple[tuple[str, str], ...] = ()
    json: Mapping[str, object] | None = None
    may_charge: bool = False
    has_own_limit: bool = False
    changes_nothing: bool = False

    @property
    def is_read(self) -> bool:
        return self.method is Method.GET or self.changes_nothing


@dataclass(frozen=True)
class Answer:
    """What came back. `body` is raw: a connector parses it only after looking at the status."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    request_id: str | None = None
    duration_seconds: float = 0.0

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def told_at(self) -> datetime | None:
        """When it was sent, by the sender's own clock (Date); None when that is not told."""
        return _instant(self.headers.get("date", ""))


def retry_after_seconds(answer: Answer, *, now: datetime | None) -> float | None:
    """What Retry-After asks for, in seconds or as a date; None when absent or unreadable.

    At most an hour: no slip of a vendor's postpones a change by a year.
    """
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return min(float(text), LONGEST_RETRY_AFTER_SECONDS)
    then = _instant(text)
    if then is None or now is None:
        return None
    return min(max((then - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER_SECONDS)


def _instant(text: str) -> datetime | None:
    """An instant as HTTP writes it, or None."""
    try:
        read = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


class Transport(Protocol):
    """Sends calls to one site: with its slot, time-outs, host allow-list and redaction.

    A connector is handed one and never makes its own.
    """

    def send(self, call: Call) -> Answer:
        """The answer, whatever its status.

        Raises `NotSent` when no byte left us (so nothing happened), `AnswerLost` when the call
        was sent and its answer did not come.
        """
        ...


class WritingTransport(Transport, Protocol):
    """What the ledger writes through."""

    def write(self, call: Call, *, just_before: Callable[[], None]) -> Answer:
        """As `send`; `just_before` is called when nothing is waited for any more.

        What it raises comes out of here, and the call is not sent.
        """
        ...
