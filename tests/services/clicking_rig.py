"""One customer in front of a prompt, and what is kept of their click."""

from collections.abc import Callable
from typing import Any

from builders import a_prompt
from limiting import GIVING, LimitingRig, Shown
from standfast.domain.decision_token import DecisionClaims
from standfast.domain.prompt import PromptBody
from standfast.domain.visitor import PromptHistory
from standfast.services.follow_result import Recorded
from standfast.services.record_interaction import Deed
from standfast.store.interactions import InteractionRow, find_interaction
from standfast.store.visitors import list_history


class ClickingRig(LimitingRig):
    """Customer c1 is user u1."""

    def look(self, body: PromptBody | None = None) -> Shown:
        """A prompt that u1 has had before them for a minute; an accept of it gives gold."""
        prompt = self.start(body or a_prompt(GIVING))
        seen = self.show(prompt, self.customer(1))
        self.clock.advance(60)
        return seen

    def report(
        self, seen: Shown, kind: str = "accept", *, step: str = "offer", **values: str
    ) -> Recorded:
        """As the tag reports a deed with its answers."""
        return self.recording.record(seen.identity, Deed(seen.token, kind, step, values))

    def claims(self, seen: Shown) -> DecisionClaims:
        visitor = seen.identity.visitor
        return self.tokens.verify_decision(
            self.app_id, seen.token, visitor=visitor, now=self.clock.now()
        )

    def stored(self, recorded: Recorded) -> InteractionRow:
        with self.database.reading() as reader:
            row = find_interaction(reader, self.app_id, recorded.interaction)
        assert row is not None
        return row

    def history(self, seen: Shown) -> PromptHistory:
        """What this visitor did with this prompt so far."""
        with self.database.reading() as reader:
            told = list_history(reader, self.app_id, seen.identity.visitor)
        return told.get(self.claims(seen).prompt_id, PromptHistory())

    def meanwhile(self, deed: Callable[[], object]) -> None:
        """Let this happen after the next click was checked, before it is stored."""
        limits = self.recording.limits
        checked = limits.wanted

        def slowly(*arguments: Any) -> Any:
            object.__setattr__(limits, "wanted", checked)
            deed()
            return checked(*arguments)

        object.__setattr__(limits, "wanted", slowly)
