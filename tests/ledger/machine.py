"""A model of everything that can happen to the ledger, drawn step by step by hypothesis.

Workers claim, perform, stall, are killed between any two commits and come back; answers are lost,
effects come late, readings fail; visitors come back and operators record what they found. After
each step the ledger must keep its promises.
"""

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from clocks import FrozenClock
from ledger.dying import Killed, dying_database
from ledger.rig import APP, LedgerRig
from standfast.config import Durations
from standfast.contract.errors import AnswerLost
from standfast.contract.testing import Change, Script
from standfast.contract.transport import Call
from standfast.domain.action_run import BLOCKS_NOBODY, ActionRun, RunState
from standfast.domain.attempt_chain import Entry, EntryKind, first_broken
from standfast.domain.roles import Role
from standfast.domain.stopping import refuse_switched_off, stop
from standfast.services.go_on import go_on
from standfast.services.permissions import Actor
from standfast.services.record_finding import RecordFinding
from standfast.services.stop_runs import end_runs
from standfast.store.database import Database
from standfast.store.runs import (
    extend_leases,
    free_all_leases,
    list_entries,
    lock_run,
    lock_runs,
)

VENDOR_CUTS_AFTER = 120.0
TOKENS_LIVE_FOR = timedelta(hours=1)
OLGA = Actor("op_olga", "Olga", None, {APP: Role.APP_ADMIN})
MAKES_NOTHING = {RunState.REFUSED, RunState.FAILED, RunState.CANCELLED}

OPEN = {RunState.ACCEPTED, RunState.RETRYING}
TABLE: dict[RunState, set[RunState]] = {
    RunState.ACCEPTED: set(RunState) - {RunState.ACCEPTED, RunState.NEEDS_OPERATOR},
    RunState.RETRYING: set(RunState) - {RunState.ACCEPTED, RunState.NEEDS_OPERATOR},
    # Never refused from a doubt: only a new try can be, and that follows on proven absence.
    RunState.UNKNOWN: {
        RunState.UNKNOWN,
        RunState.RETRYING,
        RunState.SUCCEEDED,
        RunState.FAILED,
        RunState.NEEDS_OPERATOR,
    },
    # Its time over, what was sent is looked up: the bank's check may have been passed.
    RunState.WAITING_FOR_VISITOR: {
        RunState.RETRYING,
        RunState.CANCELLED,
        RunState.REFUSED,
        RunState.SUCCEEDED,
        RunState.UNKNOWN,
    },
    RunState.NEEDS_OPERATOR: {RunState.SUCCEEDED, RunState.FAILED, RunState.UNKNOWN},
    RunState.SUCCEEDED: set(),
    RunState.REFUSED: set(),
    RunState.FAILED: set(),
    RunState.CANCELLED: set(),
}
"""Written out once more: what may follow on what, in a run's journal."""

actions = st.sampled_from(["create_subscription", "cancel_subscription", "add_coupon"])
scripts = st.lists(st.sampled_from(list(Script)), max_size=3)
which = st.integers(0, 9)


