"""Everything a person must read to follow one change from the click to the bill."""

from collections.abc import Mapping
from dataclasses import dataclass

from standfast.connectors.registry import ConnectorUnknown, Registry
from standfast.contract.catalogue import CatalogueItem, ItemKind
from standfast.contract.connector import ConnectorSpec
from standfast.domain.action_run import ActionRun
from standfast.domain.attempt_chain import Entry, first_broken
from standfast.domain.prompt import AttachedAction, Step
from standfast.domain.roles import Permission
from standfast.services.errors import NotFound
from standfast.services.permissions import Acting
from standfast.services.read_situation import item_keys
from standfast.store.catalogue import find_items
from standfast.store.connections import get_connection
from standfast.store.database import Database, Reader
from standfast.store.interactions import InteractionRow, find_interaction
from standfast.store.prompts import find_prompt, find_version
from standfast.store.runs import find_run, list_entries, list_runs


@dataclass(frozen=True)
class RunStory:
    """`step` is what was on the screen; None when that version can no longer be read.

    `items` are the catalogue items the parameters name. `siblings` are all runs of the same
    click, this one among them. `broken_at` is the first line of the journal that was tampered
    with.
    """

    run: ActionRun
    entries: tuple[Entry, ...]
    broken_at: Entry | None
    click: InteractionRow | None
    prompt_name: str
    step: Step | None
    spec: ConnectorSpec | None
    site_name: str
    is_test: bool
    items: Mapping[tuple[ItemKind, str], CatalogueItem]
    siblings: tuple[ActionRun, ...]


@dataclass(frozen=True)
class TellRun(Acting):
    database: Database
    registry: Registry

    def tell(self, app_id: str, run_id: str) -> RunStory:
        """Raises `Forbidden`, and `NotFound`, also for a run of another app."""
        self._allow(Permission.SEE_RUN_DETAIL, app_id)
        with self.database.reading() as core, self.database.reading_mirror() as mirror:
            run = find_run(core, app_id, run_id)
            if run is None:
                raise NotFound("There is no such run.", field="run_id")
            entries = list_entries(core, run_id)
            click = find_interaction(core, app_id, run.interaction_id)
            connection = get_connection(core, run.connection_id)
            spec = self._spec(run.connector)
            return RunStory(
                run=run,
                entries=tuple(entries),
                broken_at=first_broken(entries),
                click=click,
                prompt_name=_prompt_name(core, app_id, click),
                step=_shown(core, click),
                spec=spec,
                site_name=connection.site.name,
                is_test=connection.site.is_test,
                items=_items(mirror, run, spec),
                siblings=list_runs(core, run.interaction_id),
            )

    def _spec(self, connector: str) -> ConnectorSpec | None:
        try:
            return self.registry.get(connector).spec
        except ConnectorUnknown:
            return None


def _items(
    mirror: Reader, run: ActionRun, spec: ConnectorSpec | None
) -> Mapping[tuple[ItemKind, str], CatalogueItem]:
    if spec is None:
        return {}
    asked = AttachedAction(run.connector, run.action, run.parameters)
    return find_items(mirror, run.connection_id, item_keys((asked,), spec))


def _prompt_name(core: Reader, app_id: str, click: InteractionRow | None) -> str:
    prompt = find_prompt(core, app_id, click.prompt_id) if click else None
    return prompt.name if prompt else ""


def _shown(core: Reader, click: InteractionRow | None) -> Step | None:
    version = find_version(core, click.prompt_id, click.version) if click else None
    return version.body.step(click.step) if version and click else None
