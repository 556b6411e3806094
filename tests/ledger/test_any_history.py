"""Whatever a biller and a machine do in whatever order: once or not at all, and truly told."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from clocks import FrozenClock
from ledger.rig import LedgerRig
from ledger.test_kills import Killed, dying_database
from standfast.contract.testing import Script
from standfast.domain.action_run import RunState
from standfast.domain.attempt_chain import first_broken
from standfast.services.run_actions import RunActions
from standfast.store.database import open_database
from standfast.store.runs import list_entries

# A history takes a quarter of a second: the thorough profile would take minutes here.
MOST_HISTORIES = min(settings().max_examples, 200)

clicks = st.lists(
    st.tuples(
        st.sampled_from(["create_subscription", "cancel_subscription", "add_coupon"]),
        st.lists(st.sampled_from(list(Script)), max_size=4),
    ),
    min_size=1,
    max_size=3,
)
events = st.lists(
    st.one_of(
        st.floats(min_value=0.5, max_value=400).map(lambda seconds: ("wait", seconds)),
        st.tuples(st.just("kill"), st.integers(1, 4), st.booleans()),
        st.booleans().map(lambda fails: ("reads", fails)),
        st.just(("stall",)),
    ),
    max_size=12,
)


@settings(max_examples=MOST_HISTORIES)
@given(clicks=clicks, events=events)
def test_a_run_ends_once_or_not_at_all_and_its_state_tells_the_truth(clicks, events):
    with a_ledger() as ledger:
        runs = []
        for action, scripts in clicks:
            (run,) = ledger.click(action)
            ledger.world.script(run.reference, *scripts)
            runs.append(run)

        for event in events:
            _happen(ledger, event)
        ledger.world.reads_fail = False
        while not ledger.work_out(runs):
            ledger.mend()

        for run in runs:
            done = ledger.run(run)
            assert done.is_finished or done.state is RunState.WAITING_FOR_VISITOR
            is_ours = done.state is RunState.SUCCEEDED and not done.result.already
            assert ledger.effects(run) == (1 if is_ours else 0)
            with ledger.database.reading() as reader:
                assert first_broken(list_entries(reader, run.id)) is None


def _happen(ledger: LedgerRig, event: tuple) -> None:
    match event:
        case ("wait", seconds):
            ledger.work()
            ledger.clock.advance(seconds)
        case ("reads", fails):
            ledger.world.reads_fail = fails
        case ("kill", at_commit, before):
            dying = dying_database(ledger.database, at_commit=at_commit, before=before)
            actions = RunActions(dying, ledger.sites, ledger.clock, ledger.durations)
            with suppress(Killed):
                for run in ledger.claim(owner="doomed"):
                    actions.advance(run)
            ledger.clock.advance(31)
        case ("stall",):
            held = ledger.claim(owner="stalled")
            ledger.clock.advance(31)
            ledger.work()
            for run in held:
                ledger.actions.advance(run)
        case _:
            raise AssertionError(event)


@contextmanager
def a_ledger() -> Generator[LedgerRig]:
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Path(folder), None)
        database.create_missing_tables()
        try:
            yield LedgerRig(database, FrozenClock())
        finally:
            database.close()
