"""The ways in which the vendor says no: body shapes differ by endpoint, each has a name here."""

from .http import JSON, Answer, answer


class Refusal(Exception):
    """The vendor refused; nothing has changed."""

    def __init__(self, refused: Answer) -> None:
        super().__init__(refused.status, refused.body)
        self.answer = refused


def errors(*messages: str, status: int = 422) -> Refusal:
    """The usual one: {"errors": ["text", ...]}."""
    return Refusal(answer({"errors": list(messages)}, status))


def single_error(message: str) -> Refusal:
    """{"error": "text"}, as for a cancel of a canceled subscription."""
    return Refusal(answer({"error": message}, 422))


def bare_errors(message: str, *, status: int) -> Refusal:
    """{"errors": "text"}, as for coupons/validate."""
    return Refusal(answer({"errors": message}, status))


def field_errors(**fields: object) -> Refusal:
    """{"errors": {"field": ...}}."""
    return Refusal(answer({"errors": fields}, 422))


def unwrapped(**lists: list[str]) -> Refusal:
    """No "errors" around it at all: add_coupon and remove_coupon."""
    return Refusal(answer(lists, 422))


def not_found() -> Refusal:
    """A missing record: the content type says JSON and the body is one space (recorded)."""
    return Refusal(Answer(404, b" ", JSON))


def forbidden() -> Refusal:
    return Refusal(Answer(403, b" ", JSON))
