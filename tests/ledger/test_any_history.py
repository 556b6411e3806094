"""Whatever a biller and a machine do in whatever order: once or not at all, and truly told."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from clocks import FrozenClock
from ledger.dying import Killed, dying_database
from ledger.machine import LedgerMachine
from ledger.rig import LedgerRig
from standfast.config import Durations
from standfast.contract.testing import Script
from standfast.domain.action_run import RunState
from standfast.domain.attempt_chain import first_broken
from standfast.store.database import Database, open_database
from standfast.store.runs import list_entries
from standfast.store.schema import core

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


def test_whatever_happens_in_whatever_order_the_ledger_keeps_its_promises(
    fresh: Callable[[], Database],
):
    how = settings(max_examples=MOST_HISTORIES // 5, stateful_step_count=25)

    machine = cast("type[RuleBasedStateMachine]", partial(LedgerMachine, fresh))
    run_state_machine_as_test(machine, settings=how)


def test_the_model_finds_out_a_ledger_that_trusts_an_absence_too_soon(
    fresh: Callable[[], Database],
):
    machine = LedgerMachine(fresh, Durations(absence_proof=0))
    machine.begin(action="add_coupon", wanted=[])
    machine.claim("w1", 1)
    machine.perform_with_a_late_effect(0, seconds=100)
    machine.pass_time(31)
    for _ in ("it is not there", "so it is sent once more, under a new token"):
        machine.claim("w1", 1)
        machine.perform(0)
    machine.promises_are_kept()

    machine.pass_time(130)

    with pytest.raises(AssertionError):
        machine.promises_are_kept()


def _happen(ledger: LedgerRig, event: tuple) -> None:
    match event:
        case ("wait", seconds):
            ledger.work()
            ledger.clock.advance(seconds)
        case ("reads", fails):
            ledger.world.reads_fail = fails
        case ("kill", at_commit, before):
            dying = dying_database(ledger.database, at_commit=at_commit, before=before)
            actions = replace(ledger.actions, database=dying)
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
        database = _built(Path(folder))
        try:
            yield LedgerRig(database, FrozenClock())
        finally:
            database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Answers an empty database with every table, each time it is asked."""
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("postgresql_database")
        yield lambda: _emptied(database)
        return
    _built(tmp_path / "template").close()
    numbers = itertools.count()
    opened: list[Database] = []

    def copied() -> Database:
        while opened:
            opened.pop().close()
        folder = shutil.copytree(tmp_path / "template", tmp_path / f"copy-{next(numbers)}")
        opened.append(open_database(folder, None))
        return opened[0]

    yield copied
    while opened:
        opened.pop().close()


def _built(folder: Path) -> Database:
    database = open_database(folder, None)
    database.create_missing_tables()
    return database


def _emptied(database: Database) -> Database:
    with database.writing() as transaction:
        for table in reversed(core.sorted_tables):
            transaction.connection.execute(table.delete())
    return database
