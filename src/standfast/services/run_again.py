"""Asks once more for what ended badly: the same parameters, a new id, so a new key is sent."""

from dataclasses import dataclass

from standfast.clock import Clock
from standfast.config import Durations
from standfast.connectors.registry import Registry
from standfast.domain.action_run import ActionRun
from standfast.domain.redoing import Begun, again_run, hindrance_to_again
from standfast.domain.roles import Permission
from standfast.services.begin_run import (
    Family,
    begin,
    installed,
    lock_family,
    read_family,
)
from standfast.services.errors import NotNow
from standfast.services.permissions import Acting
from standfast.services.reserve_limits import hold_again
from standfast.services.write_audit import reason_given
from standfast.store.database import Database


@dataclass(frozen=True)
class RunAgain(Acting):
    """The offer's own rules (dates, limits) are not judged again: an operator has decided."""

    database: Database
    registry: Registry
    clock: Clock
    durations: Durations

    def plan(self, app_id: str, run_id: str) -> ActionRun:
        """The run to be run again.

        Raises `Forbidden`, `NotFound`, and `NotNow` with the reason why it cannot be.
        """
        self._allow(Permission.REDO_RUNS, app_id)
        with self.database.reading() as reader:
            return self._may_be_begun(read_family(reader, app_id, run_id))

    def run_again(self, app_id: str, run_id: str, *, reason: str) -> ActionRun:
        """The new run, accepted. Raises `Forbidden`, `NotFound`, `NotNow`, `FieldInvalid`."""
        self._allow(Permission.REDO_RUNS, app_id)
        reason = reason_given(reason)
        with self.database.writing() as transaction:
            family = lock_family(transaction, app_id, run_id)
            run = self._may_be_begun(family)
            begun = Begun(self.actor.operator_id, self.clock.now(), self.durations)
            new = again_run(run, family.members, begun)
            hold_again(transaction, run.interaction_id)
            return begin(transaction, new, of=run, by=self.actor, reason=reason)

    def _may_be_begun(self, family: Family) -> ActionRun:
        hindrance = hindrance_to_again(family.run, family.members)
        if hindrance is not None:
            raise NotNow(hindrance)
        installed(self.registry, family.run.connector)
        return family.run
