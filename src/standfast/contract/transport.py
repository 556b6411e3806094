"""The way out to a billing system, as a connector sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


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
