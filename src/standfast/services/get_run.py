"""One action run with everything its journal holds."""

from dataclasses import dataclass

from standfast.domain.action_run import ActionRun
from standfast.domain.attempt_chain import Entry
from standfast.domain.roles import Permission
from standfast.services.errors import NotFound
from standfast.services.permissions import Acting
from standfast.store.database import Database
from standfast.store.runs import find_run, list_entries


@dataclass(frozen=True)
class RunWithAttempts:
    run: ActionRun
    attempts: tuple[Entry, ...]


@dataclass(frozen=True)
class GetRun(Acting):
    database: Database

    def get(self, app_id: str, run_id: str) -> RunWithAttempts:
        """Raises `NotFound`, also for a run of another app."""
        self._allow(Permission.SEE_RUN_DETAIL, app_id)
        with self.database.reading() as reader:
            run = find_run(reader, app_id, run_id)
            if run is None:
                raise NotFound("There is no such run.", field="run_id")
            return RunWithAttempts(run, tuple(list_entries(reader, run_id)))
