"""From click to bill, killed before and after every commit: the next process makes it good, once.

The course is the product's own: `RecordInteraction` stores the click, a worker claims and
performs. An undisturbed course tells how many commits there are.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest

from clocks import FrozenClock
from deciding import CONNECTION
from ledger.dying import DyingDatabase, Killed, dying_database
from limiting import LimitingRig, Shown, limited
from standfast.contract.testing import Script
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.attempt_chain import first_broken
from standfast.domain.prompt import AttachedAction
from standfast.services.connection_health import note_good_answer
from standfast.store.connections import Health, get_connection
from standfast.store.database import Database
from standfast.store.runs import claim_due_runs, list_entries, list_runs

CREATE = AttachedAction("choosy", "create_subscription", {"plan": "gold"})
CUSTOMERS = 60
NEVER = 10**6
FOR_EVER = 20
"""A biller that says no says it again when it is asked again."""
ENDS = {
    Script.REFUSE: (RunState.REFUSED, 0),
    Script.DECLINE: (RunState.REFUSED, 0),
    Script.NEED_VISITOR: (RunState.WAITING_FOR_VISITOR, 0),
}


class Course:
    """One customer after the other clicks on the same offer."""

    def __init__(self, database: Database) -> None:
        self.rig = LimitingRig(database, FrozenClock(), customers=CUSTOMERS)
        self.database = database
        self.prompt = self.rig.start(limited(CREATE))
        self._customers: Iterator[int] = count(1)

    def go(self, script: Script, *, at_commit: int, before: bool) -> tuple[ActionRun, int]:
        """Killed at that commit and made good: the run at its end, and how many commits it took."""
        repeats = FOR_EVER if script in ENDS else 1
        self.rig.world._scripts.clear()
        self.rig.world.next(*[script] * repeats)
        shown = self.rig.show(self.prompt, self.rig.customer(next(self._customers)))
        dying = dying_database(self.database, at_commit=at_commit, before=before)
        try:
            self._from_click_to_bill(dying, shown)
        except Killed:
            self.rig.clock.advance(self.rig.durations.lease)
            self._from_click_to_bill(self.database, shown)
        assert isinstance(dying, DyingDatabase)
        recorded = self.rig.click(shown)
        (run,) = self.rig.runs(recorded)
        return run, dying.commits

    def effects(self, run: ActionRun) -> int:
        return len(self.rig.world.changes_of(run.reference))

    def is_chained(self, run: ActionRun) -> bool:
        with self.database.reading() as reader:
            return first_broken(list_entries(reader, run.id)) is None

    def _from_click_to_bill(self, database: Database, shown: Shown) -> None:
        self.rig.furnish(database)
        recorded = self.rig.click(shown)
        for _ in range(100):
            (run,) = self.rig.runs(recorded)
            if run.is_finished or run.state is RunState.WAITING_FOR_VISITOR:
                return
            self._mend_if_broken()
            now = self.rig.clock.now()
            self.rig.clock.set(max(now, run.due_at or now, run.lease_until or now))
            self._step(database)
        raise AssertionError("the run does not come to an end")

    def _step(self, database: Database) -> None:
        now = self.rig.clock.now()
        until = now + timedelta(seconds=self.rig.durations.lease)
        with database.writing() as transaction:
            claimed = claim_due_runs(transaction, owner="w1", now=now, until=until, limit=1)
        for run in claimed:
            self.rig.actions.advance(run)

    def _mend_if_broken(self) -> None:
        with self.database.writing() as transaction:
            if get_connection(transaction, CONNECTION).health is Health.BROKEN:
                note_good_answer(transaction, CONNECTION, now=self.rig.clock.now())


@pytest.mark.parametrize("script", list(Script))
def test_a_kill_at_any_commit_from_click_to_bill_is_made_good_once(
    database: Database, script: Script
):
    course = Course(database)
    undisturbed, commits = course.go(script, at_commit=NEVER, before=True)
    end = ENDS.get(script, (RunState.SUCCEEDED, 1))
    assert (undisturbed.state, course.effects(undisturbed)) == end
    assert commits >= 4  # the click, the claim, the intent, the outcome

    for at_commit in range(1, commits + 1):
        for before in (True, False):
            run, _ = course.go(script, at_commit=at_commit, before=before)

            assert (run.state, course.effects(run)) == end, (at_commit, before)
            assert course.is_chained(run)


def test_a_click_killed_before_its_commit_has_left_nothing(database: Database):
    course = Course(database)
    shown = course.rig.show(course.prompt, course.rig.customer(1))
    course.rig.furnish(dying_database(database, at_commit=1, before=True))

    with pytest.raises(Killed):
        course.rig.click(shown)

    with database.reading() as reader:
        for table in ("interactions", "action_runs", "action_attempts", "limit_reservations"):
            query = f"SELECT count(*) FROM {table}"
            assert reader.connection.exec_driver_sql(query).scalar_one() == 0


def test_a_click_killed_after_its_commit_is_whole_and_is_the_same_click_afterwards(
    database: Database,
):
    course = Course(database)
    shown = course.rig.show(course.prompt, course.rig.customer(1))
    course.rig.furnish(dying_database(database, at_commit=1, before=False))
    with pytest.raises(Killed):
        course.rig.click(shown)

    course.rig.furnish(database)
    recorded = course.rig.click(shown)

    with database.reading() as reader:
        (run,) = list_runs(reader, recorded.interaction)
        assert (
            reader.connection.exec_driver_sql("SELECT count(*) FROM interactions").scalar_one() == 1
        )
    assert run.state is RunState.ACCEPTED