class LedgerMachine(RuleBasedStateMachine):
    """`fresh` answers an empty database with every table."""

    def __init__(self, fresh: Callable[[], Database], durations: Durations | None = None) -> None:
        super().__init__()
        self.ledger = LedgerRig(fresh(), FrozenClock(), durations)
        self.findings = RecordFinding(self.ledger.database, self.ledger.clock).by(OLGA)
        self.runs: dict[str, ActionRun] = {}
        self.journals: dict[str, list[Entry]] = defaultdict(list)
        self.held: list[ActionRun] = []
        self.late: list[tuple[datetime, Call]] = []
        self.operated: set[str] = set()

    # What visitors do

    @initialize(action=actions, wanted=scripts)
    def begin(self, action: str, wanted: list[Script]) -> None:
        self.click(first=action, second=None, customer="c1", stops=True, waits=True, wanted=wanted)

    @rule(
        first=actions,
        second=st.none() | actions,
        customer=st.sampled_from(["c1", "c2"]),
        stops=st.booleans(),
        waits=st.booleans(),
        wanted=scripts,
    )
    @precondition(lambda self: len(self.runs) < 6)
    def click(
        self,
        *,
        first: str,
        second: str | None,
        customer: str,
        stops: bool,
        waits: bool,
        wanted: list[Script],
    ) -> None:
        chain = [first] if second is None else [first, second]
        for run in self.ledger.click(
            *chain, customer=customer, stop_on_error=stops, waits_when_down=waits
        ):
            self.runs[run.id] = run
            self.ledger.world.script(run.reference, *wanted)

    @rule(n=which)
    def come_back(self, n: int) -> None:
        waiting = self._in(RunState.WAITING_FOR_VISITOR)
        if waiting:
            chosen = waiting[n % len(waiting)]
            with self.ledger.database.writing() as transaction:
                run = lock_run(transaction, APP, chosen.id)
                assert run is not None
                go_on(transaction, run, because="a card was given", now=self.ledger.clock.now())

    @rule(n=which)
    def confirm_at_the_bank(self, n: int) -> None:
        """What an answered write has led them to; we are not told, and may have given up asking."""
        under_way = {(call.json or {}).get("reference") for _, call in self.late}
        led = [
            run
            for run in self._open()
            if run.was_led and run.reference not in under_way and not self.ledger.effects(run)
        ]
        if led:
            run = led[n % len(led)]
            wish = {"action": run.action, "customer": run.billing_id, "reference": run.reference}
            self.ledger.world._make({**wish, "token": "the bank's", **run.parameters})

    # What workers do

    @rule(owner=st.sampled_from(["w1", "w2"]), limit=st.integers(1, 3))
    def claim(self, owner: str, limit: int) -> None:
        claimed = self.ledger.claim(owner, limit)
        for run in claimed:
            self._judge_turn(run)
        self.held += claimed

    @rule(n=which)
    @precondition(lambda self: self.held)
    def perform(self, n: int) -> None:
        self.ledger.actions.advance(self._take(n))

    @rule(n=which, at_commit=st.integers(1, 3), before=st.booleans())
    @precondition(lambda self: self.held)
    def be_killed_at_a_commit(self, n: int, at_commit: int, before: bool) -> None:
        dying = dying_database(self.ledger.database, at_commit=at_commit, before=before)
        doomed = replace(self.ledger.actions, database=dying)
        with suppress(Killed):
            doomed.advance(self._take(n))

    @rule(n=which, has_effect=st.booleans())
    @precondition(lambda self: self.held)
    def be_killed_in_a_call(self, n: int, has_effect: bool) -> None:
        def die(_call: Call | Change) -> None:
            raise Killed

        hook = "on_effect" if has_effect else "on_write"
        self._advance_with(hook, die, self._take(n))

    @rule(n=which, seconds=st.floats(1, VENDOR_CUTS_AFTER - 1))
    @precondition(lambda self: self.held)
    def perform_with_a_late_effect(self, n: int, seconds: float) -> None:
        """The connection breaks, and the request is carried out all the same, later."""

        def lose(call: Call) -> None:
            due_at = self.ledger.clock.now() + timedelta(seconds=seconds)
            self.late.append((due_at, call))
            raise AnswerLost("the connection broke")

        self._advance_with("on_write", lose, self._take(n))

    @rule(n=which, seconds=st.floats(1, VENDOR_CUTS_AFTER - 1))
    @precondition(lambda self: self.held)
    def be_overtaken_in_a_call(self, n: int, seconds: float) -> None:
        """The biller takes its time; meanwhile others work, and may take this run over."""

        def dawdle(_call: Call) -> None:
            self.ledger.world.on_write = None
            self.pass_time(seconds)
            self.ledger.step()

        self._advance_with("on_write", dawdle, self._take(n))

    @rule(n=which)
    @precondition(lambda self: self.held)
    def beat(self, n: int) -> None:
        run = self.held[n % len(self.held)]
        until = self.ledger.clock.now() + timedelta(seconds=self.ledger.durations.lease)
        with self.ledger.database.writing() as transaction:
            extend_leases(transaction, [run], until=until)

    @rule()
    def all_die_and_one_takes_the_lock(self) -> None:
        self.held.clear()
        with self.ledger.database.writing() as transaction:
            free_all_leases(transaction, now=self.ledger.clock.now())

    # What the world does

    @rule(seconds=st.sampled_from([0.5, 5, 31, 130, 700, 3700, 90_000]))
    def pass_time(self, seconds: float) -> None:
        until = self.ledger.clock.now() + timedelta(seconds=seconds)
        for due_at, call in sorted(self.late, key=lambda one: one[0]):
            if due_at <= until:
                self.late.remove((due_at, call))
                wish = {key: str(value) for key, value in (call.json or {}).items()}
                self.ledger.world._follow(Script.SUCCEED, wish)
        self.ledger.clock.set(until)
        if timedelta(seconds=seconds) > TOKENS_LIVE_FOR:
            self.ledger.world.forget_tokens()

    @rule(fail=st.booleans())
    def readings_fail(self, fail: bool) -> None:
        self.ledger.world.reads_fail = fail

    @rule()
    def somebody_mends_the_connection(self) -> None:
        self.ledger.mend()

    # What operators do

    @rule(n=which, looks_again=st.booleans())
    def an_operator_records_the_truth(self, n: int, looks_again: bool) -> None:
        doubtful = self._in(RunState.NEEDS_OPERATOR)
        if not doubtful or self.late:
            return
        run = doubtful[n % len(doubtful)]
        self.operated.add(run.id)
        changes = self.ledger.world.changes_of(run.reference)
        if looks_again:
            self.findings.look_up_again(APP, run.id)
        elif changes:
            reference = changes[0].subscription
            self.findings.it_happened(APP, run.id, note="I looked.", reference=reference)
        else:
            self.findings.it_did_not_happen(APP, run.id, note="I looked.")

    @rule(switches_off=st.booleans())
    def an_operator_pulls_the_plug(self, switches_off: bool) -> None:
        now, durations = self.ledger.clock.now(), self.ledger.durations

        def ended(run: ActionRun) -> ActionRun:
            if switches_off:
                return refuse_switched_off(run, now=now)
            return stop(run, "an operator", now=now, durations=durations)

        with self.ledger.database.writing() as transaction:
            clicks = dict.fromkeys(run.interaction_id for run in self.runs.values())
            runs = [run for click in clicks for run in lock_runs(transaction, click)]
            end_runs(transaction, runs, ended, by="Olga", why="enough", now=now)

    # What must hold after each step

    @invariant()
    def promises_are_kept(self) -> None:
        for known in list(self.runs.values()):
            run = self.ledger.run(known)
            journal = self._journal(run)
            self._judge_effects(run, journal)
            self._judge_change(known, run)
            self._judge_journal(run, journal)
            self.runs[run.id], self.journals[run.id] = run, journal
        self._judge_lanes()

    def _judge_lanes(self) -> None:
        """Runs of one customer execute one at a time."""
        now = self.ledger.clock.now()
        held = [run.lane for run in self.runs.values() if run.lease_until and run.lease_until > now]
        assert len(held) == len(set(held))

    def _judge_effects(self, run: ActionRun, journal: list[Entry]) -> None:
        """What was so already may be this run's own doing, if it has sent anything before."""
        effects = self.ledger.effects(run)
        has_sent = any(one.kind is EntryKind.INTENT for one in journal)
        assert effects <= 1
        if run.state is RunState.SUCCEEDED and not run.result.already:
            assert effects == 1
        if run.state in MAKES_NOTHING or (run.result.already and not has_sent):
            assert effects == 0

    def _judge_change(self, before: ActionRun, after: ActionRun) -> None:
        assert after.fence >= before.fence
        assert after.token_group >= before.token_group
        if before.is_finished and before.state is not RunState.NEEDS_OPERATOR:
            assert _standing(after) == _standing(before)
        if before.state is RunState.NEEDS_OPERATOR and before.id not in self.operated:
            assert _standing(after) == _standing(before)
        assert (after.due_at is None) == after.is_finished

    def _judge_journal(self, run: ActionRun, journal: list[Entry]) -> None:
        assert first_broken(journal) is None
        assert (journal[-1].n, journal[-1].hash) == (run.entries, run.last_hash)
        known = self.journals[run.id]
        assert journal[: len(known)] == known
        states = [RunState(one.state) for one in journal if one.kind is not EntryKind.STALE]
        for before, after in pairwise(states):
            assert before is after in OPEN or after in TABLE[before], (before, after)
        fences = [one.fence for one in journal if one.kind is not EntryKind.STALE]
        assert fences == sorted(fences)

    def _judge_turn(self, run: ActionRun) -> None:
        """Claimed: everything of this customer's before it has ended, or lets it go ahead."""
        for other in map(self.ledger.run, self.runs.values()):
            if other.lane != run.lane or other.sequence >= run.sequence:
                continue
            is_watched = other.was_led and other.state is RunState.UNKNOWN and not other.doubt_at
            lets_go = is_watched or other.state in BLOCKS_NOBODY
            lets_go = lets_go and other.interaction_id != run.interaction_id
            assert other.is_finished or lets_go, (other, run)

    def teardown(self) -> None:
        """Peace at last: everything comes to its end, and the end is true."""
        self.ledger.world.reads_fail = False
        self.pass_time(VENDOR_CUTS_AFTER)
        for _ in range(1000):
            self.ledger.work()
            self.promises_are_kept()
            waiting = [run for run in self.runs.values() if not run.is_finished]
            if not waiting:
                return
            if self.ledger.is_broken():
                self.ledger.mend()
            self._go_to_the_next_instant(waiting)
        raise AssertionError("the ledger does not come to an end")

    def _go_to_the_next_instant(self, waiting: list[ActionRun]) -> None:
        """At which something is due. Visitors do not come back any more."""
        now = self.ledger.clock.now()
        instants = [max(run.due_at or now, run.lease_until or now) for run in waiting]
        ahead = [instant for instant in instants if instant > now]
        self.ledger.clock.set(min(ahead, default=now + timedelta(seconds=1)))

    def _advance_with(self, hook: str, act: Callable[..., None], run: ActionRun) -> None:
        setattr(self.ledger.world, hook, act)
        try:
            with suppress(Killed):
                self.ledger.actions.advance(run)
        finally:
            setattr(self.ledger.world, hook, None)

    def _take(self, n: int) -> ActionRun:
        return self.held.pop(n % len(self.held))

    def _in(self, state: RunState) -> list[ActionRun]:
        return [run for run in self._open() if run.state is state]

    def _open(self) -> list[ActionRun]:
        """Runs as they stand, but for those that have ended well or badly for sure."""
        runs = map(self.ledger.run, self.runs.values())
        return [run for run in runs if run.due_at or run.state is RunState.NEEDS_OPERATOR]

    def _journal(self, run: ActionRun) -> list[Entry]:
        with self.ledger.database.reading() as reader:
            return list_entries(reader, run.id)


def _standing(run: ActionRun) -> tuple[object, ...]:
    """All that an ended run says; only its journal may grow, by a stale worker's line."""
    return (run.state, run.result, run.finished_at, run.tries, run.fence, run.memo, run.target)
