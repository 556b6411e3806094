"""How far an app has come on its way to the first prompt: connected, tag heard, prompt live."""

from dataclasses import dataclass

from standfast.domain.prompt import PromptStatus
from standfast.domain.roles import Permission
from standfast.services.permissions import Acting
from standfast.store.connections import list_connections
from standfast.store.database import Database
from standfast.store.prompts import list_prompts
from standfast.store.tag_sightings import list_sightings


@dataclass(frozen=True)
class PromptName:
    """What lists may call a prompt; nothing personal."""

    id: str
    name: str
    status: PromptStatus
    version: int


@dataclass(frozen=True)
class FirstSteps:
    """`prompts` are all of the app's, by name. `is_test`: a connection leads to a test site."""

    is_connected: bool
    is_test: bool
    is_tag_heard: bool
    prompts: tuple[PromptName, ...]

    @property
    def has_live_prompt(self) -> bool:
        return any(one.status is PromptStatus.LIVE for one in self.prompts)

    @property
    def are_done(self) -> bool:
        return self.is_connected and self.is_tag_heard and self.has_live_prompt


@dataclass(frozen=True)
class ReadFirstSteps(Acting):
    database: Database

    def read(self, app_id: str) -> FirstSteps:
        """Raises `Forbidden`."""
        self._allow(Permission.SEE_REPORTS, app_id)
        with self.database.reading() as reader:
            connections = list_connections(reader, app_id)
            prompts = list_prompts(reader, app_id)
            sightings = list_sightings(reader, app_id)
        named = (PromptName(one.id, one.name, one.status, one.version) for one in prompts)
        return FirstSteps(
            is_connected=bool(connections),
            is_test=any(one.site.is_test for one in connections),
            is_tag_heard=any(one.is_admitted for one in sightings),
            prompts=tuple(sorted(named, key=lambda one: one.name.casefold())),
        )
