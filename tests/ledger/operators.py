"""The ledger with the operators' use cases, for tests of what they do about ended runs."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from ledger.rig import APP, LedgerRig
from standfast.connectors.registry import Registry
from standfast.contract.testing import Script
from standfast.domain.action_run import ActionRun
from standfast.domain.attempt_chain import EntryKind, first_broken
from standfast.domain.roles import Role
from standfast.services.close_incident import CloseIncident
from standfast.services.errors import NotNow
from standfast.services.foresee_run import ForeseeRun
from standfast.services.permissions import Actor
from standfast.services.record_finding import RecordFinding
from standfast.services.run_again import RunAgain
from standfast.services.undo_run import UndoRun
from standfast.store.audit import AuditFilter, AuditRow
from standfast.store.audit import list_entries as list_deeds
from standfast.store.runs import list_entries, list_runs, save_run

OLGA = Actor("op_olga", "Olga", None, {APP: Role.APP_ADMIN})
OTTO = Actor("op_otto", "Otto", None, {APP: Role.APP_ADMIN})
WHY = "They clicked by mistake."


@dataclass
class Desk:
    """The ledger with the operators' use cases, done by Olga."""

    ledger: LedgerRig
    undoing: UndoRun
    again: RunAgain
    finding: RecordFinding
    closing: CloseIncident
    foresight: ForeseeRun

    @classmethod
    def over(cls, ledger: LedgerRig) -> "Desk":
        database, clock = ledger.database, ledger.clock
        registry = Registry([ledger.sites.connector])
        return cls(
            ledger,
            UndoRun(database, registry, clock, ledger.durations).by(OLGA),
            RunAgain(database, registry, clock, ledger.durations).by(OLGA),
            RecordFinding(database, clock).by(OLGA),
            CloseIncident(database, clock).by(OLGA),
            ForeseeRun(database, registry, clock).by(OLGA),
        )

    def undo(self, run: ActionRun, why: str = WHY) -> ActionRun:
        return self.undoing.undo(APP, run.id, reason=why)

    def run_again(self, run: ActionRun, why: str = WHY) -> ActionRun:
        return self.again.run_again(APP, run.id, reason=why)

    def worked(self, run: ActionRun) -> ActionRun:
        self.ledger.work()
        return self.ledger.run(run)

    def done(self, *actions: str) -> list[ActionRun]:
        """A click whose runs have come to rest."""
        runs = self.ledger.click(*actions)
        self.ledger.work()
        return [self.ledger.run(one) for one in runs]

    def refused(self) -> ActionRun:
        self.ledger.world.next(Script.DECLINE)
        (run,) = self.done("add_coupon")
        return run

    def doubtful(self, action: str = "create_subscription") -> ActionRun:
        """A run that was done, though nobody could find that out for a day."""
        self.ledger.world.next(Script.LOSE_AFTER)
        (run,) = self.ledger.click(action)
        self.ledger.work()
        self.ledger.world.reads_fail = True
        self.ledger.work_for(90_000, every=900)
        self.ledger.world.reads_fail = False
        return self.ledger.run(run)

    def odd(self, run: ActionRun) -> ActionRun:
        """As if it had charged another price than was shown."""
        odd = replace(run, incident="Charged $31.00, shown $29.00.")
        with self.ledger.database.writing() as transaction:
            return save_run(transaction, odd, EntryKind.CHANGED, {}, at=self.ledger.clock.now())

    def family(self, run: ActionRun) -> tuple[ActionRun, ...]:
        with self.ledger.database.reading() as reader:
            return list_runs(reader, run.interaction_id)

    def journal(self, run: ActionRun) -> list[dict]:
        with self.ledger.database.reading() as reader:
            entries = list_entries(reader, run.id)
        assert first_broken(entries) is None
        return [one.said for one in entries if one.kind is EntryKind.RECORDED]

    def deeds(self) -> tuple[AuditRow, ...]:
        with self.ledger.database.reading() as reader:
            return list_deeds(reader, AuditFilter(app_id=APP), offset=0, limit=10)


def both(*deeds: Callable[[], object]) -> list[object]:
    """What came of doing these at the same moment: a result, or the refusal."""
    barrier = threading.Barrier(len(deeds))
    results: list[object] = [None] * len(deeds)

    def do(place: int, deed: Callable[[], object]) -> None:
        barrier.wait(10)
        try:
            results[place] = deed()
        except NotNow as refusal:
            results[place] = refusal

    threads = [threading.Thread(target=do, args=one) for one in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results
