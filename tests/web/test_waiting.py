import asyncio
import threading
from dataclasses import replace

import pytest

from standfast.domain.action_run import RunState
from standfast.services.follow_result import Recorded, RunView
from standfast.store.signals import RUN_SETTLED, LocalSignals, Signal
from standfast.web.waiting import RunWaiter

PENDING = Recorded("i1", True, (RunView("r1", RunState.ACCEPTED, "…"),), is_settled=False)
DONE = replace(PENDING, runs=(RunView("r1", RunState.SUCCEEDED, "Done."),), is_settled=True)
FOR_EVER = 3_600.0


class Ledger:
    """What a read finds; `on_read` is called with the number of the read."""

    def __init__(self, on_read=lambda _number: None) -> None:
        self.now = PENDING
        self.reads = 0
        self.on_read = on_read

    async def read(self) -> Recorded:
        self.reads += 1
        found = self.now
        self.on_read(self.reads)
        return found


def _wait(signals: LocalSignals, ledger: Ledger, *, poll: float, seconds: float) -> Recorded:
    waiter = RunWaiter(signals, poll_seconds=poll)
    return asyncio.run(waiter.until_settled("i1", ledger.read, seconds=seconds))


def test_a_signal_from_another_thread_wakes_whoever_waits() -> None:
    signals, ledger = LocalSignals(), Ledger()

    def settle(number: int) -> None:
        if number == 1:
            ledger.now = DONE
            tell = threading.Thread(target=signals.tell, args=(Signal(RUN_SETTLED, "i1"),))
            tell.start()
            tell.join()

    ledger.on_read = settle

    assert _wait(signals, ledger, poll=FOR_EVER, seconds=FOR_EVER) is DONE
    assert ledger.reads == 2


def test_a_lost_signal_is_made_up_for_by_looking() -> None:
    ledger = Ledger()
    ledger.on_read = lambda number: setattr(ledger, "now", DONE if number > 2 else PENDING)

    assert _wait(LocalSignals(), ledger, poll=0.001, seconds=FOR_EVER) is DONE


def test_what_is_settled_already_is_answered_without_waiting() -> None:
    ledger = Ledger()
    ledger.now = DONE

    assert _wait(LocalSignals(), ledger, poll=FOR_EVER, seconds=FOR_EVER) is DONE
    assert ledger.reads == 1


def test_when_the_time_is_over_the_present_state_is_the_answer() -> None:
    assert _wait(LocalSignals(), Ledger(), poll=FOR_EVER, seconds=0) is PENDING


@pytest.mark.parametrize("signal", [Signal(RUN_SETTLED, "i2"), Signal("run_due", "i1")])
def test_other_news_wakes_nobody(signal: Signal) -> None:
    signals = LocalSignals()
    ledger = Ledger(lambda _number: signals.tell(signal))

    _wait(signals, ledger, poll=FOR_EVER, seconds=0.01)

    assert ledger.reads == 2  # at the beginning and when the time was over
