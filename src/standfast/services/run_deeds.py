"""All that operators do about runs that have ended, in one hand."""

from dataclasses import dataclass
from typing import Self

from standfast.clock import Clock
from standfast.config import Durations
from standfast.connectors.registry import Registry
from standfast.services.close_incident import CloseIncident
from standfast.services.foresee_run import ForeseeRun
from standfast.services.permissions import Actor
from standfast.services.record_finding import RecordFinding
from standfast.services.run_again import RunAgain
from standfast.services.undo_run import UndoRun
from standfast.store.database import Database


@dataclass(frozen=True)
class RunDeeds:
    undo: UndoRun
    again: RunAgain
    finding: RecordFinding
    incident: CloseIncident
    foresight: ForeseeRun

    @classmethod
    def build(
        cls, database: Database, registry: Registry, clock: Clock, durations: Durations
    ) -> Self:
        return cls(
            UndoRun(database, registry, clock, durations),
            RunAgain(database, registry, clock, durations),
            RecordFinding(database, clock),
            CloseIncident(database, clock),
            ForeseeRun(database, registry, clock),
        )

    def by(self, actor: Actor) -> "RunDeeds":
        """All of them, done by this operator."""
        return RunDeeds(
            self.undo.by(actor),
            self.again.by(actor),
            self.finding.by(actor),
            self.incident.by(actor),
            self.foresight.by(actor),
        )
