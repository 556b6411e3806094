"""The prompt editor, as a browser without script uses it."""

from dataclasses import dataclass

from console.billing_rig import BilledApp, BilledHouse
from console.forms import fields_of
from console.rig import Visitor
from standfast.store.prompts import PromptRow, find_prompt, list_prompts

ACTION = "steps[0].buttons.accept.actions[0]"


@dataclass
class Desk:
    """One connected app and a browser of its administrator."""

    stage: BilledHouse
    billed: BilledApp
    ada: Visitor

    def path(self, rest: str = "") -> str:
        return f"/apps/{self.billed.app}/prompts{rest}"

    def prompt(self, prompt_id: str) -> PromptRow:
        with self.billed.house.database.reading() as reader:
            row = find_prompt(reader, self.billed.app, prompt_id)
        assert row is not None
        return row

    def all(self) -> tuple[PromptRow, ...]:
        with self.billed.house.database.reading() as reader:
            return list_prompts(reader, self.billed.app)

    def fields(self, rest: str) -> dict[str, str]:
        return fields_of(self.ada.get(self.path(rest)).text, "editor")

    def send(self, rest: str, fields: dict[str, str], **changes: str):
        return self.ada.post(self.path(rest), **{**fields, **changes})

    def save(self, rest: str = "/new?from=loyalty", **changes: str) -> str:
        """The id of the prompt that was saved."""
        answer = self.send(rest.partition("?")[0], self.fields(rest), **{"do": "save", **changes})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].rpartition("/")[2]


def connected_desk(stage: BilledHouse) -> Desk:
    """A new app whose catalogue is synced."""
    billed = stage.open()
    billed.connect()
    billed.sync()
    return Desk(stage, billed, stage.visitor())
