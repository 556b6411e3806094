"""An operator has looked at what went wrong with a finished run, and says what came of it."""

from dataclasses import dataclass

from msgspec.structs import replace

from standfast.clock import Clock
from standfast.domain.action_run import ActionRun
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.roles import Permission
from standfast.services.begin_run import visitor_of
from standfast.services.errors import NotFound, NotNow
from standfast.services.permissions import Acting
from standfast.services.write_audit import reason_given, write_audit
from standfast.store.database import Database
from standfast.store.runs import lock_run, save_run


@dataclass(frozen=True)
class CloseIncident(Acting):
    database: Database
    clock: Clock

    def close(self, app_id: str, run_id: str, *, note: str) -> ActionRun:
        """What the incident was stays in the run's journal.

        Raises `Forbidden`, `NotFound`, `FieldInvalid`, and `NotNow` when it was closed before.
        """
        self._allow(Permission.REDO_RUNS, app_id)
        note = reason_given(note, field="note")
        now = self.clock.now()
        with self.database.writing() as transaction:
            run = lock_run(transaction, app_id, run_id)
            if run is None:
                raise NotFound("There is no such run.", field="run_id")
            if not run.incident:
                raise NotNow("This run has no open incident.")
            body = {"closed": run.incident, "by": self.actor.name, "note": note}
            closed = save_run(
                transaction, replace(run, incident=""), EntryKind.RECORDED, body, at=now
            )
            write_audit(
                transaction,
                self.actor,
                "run.incident_closed",
                run.id,
                at=now,
                app_id=app_id,
                before={"incident": run.incident},
                reason=note,
                visitor=visitor_of(run),
            )
            return closed
