"""Whatever is clicked, settled, killed and stopped in whatever order: no counter lies."""

import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clocks import FrozenClock
from deciding import CONNECTION
from ledger.test_kills import Killed, dying_database
from limiting import LimitingRig, Shown, limited
from standfast.contract.testing import Script
from standfast.domain.limits import Scope
from standfast.domain.prompt import Budget, Limits
from standfast.services.connection_health import note_good_answer
from standfast.services.publish_prompt import PublishPrompt
from standfast.store.database import open_database

CUSTOMERS = st.integers(1, 4)
TOTAL, PER_DAY, CENTS = 3, 2, 2_500
"""Three accepts in all, two a day, and a budget for two of 10.00 each."""
HELD = "SELECT interaction_id FROM limit_reservations WHERE released_at IS NULL"
GIVEN = (
    "SELECT interaction_id FROM action_runs WHERE state NOT IN ('refused', 'failed', 'cancelled')"
)
A_DAY = 86_400


class Limited(RuleBasedStateMachine):
    """Two prompts that share a tag, over SQLite; every click gives 10.00 away."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = open_database(Path(self.folder.name), None)
        self.database.create_missing_tables()
        self.rig = LimitingRig(self.database, FrozenClock(), customers=4)
        self.prompts = [
            self.rig.start(limited(limits=limits))
            for limits in (
                Limits(total=TOTAL, per_day=PER_DAY, once_per_tag="spring"),
                Limits(budget=Budget(CENTS), once_per_tag="spring"),
            )
        ]
        self.days = {"2026-03-02"}
        self.shown: list[Shown] = []
        self.shown_since = self.rig.clock.now()

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    @rule(customer=CUSTOMERS, which=st.integers(0, 1))
    def show(self, customer: int, which: int) -> None:
        self.rig.clock.advance(2)  # past what a cache may keep
        identity = self.rig.customer(customer)
        if not self.shown:
            self.shown_since = self.rig.clock.now()
        if self.prompts[which] in self.rig.shown(identity):
            self.shown.append(self.rig.show(self.prompts[which], identity))

    @precondition(lambda self: self.shown)
    @rule(pick=st.integers(0, 99), times=st.integers(1, 2))
    def click(self, pick: int, times: int) -> None:
        for _ in range(times):
            self.rig.click(self.shown[pick % len(self.shown)])

    @precondition(lambda self: self.shown)
    @rule(pick=st.integers(0, 99), before=st.booleans())
    def die_at_a_click(self, pick: int, before: bool) -> None:
        self._dying(1, before=before)
        with suppress(Killed):
            self.rig.click(self.shown[pick % len(self.shown)])
        self.rig.furnish(self.database)

    @rule(scripts=st.lists(st.sampled_from(list(Script)), max_size=3))
    def work(self, scripts: list[Script]) -> None:
        self.rig.world.next(*scripts)
        self.rig.work(at_most=200)
        self._mend()

    @rule(at_commit=st.integers(1, 3), before=st.booleans())
    def die_at_work(self, at_commit: int, before: bool) -> None:
        self._dying(at_commit, before=before)
        with suppress(Killed):
            for run in self.rig.claim():
                self.rig.actions.advance(run)
        self.rig.furnish(self.database)
        self.rig.clock.advance(31)

    @rule(seconds=st.sampled_from([30, 300, 7_200, A_DAY]))
    def wait(self, seconds: int) -> None:
        self.rig.clock.advance(seconds)
        if self.rig.clock.now() - self.shown_since >= timedelta(seconds=A_DAY):
            self.shown.clear()  # what was signed then is over
        self.days.add(self.rig.clock.now().date().isoformat())

    @rule(which=st.integers(0, 1))
    def stop_and_start(self, which: int) -> None:
        self.rig.stopping.stop(self.rig.app_id, self.prompts[which], reason="A test.")
        PublishPrompt(self.database, self.rig.registry, self.rig.clock).resume(
            self.rig.app_id, self.prompts[which]
        )

    @invariant()
    def no_counter_passes_its_limit(self) -> None:
        first, second = self.prompts
        assert 0 <= self.rig.used(Scope.ACCEPTS, first) <= TOTAL
        assert all(
            0 <= self.rig.used(Scope.ACCEPTS_A_DAY, first, day) <= PER_DAY for day in self.days
        )
        assert 0 <= self.rig.used(Scope.BUDGET, second) <= CENTS

    @invariant()
    def every_counter_is_the_sum_of_what_is_reserved(self) -> None:
        assert self.rig.is_balanced()

    @invariant()
    def what_is_reserved_is_what_was_or_may_be_given_away(self) -> None:
        with self.database.reading() as reader:
            held, given = (
                {row[0] for row in reader.connection.exec_driver_sql(query)}
                for query in (HELD, GIVEN)
            )
        assert held == given

    def _dying(self, at_commit: int, *, before: bool) -> None:
        self.rig.furnish(dying_database(self.database, at_commit=at_commit, before=before))

    def _mend(self) -> None:
        """A refused key breaks the connection; a person mends it."""
        with self.database.writing() as transaction:
            note_good_answer(transaction, CONNECTION, now=self.rig.clock.now())


Limited.TestCase.settings = settings(
    max_examples=min(settings().max_examples // 2, 200), stateful_step_count=25, deadline=None
)
TestLimited = Limited.TestCase
