"""One request and one answer, as the operations see them."""

from dataclasses import dataclass, field
from typing import cast

import msgspec

from .fields import Fields, JsonObject

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(slots=True)
class Request:
    method: str
    path: str
    query: Fields
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    raw_query: str = ""
    names: dict[str, str] = field(default_factory=dict[str, str])
    """The parts of the path that a route names, such as `id`."""
    content: object = None
    """The JSON body, whatever it is."""
    fields: Fields = field(default_factory=lambda: Fields({}))
    """The JSON body when it is an object."""

    def parse_body(self) -> bool:
        """Fills `content` and `fields`; False when there is a body that is not JSON."""
        if not self.body.strip():
            return True
        try:
            self.content = msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return False
        content = self.content
        if isinstance(content, dict):
            self.fields = Fields(cast("JsonObject", content))
        return True


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict[str, str])


def answer(content: object, status: int = 200, *, location: str | None = None) -> Answer:
    headers = {"location": location} if location else {}
    return Answer(status, msgspec.json.encode(content), headers=headers)


def text_answer(text: str, status: int = 200, content_type: str = TEXT) -> Answer:
    return Answer(status, text.encode(), content_type)


def not_implemented(request: Request) -> Answer:
    """For what the vendor has and the simulator has not."""
    message = f"The simulator does not implement {request.method} {request.path}; see COVERAGE.md."
    missing = answer({"simulator": "not implemented", "message": message}, 404)
    missing.headers["x-simulator"] = "not-implemented"
    return missing
