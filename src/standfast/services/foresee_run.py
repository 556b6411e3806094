"""What would stand in a run's way right now: the judgement of gate 10, made again for a person."""

from dataclasses import dataclass

from standfast.clock import Clock
from standfast.connectors.registry import ConnectorUnknown, Registry
from standfast.contract.actions import RefusalReason, Refused
from standfast.domain.action_run import ActionRun
from standfast.domain.offer import settled_parameters
from standfast.domain.prompt import AttachedAction
from standfast.services.read_situation import items_named, trouble_of
from standfast.services.read_visitor import holds_of
from standfast.store.billing import find_billing
from standfast.store.connections import ConnectionRow, get_connection
from standfast.store.database import Database, Reader


@dataclass(frozen=True)
class ForeseeRun:
    """Reads the mirror only: what it says may have changed when the run is made."""

    database: Database
    registry: Registry
    clock: Clock

    def obstacles(self, run: ActionRun, *, is_undo: bool) -> tuple[str, ...]:
        """Sentences for whoever is about to begin this run; empty: nothing is known against it.

        An undo names its subscription itself, so only the connection is judged.
        """
        with self.database.reading() as core, self.database.reading_mirror() as mirror:
            connection = get_connection(core, run.connection_id)
            trouble = trouble_of(connection)
            told = (trouble,) if trouble else ()
            if connection.is_dry_run:
                told += ("The connection is in dry run: everything is checked, nothing is sent.",)
            refused = None if is_undo else self._refusal(core, mirror, connection, run)
        return (*told, refused.message) if refused else told

    def _refusal(
        self, core: Reader, mirror: Reader, connection: ConnectionRow, run: ActionRun
    ) -> Refused | None:
        try:
            connector = self.registry.get(run.connector)
        except ConnectorUnknown:
            return None
        holds = holds_of(connection)
        billing = find_billing(core, mirror, connection, run.billing_id, holds=holds)
        if billing is None:
            message = (
                f"{connector.spec.title} is not known to have this customer ({run.billing_id})."
            )
            return Refused(RefusalReason.BILLING_ID_UNMATCHED, message)
        asked = AttachedAction(run.connector, run.action, run.parameters)
        return connector.obstacle(
            run.action,
            settled_parameters(run.parameters),
            billing=billing,
            items=items_named(mirror, connection, connector.spec, (asked,)),
            now=self.clock.now(),
        )
