"""The kill switch of a prompt: nobody sees it, and what it began but has not sent is cancelled."""

from dataclasses import dataclass, replace

from standfast.clock import Clock
from standfast.config import Durations
from standfast.domain.action_run import Origin
from standfast.domain.prompt import PromptStatus
from standfast.domain.roles import Permission
from standfast.domain.stopping import UnderWay, count_under_way, stop
from standfast.services.errors import NotFound, NotNow
from standfast.services.permissions import Acting
from standfast.services.stop_runs import end_runs
from standfast.services.write_audit import reason_given, write_audit
from standfast.services.write_snapshot import write_snapshot
from standfast.store.database import Database
from standfast.store.open_runs import list_open_runs_of_prompt, lock_open_runs_of_prompt
from standfast.store.prompts import find_prompt, lock_prompt, save_prompt

SHOWN = frozenset({PromptStatus.LIVE, PromptStatus.REVIEW})


@dataclass(frozen=True)
class StopPrompt(Acting):
    """Undone by starting the prompt again; what was cancelled stays cancelled."""

    database: Database
    clock: Clock
    durations: Durations

    def under_way(self, app_id: str, prompt_id: str) -> UnderWay:
        """What a stop would end now, and what it would leave. Raises `Forbidden`, `NotFound`."""
        self._allow(Permission.EDIT_PROMPTS, app_id)
        with self.database.reading() as reader:
            if find_prompt(reader, app_id, prompt_id) is None:
                raise NotFound("There is no such prompt.", field="prompt")
            runs = list_open_runs_of_prompt(reader, prompt_id)
        return count_under_way(run for run in runs if run.origin is not Origin.UNDO)

    def stop(self, app_id: str, prompt_id: str, *, reason: str) -> UnderWay:
        """How many runs were cancelled, and how many may have happened and are looked up.

        Raises `Forbidden`, `NotFound`, `FieldInvalid` without a reason, `NotNow` for a draft.
        """
        self._allow(Permission.EDIT_PROMPTS, app_id)
        why = reason_given(reason)
        now = self.clock.now()
        with self.database.writing() as transaction:
            row = lock_prompt(transaction, app_id, prompt_id)
            if row is None:
                raise NotFound("There is no such prompt.", field="prompt")
            if row.status is PromptStatus.DRAFT:
                raise NotNow("The prompt is a draft: there is nothing to stop.")
            status = PromptStatus.PAUSED if row.status in SHOWN else row.status
            stopped = replace(row, status=status, stopped_at=now, updated_at=now)
            save_prompt(transaction, stopped)
            write_snapshot(transaction, app_id, now=now)
            runs = lock_open_runs_of_prompt(transaction, prompt_id)
            ended = end_runs(
                transaction,
                (run for run in runs if run.origin is not Origin.UNDO),
                lambda run: stop(run, why, now=now, durations=self.durations),
                by=self.actor.name,
                why=why,
                now=now,
            )
            write_audit(
                transaction,
                self.actor,
                "prompt.stopped",
                row.name,
                at=now,
                app_id=app_id,
                before={"status": row.status},
                after={
                    "status": status,
                    "runs_cancelled": ended.waiting,
                    "runs_in_doubt": ended.in_doubt,
                },
                reason=why,
            )
        return ended
