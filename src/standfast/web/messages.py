"""What the tag sends and reads, as types; a body that does not fit is told where."""

import re
from typing import Annotated, TypeVar

import msgspec

from standfast.domain.request import PageEvent
from standfast.domain.visitor import TraitValue
from standfast.services.follow_result import Recorded
from standfast.web.problems import Problem, Refusal

MOST_INTERACTIONS = 20
LONGEST_WAIT_MS = 10_000

AppId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Text = Annotated[str, msgspec.Meta(max_length=2_000)]


class DecideBody(msgspec.Struct, frozen=True):
    app: AppId
    identity: str | None = None
    anonymous_id: str | None = None
    page: Text = ""
    referrer: Text = ""
    device: Text = ""
    language: Text = ""
    time_zone: Text = ""
    event: PageEvent | None = None
    traits: dict[str, TraitValue] = msgspec.field(default_factory=dict[str, TraitValue])


class ReportedInteraction(msgspec.Struct, frozen=True):
    """`at` is the page's own clock: kept for nothing but the reader of a trace."""

    token: str
    kind: str
    step: str = ""
    values: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    quote: str | None = None
    at: str | None = None


class InteractionsBody(msgspec.Struct, frozen=True):
    app: AppId
    interactions: Annotated[
        list[ReportedInteraction], msgspec.Meta(min_length=1, max_length=MOST_INTERACTIONS)
    ]
    identity: str | None = None
    anonymous_id: str | None = None


class ResultsBody(msgspec.Struct, frozen=True):
    result_token: str
    wait_ms: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_WAIT_MS)] = 0


class PreviewsBody(msgspec.Struct, frozen=True):
    """`values` are the form's answers so far; one that decides the price must be among them."""

    app: AppId
    token: str
    step: str
    button: str = "accept"
    identity: str | None = None
    anonymous_id: str | None = None
    values: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class Told(msgspec.Struct, frozen=True):
    """One interaction among others that was not taken."""

    problem: Problem


class InteractionResults(msgspec.Struct, frozen=True):
    results: list[Recorded | Told]


Body = TypeVar("Body")

_MISSING = re.compile(r"missing required field `([^`]*)`")
_NUL = b"\\u0000"
_PLACE = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")


def decode(raw: bytes, decoder: msgspec.json.Decoder[Body]) -> Body:
    """The typed body. Raises `Refusal` naming the field that is missing or wrong."""
    if _NUL in raw:  # PostgreSQL keeps no such text, and nobody means it
        raise Refusal(422, "The body holds the character NUL. Leave it out.")
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        detail, field = told_place(str(error))
        raise Refusal(422, detail, field=field) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, f"The body is not valid JSON: {error}") from error


def told_place(message: str) -> tuple[str, str | None]:
    """A message of msgspec as (sentence, path of the field)."""
    place = _PLACE.search(message)
    path = place[1] if place else ""
    missing = _MISSING.search(message)
    field = ".".join(part for part in (path, missing[1] if missing else "") if part)
    return f"{_PLACE.sub('', message)}.", field or None
