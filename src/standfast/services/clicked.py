"""What stands on the button somebody names: the one place that knows which there are."""

from enum import StrEnum
from typing import TypeVar

from standfast.domain.prompt import Button, ButtonBody, PromptBody, Step
from standfast.services.errors import FieldInvalid

Word = TypeVar("Word", bound=StrEnum)


def one_of(words: type[Word], text: str, *, field: str) -> Word:
    """Raises `FieldInvalid` naming those there are."""
    try:
        return words(text)
    except ValueError:
        known = ", ".join(words)
        raise FieldInvalid(f"{field} must be one of {known}, got {text!r}.", field=field) from None


def step_named(body: PromptBody, key: str) -> Step:
    """Raises `FieldInvalid`."""
    step = body.step(key)
    if step is None:
        raise FieldInvalid(f"This prompt has no step {key!r}.", field="step")
    return step


def button_named(step: Step, button: Button, *, field: str) -> ButtonBody:
    """Raises `FieldInvalid` on the field that named the button."""
    found = step.buttons.get(button)
    if found is None:
        raise FieldInvalid(f"This step has no button {button.value!r}.", field=field)
    return found
