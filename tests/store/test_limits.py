"""Counters and reservations as the database keeps them."""

import threading
from dataclasses import replace

import msgspec
import pytest

from clocks import FrozenClock
from ledger.rig import APP, LedgerRig
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.attempt_chain import EntryKind
from standfast.domain.limits import Counter, Reservation, Scope
from standfast.services.reserve_limits import hold_again, release_if_over, reserve
from standfast.store.database import Database
from standfast.store.limits import Difference, find_used, list_differences, take
from standfast.store.runs import save_run

ACCEPTS = Counter(Scope.ACCEPTS, "p1")
BUDGET = Counter(Scope.BUDGET, "p1")
ONE, COST = Reservation(ACCEPTS, 1, 2), Reservation(BUDGET, 700, 1_000)


@pytest.fixture
def ledger(database: Database, clock: FrozenClock) -> LedgerRig:
    return LedgerRig(database, clock)


def used(ledger: LedgerRig) -> dict[Counter, int]:
    with ledger.database.reading() as reader:
        assert list_differences(reader) == ()
        return find_used(reader, APP, [ACCEPTS, BUDGET])


def test_a_counter_takes_up_to_its_limit_and_no_further(ledger: LedgerRig):
    with ledger.database.writing() as transaction:
        taken = [take(transaction, APP, ONE) for _ in range(3)]

    assert taken == [True, True, False]


def test_what_never_fits_makes_no_counter(ledger: LedgerRig):
    with ledger.database.writing() as transaction:
        assert not take(transaction, APP, replace(ONE, amount=3))
        assert find_used(transaction, APP, [ACCEPTS]) == {}


def test_a_lowered_limit_takes_nothing_more_and_a_raised_one_does(ledger: LedgerRig):
    with ledger.database.writing() as transaction:
        first = take(transaction, APP, ONE)
        lowered = take(transaction, APP, replace(ONE, limit=1))
        raised = take(transaction, APP, replace(ONE, limit=3))

    assert (first, lowered, raised) == (True, False, True)


def test_a_reservation_is_all_or_nothing(ledger: LedgerRig):
    first, second = ledger.click("add_coupon"), ledger.click("add_coupon")

    with ledger.database.writing() as transaction:
        fits = reserve(transaction, APP, first[0].interaction_id, (ONE, COST))
        refused = reserve(transaction, APP, second[0].interaction_id, (ONE, COST))

    assert fits is None
    assert refused is not None
    assert used(ledger) == {ACCEPTS: 1, BUDGET: 700}


def test_it_is_given_back_once_and_can_be_held_again_once(ledger: LedgerRig):
    [run] = ledger.click("add_coupon")
    with ledger.database.writing() as transaction:
        reserve(transaction, APP, run.interaction_id, (ONE, COST))
    _end(ledger, run, RunState.REFUSED)

    told = [_release(ledger, run), _release(ledger, run)]
    given_back = used(ledger)
    with ledger.database.writing() as transaction:
        hold_again(transaction, run.interaction_id)
        hold_again(transaction, run.interaction_id)

    assert told == [True, False]
    assert given_back == {ACCEPTS: 0, BUDGET: 0}
    assert used(ledger) == {ACCEPTS: 1, BUDGET: 700}


@pytest.mark.parametrize(
    ("states", "is_given_back"),
    [
        ([RunState.REFUSED, RunState.FAILED, RunState.CANCELLED], True),
        ([RunState.REFUSED, RunState.ACCEPTED, RunState.CANCELLED], False),
        ([RunState.REFUSED, RunState.SUCCEEDED, RunState.CANCELLED], False),
        ([RunState.REFUSED, RunState.UNKNOWN, RunState.CANCELLED], False),
        ([RunState.REFUSED, RunState.NEEDS_OPERATOR, RunState.CANCELLED], False),
        ([RunState.REFUSED, RunState.WAITING_FOR_VISITOR, RunState.CANCELLED], False),
    ],
)
def test_it_is_given_back_when_every_run_has_ended_and_none_did_anything(
    ledger: LedgerRig, states: list[RunState], is_given_back: bool
):
    runs = ledger.click("add_coupon", "add_coupon", "add_coupon")
    with ledger.database.writing() as transaction:
        reserve(transaction, APP, runs[0].interaction_id, (ONE,))
    for run, state in zip(runs, states, strict=True):
        _end(ledger, run, state)

    assert _release(ledger, runs[0]) is is_given_back
    assert used(ledger)[ACCEPTS] == (0 if is_given_back else 1)


def test_of_two_runs_that_end_at_the_same_moment_the_later_one_gives_back(
    ledger: LedgerRig,
):
    """Neither sees that the other has ended, if nobody makes them wait for each other."""
    runs = ledger.click("add_coupon", "add_coupon")
    with ledger.database.writing() as transaction:
        reserve(transaction, APP, runs[0].interaction_id, (ONE,))
    told: dict[int, bool] = {}
    first_wrote, both_wrote = threading.Event(), threading.Event()

    def end(position: int) -> None:
        run = msgspec.structs.replace(
            runs[position], state=RunState.REFUSED, finished_at=ledger.clock.now()
        )
        with ledger.database.writing() as transaction:
            save_run(transaction, run, EntryKind.OUTCOME, {}, at=ledger.clock.now())
            if position == 0:
                first_wrote.set()
                # SQLite has one writer: the second cannot have written
                both_wrote.wait(0.3 if ledger.database.is_embedded else 10)
            else:
                both_wrote.set()
            told[position] = release_if_over(
                transaction, run.interaction_id, now=ledger.clock.now()
            )

    first = threading.Thread(target=end, args=(0,))
    first.start()
    assert first_wrote.wait(10)
    end(1)
    first.join(10)

    assert sorted(told.values()) == [False, True]
    assert used(ledger) == {ACCEPTS: 0}


def test_a_counter_that_lies_is_found_whichever_way(ledger: LedgerRig):
    [run] = ledger.click("add_coupon")
    with ledger.database.writing() as transaction:
        reserve(transaction, APP, run.interaction_id, (ONE, COST))
        transaction.connection.exec_driver_sql(
            "UPDATE limit_counters SET used = 5 WHERE scope = 'accepts'"
        )
        transaction.connection.exec_driver_sql("DELETE FROM limit_counters WHERE scope = 'budget'")

        found = list_differences(transaction)

    assert set(found) == {Difference(APP, ACCEPTS, 5, 1), Difference(APP, BUDGET, 0, 700)}


def _end(ledger: LedgerRig, run: ActionRun, state: RunState) -> None:
    now = ledger.clock.now()
    with ledger.database.writing() as transaction:
        save_run(
            transaction, msgspec.structs.replace(run, state=state), EntryKind.CHANGED, {}, at=now
        )


def _release(ledger: LedgerRig, run: ActionRun) -> bool:
    with ledger.database.writing() as transaction:
        return release_if_over(transaction, run.interaction_id, now=ledger.clock.now())
