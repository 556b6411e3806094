"""Everything a person must read to follow one change from the click to the bill."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from standfast.connectors.registry import Registry
from standfast.contract.catalogue import CatalogueItem, ItemKind
from standfast.contract.connector import Connector, ConnectorSpec
from standfast.domain.action_run import ActionRun, Origin
from standfast.domain.attempt_chain import Entry, first_broken
from standfast.domain.prompt import AttachedAction, Step
from standfast.domain.redoing import hindrance_to_again
from standfast.domain.roles import Permission
from standfast.services.errors import NotFound, NotNow
from standfast.services.permissions import Acting
from standfast.services.read_situation import item_keys
from standfast.services.undo_run import UndoPlan, plan_of
from standfast.store.catalogue import find_items
from standfast.store.connections import ConnectionRow, get_connection
from standfast.store.database import Database, Reader
from standfast.store.interactions import InteractionRow, find_interaction
from standfast.store.prompts import find_prompt, find_version
from standfast.store.runs import find_run, list_entries, list_runs


@dataclass(frozen=True)
class RunStory:
    """`step` is what was on the screen; None when that version can no longer be read.

    `items` are the catalogue items the parameters name. `siblings` are all runs of the same
    click, this one among them. `broken_at` is the first line of the journal that was tampered
    with. `began` says which operator wanted this run, `children` which runs were begun because of
    it. `page` is where the customer is looked at in the billing system. `undo` is how it would be
    taken back, None when it cannot be; `no_undo` and `no_again` say why not.
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
    began: "Began | None"
    children: tuple["Began", ...]
    currency: str
    page: str | None
    undo: UndoPlan | None
    no_undo: str
    no_again: str


@dataclass(frozen=True)
class Began:
    """A run an operator began: who, and why. Both are empty once erased."""

    run: ActionRun
    by: str
    reason: str


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
            connector = self.registry.find(run.connector)
            spec = connector.spec if connector else None
            family = list_runs(core, run.interaction_id)
            undo, no_undo = self._way_back(run, family)
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
                siblings=family,
                began=_began(run, entries),
                children=_children(core, run, family),
                currency=connection.site.currency,
                page=_page(connector, connection, run),
                undo=undo,
                no_undo=no_undo,
                no_again=hindrance_to_again(run, family) or "",
            )

    def _way_back(
        self, run: ActionRun, family: tuple[ActionRun, ...]
    ) -> tuple[UndoPlan | None, str]:
        try:
            return plan_of(self.registry, run, family), ""
        except NotNow as refusal:
            return None, str(refusal)


def _began(run: ActionRun, entries: Iterable[Entry]) -> Began | None:
    if run.origin is Origin.CLICK:
        return None
    told = [one.said for one in entries if "begun" in one.said]
    return Began(run, str(told[0]["by"]), str(told[0]["note"])) if told else Began(run, "", "")


def _children(core: Reader, run: ActionRun, family: tuple[ActionRun, ...]) -> tuple[Began, ...]:
    own = [one for one in family if one.parent_id == run.id]
    told = [_began(one, list_entries(core, one.id)) for one in own]
    return tuple(one for one in told if one is not None)


def _page(connector: Connector | None, connection: ConnectionRow, run: ActionRun) -> str | None:
    if connector is None:
        return None
    subscription = run.result.reference or run.target
    return connector.page(connection.settings, billing_id=run.billing_id, subscription=subscription)


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
