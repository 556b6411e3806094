"""What a client sent, read with care: a value of the wrong type reads as absent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import cast
from urllib.parse import parse_qsl

from .eastern import EASTERN

JsonObject = dict[str, object]

TRUE_WORDS = {"true", "1", "t", "yes", "on"}
FIRST_YEAR, LAST_YEAR = 1900, 2900
FALSE_WORDS = {"false", "0", "f", "no", "off"}


class Fields:
    """One JSON object, or a query string where `name[]` gathers a list."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __bool__(self) -> bool:
        return bool(self.values)

    def text(self, name: str) -> str | None:
        """The value as text; null, blank and nested values read as None."""
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        return str(value).strip() or None

    def integer(self, name: str) -> int | None:
        return whole_number(self.values.get(name))

    def flag(self, name: str) -> bool | None:
        value = self.values.get(name)
        if isinstance(value, bool):
            return value
        word = str(value).lower() if isinstance(value, str | int) else ""
        return True if word in TRUE_WORDS else False if word in FALSE_WORDS else None

    def nested(self, name: str) -> "Fields | None":
        value = self.values.get(name)
        return Fields(cast("JsonObject", value)) if isinstance(value, dict) else None

    def texts(self, name: str) -> list[str]:
        value = self.values.get(name)
        if isinstance(value, list):
            items = cast("list[object]", value)
            return [str(item) for item in items if isinstance(item, str | int) and item != ""]
        return [str(value)] if isinstance(value, str | int) and value != "" else []

    def instant(self, name: str) -> datetime | None:
        text = self.text(name)
        return parse_instant(text) if text else None


def whole_number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def query_fields(query_string: str) -> Fields:
    values: dict[str, object] = {}
    for name, value in parse_qsl(query_string, keep_blank_values=True):
        if name.endswith("[]"):
            cast("list[str]", values.setdefault(name, [])).append(value)
        else:
            values[name] = value
    return Fields(values)


def parse_instant(text: str) -> datetime | None:
    """ISO 8601 or RFC 2822, between 1900 and 2900; a bare date means noon in the site's zone."""
    if len(text) == len("2030-01-05"):
        text += "T12:00:00"
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
        except ValueError:
            continue
        if FIRST_YEAR <= found.year <= LAST_YEAR:
            return (found if found.tzinfo else found.replace(tzinfo=EASTERN)).astimezone(UTC)
    return None
