import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfast.connectors.slots import Lane, SiteSlots, SlotSettings, SlotsRegistry
from standfast.contract.errors import NotSent, SitePaused
from standfast.contract.transport import Call, Method

READ = Call(Method.GET, "/subscriptions.json", (("per_page", "200"),))


class Hand:
    """A clock moved by hand."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def slots_of(in_flight=3, hand=None, **settings):
    return SiteSlots(in_flight, SlotSettings(**settings), hand or Hand(), lambda: 0.0)


def until_waiting(slots, count):
    """Threads come to wait in their own time; there is nothing to be woken by."""
    pause = threading.Event()
    for _ in range(2000):
        if sum(slots.waiting(lane) for lane in Lane) == count:
            return
        pause.wait(0.001)
    raise AssertionError("they never came to wait")


@given(
    in_flight=st.integers(1, 4),
    lanes=st.lists(st.sampled_from(list(Lane)), min_size=1, max_size=24),
)
def test_the_limit_is_never_exceeded_and_everyone_has_a_turn(in_flight, lanes):
    slots = SiteSlots(in_flight)
    running, most, lock = [0], [0], threading.Lock()

    def call(lane):
        with slots.taken(lane):
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            with lock:
                running[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, lanes))

    assert most[0] <= in_flight
    assert slots.most_running <= in_flight
    assert slots.running == 0


def test_a_visitors_call_goes_before_sync_that_waited_longer():
    slots = SiteSlots(1)
    order = []

    def call(lane):
        with slots.taken(lane):
            order.append(lane)

    with slots.taken(Lane.SYNC):
        threads = []
        for lane in (Lane.SYNC, Lane.SYNC, Lane.VISITOR, Lane.VISITOR):
            thread = threading.Thread(target=call, args=(lane,))
            thread.start()
            threads.append(thread)
            until_waiting(slots, len(threads))
    for thread in threads:
        thread.join()

    assert order == [Lane.VISITOR, Lane.VISITOR, Lane.SYNC, Lane.SYNC]


def test_calls_of_one_lane_are_served_in_the_order_they_came():
    slots = SiteSlots(1)
    order = []

    def call(number):
        with slots.taken(Lane.SYNC):
            order.append(number)

    with slots.taken(Lane.SYNC):
        threads = []
        for number in range(5):
            threads.append(threading.Thread(target=call, args=(number,)))
            threads[-1].start()
            until_waiting(slots, len(threads))
    for thread in threads:
        thread.join()

    assert order == [0, 1, 2, 3, 4]


def test_a_call_gives_up_unsent_when_no_slot_comes_free():
    slots = slots_of(1, visitor_patience_seconds=0.0)

    with slots.taken(Lane.VISITOR), pytest.raises(NotSent, match="busy"):
        slots.taken(Lane.VISITOR).__enter__()

    assert slots.running == 0
    assert slots.waiting(Lane.VISITOR) == 0


def test_an_error_gives_the_slot_back():
    slots = slots_of(1)

    with pytest.raises(RuntimeError), slots.taken(Lane.SYNC):
        raise RuntimeError

    assert slots.running == 0


def test_a_visitors_call_does_not_wait_out_a_pause():
    hand = Hand()
    slots = slots_of(hand=hand)
    slots.throttled(after_seconds=None)

    with pytest.raises(SitePaused) as paused:
        slots.taken(Lane.VISITOR).__enter__()

    assert paused.value.after_seconds == 60
    hand.now += 61
    with slots.taken(Lane.VISITOR):
        assert slots.running == 1


def test_pauses_grow_until_a_good_answer_comes():
    hand = Hand()
    slots = slots_of(hand=hand)
    pauses = []

    for _ in range(4):
        pauses.append(slots.throttled(after_seconds=None))
        hand.now += pauses[-1]
    slots.answered(READ, seconds=0.1)
    pauses.append(slots.throttled(after_seconds=None))

    assert pauses == pytest.approx([60, 120, 240, 240, 60])


def test_a_burst_of_refusals_is_one_pause():
    slots = slots_of()

    pauses = [slots.throttled(after_seconds=None) for _ in range(3)]

    assert pauses == [60, 60, 60]


def test_retry_after_goes_before_our_own_steps():
    assert slots_of().throttled(after_seconds=5) == 5


def test_jitter_keeps_processes_from_marching_in_step():
    slots = SiteSlots(3, SlotSettings(), Hand(), lambda: 1.0)

    assert slots.throttled(after_seconds=None) == pytest.approx(66)


def test_doubled_latency_halves_the_slots_and_brisk_answers_bring_them_back():
    slots = slots_of(4, recovery_answers=5)
    for _ in range(50):
        slots.answered(READ, seconds=0.4)

    for _ in range(3):
        slots.answered(READ, seconds=2.0)
    slowed = slots.allowed
    for _ in range(60):
        slots.answered(READ, seconds=0.4)

    assert slowed == 2
    assert slots.allowed == 4


def test_a_quick_site_may_vary_without_losing_slots():
    slots = slots_of(4)

    for number in range(100):
        slots.answered(READ, seconds=0.001 if number < 50 else 0.2)

    assert slots.allowed == 4


def test_a_slow_charge_says_nothing_about_the_site():
    slots = slots_of(4)

    for seconds in [0.1] * 20 + [20.0] * 20:
        slots.answered(Call(Method.POST, "/subscriptions.json"), seconds=seconds)

    assert slots.allowed == 4


def test_a_limit_set_anew_counts_at_once():
    registry = SlotsRegistry()
    first = registry.slots("chargify", "https://acme.chargify.com", in_flight=3)

    again = registry.slots("chargify", "https://acme.chargify.com", in_flight=1)

    assert again is first
    assert again.allowed == 1


def test_sites_do_not_share_slots():
    registry = SlotsRegistry()

    assert registry.slots("chargify", "https://a") is not registry.slots("chargify", "https://b")
    assert registry.slots("chargify", "https://a") is not registry.slots("other", "https://a")
