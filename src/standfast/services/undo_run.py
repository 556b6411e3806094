"""Takes a succeeded change back, where its action says how."""

from collections.abc import Sequence
from dataclasses import dataclass

from standfast.clock import Clock
from standfast.config import Durations
from standfast.connectors.registry import Registry
from standfast.contract.actions import ActionSpec, Refused, Undoing, UndoSpec
from standfast.domain.action_run import ActionRun
from standfast.domain.redoing import Begun, hindrance_to_undo, undo_run
from standfast.domain.roles import Permission
from standfast.services.begin_run import begin, installed, lock_family, read_family
from standfast.services.errors import NotNow
from standfast.services.permissions import Acting
from standfast.services.run_actions import order_of
from standfast.services.write_audit import reason_given
from standfast.store.database import Database


@dataclass(frozen=True)
class UndoPlan:
    """What would take a run back. `spec` is of the action that does it, `terms` how far it goes."""

    run: ActionRun
    spec: ActionSpec
    terms: UndoSpec
    undoing: Undoing
    moves_money: bool


@dataclass(frozen=True)
class UndoRun(Acting):
    database: Database
    registry: Registry
    clock: Clock
    durations: Durations

    def plan(self, app_id: str, run_id: str) -> UndoPlan:
        """Raises `Forbidden`, `NotFound`, and `NotNow` with the reason why it cannot be undone."""
        self._allow(Permission.REDO_RUNS, app_id)
        with self.database.reading() as reader:
            family = read_family(reader, app_id, run_id)
        return plan_of(self.registry, family.run, family.members)

    def undo(self, app_id: str, run_id: str, *, reason: str) -> ActionRun:
        """The new run, accepted. Raises `Forbidden`, `NotFound`, `NotNow`, `FieldInvalid`."""
        self._allow(Permission.REDO_RUNS, app_id)
        reason = reason_given(reason)
        with self.database.writing() as transaction:
            family = lock_family(transaction, app_id, run_id)
            plan = plan_of(self.registry, family.run, family.members)
            new = undo_run(
                plan.run,
                plan.undoing,
                family.members,
                Begun(self.actor.operator_id, self.clock.now(), self.durations),
                moves_money=plan.moves_money,
            )
            return begin(transaction, new, of=plan.run, by=self.actor, reason=reason)


def plan_of(registry: Registry, run: ActionRun, family: Sequence[ActionRun]) -> UndoPlan:
    """Raises `NotNow` with the reason why it cannot be undone."""
    hindrance = hindrance_to_undo(run, family)
    if hindrance is not None:
        raise NotNow(hindrance)
    connector = installed(registry, run.connector)
    done = connector.spec.action(run.action)
    terms = done.undo_for(run.parameters) if done else None
    if terms is None:
        raise NotNow("This kind of change has no way back. Make up for it at the billing system.")
    undoing = connector.undo_of(order_of(run), reference=run.result.reference or "")
    if isinstance(undoing, Refused):
        raise NotNow(undoing.message)
    spec = connector.spec.action(undoing.action)
    if spec is None:
        raise NotNow(f"The connector {run.connector} no longer knows how to take this back.")
    return UndoPlan(
        run=run,
        spec=spec,
        terms=terms,
        undoing=undoing,
        moves_money=spec.moves_money or terms.moves_money,
    )
