"""What would stand in a run's way right now: the judgement of gate 10, made again for a person."""

from collections.abc import Mapping
from dataclasses import dataclass

from standfast.clock import Clock
from standfast.connectors.registry import Registry
from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.catalogue import CatalogueItem, ItemKind
from standfast.contract.connector import Connector
from standfast.domain.action_run import BLOCKS_NOBODY, FINISHED, ActionRun
from standfast.domain.offer import settled_parameters
from standfast.domain.prompt import AttachedAction
from standfast.domain.roles import Permission
from standfast.services.permissions import Acting
from standfast.services.read_situation import items_named, trouble_of
from standfast.services.read_visitor import holds_of
from standfast.store.billing import find_billing
from standfast.store.connections import ConnectionRow, get_connection
from standfast.store.database import Database, Reader
from standfast.store.runs import list_runs

GOES_AHEAD_OF = FINISHED | BLOCKS_NOBODY


@dataclass(frozen=True)
class Foresight:
    """`warnings` are sentences, none when nothing is known against it; `items` what is named.

    `waits`: another run of the same click is under way, and this one begins when that has ended.
    """

    warnings: tuple[str, ...]
    items: Mapping[tuple[ItemKind, str], CatalogueItem]
    waits: bool = False


@dataclass(frozen=True)
class ForeseeRun(Acting):
    """Reads the mirror only: what it says may have changed when the run is made."""

    database: Database
    registry: Registry
    clock: Clock

    def again(self, run: ActionRun) -> Foresight:
        """Of this run, made once more. Raises `Forbidden`."""
        asked = AttachedAction(run.connector, run.action, run.parameters)
        return self._foresee(run, asked, is_judged=True)

    def undo(self, run: ActionRun, asked: AttachedAction) -> Foresight:
        """Of what takes this run back. It names its subscription: only the connection is judged.

        Raises `Forbidden`.
        """
        return self._foresee(run, asked, is_judged=False)

    def _foresee(self, run: ActionRun, asked: AttachedAction, *, is_judged: bool) -> Foresight:
        self._allow(Permission.REDO_RUNS, run.app_id)
        with self.database.reading() as core, self.database.reading_mirror() as mirror:
            connection = get_connection(core, run.connection_id)
            warnings = _of_connection(connection)
            family = list_runs(core, run.interaction_id)
            waits = any(one.lane == run.lane and one.state not in GOES_AHEAD_OF for one in family)
            connector = self.registry.find(run.connector)
            if connector is None:
                return Foresight(warnings, {}, waits)
            items = items_named(mirror, connection, connector.spec, (asked,))
            refused = None
            if is_judged:
                refused = self._refusal(core, mirror, connection, connector, run, asked)
        return Foresight((*warnings, refused.message) if refused else warnings, items, waits)

    def _refusal(
        self,
        core: Reader,
        mirror: Reader,
        connection: ConnectionRow,
        connector: Connector,
        run: ActionRun,
        asked: AttachedAction,
    ) -> Refused | None:
        holds = holds_of(connection)
        billing = find_billing(core, mirror, connection, run.billing_id, holds=holds)
        if billing is None:
            title = connector.spec.title
            message = f"{title} is not known to have this customer ({run.billing_id})."
            return Refused(RefusalReason.BILLING_ID_UNMATCHED, message)
        return connector.obstacle(
            asked.action,
            settled_parameters(asked.parameters),
            billing=billing,
            items=items_named(mirror, connection, connector.spec, (asked,)),
            now=self.clock.now(),
        )


def _of_connection(connection: ConnectionRow) -> tuple[str, ...]:
    trouble = trouble_of(connection)
    told = (trouble,) if trouble else ()
    if connection.is_dry_run:
        told += ("The connection is in dry run: everything is checked, and nothing is sent.",)
    return told
