"""The vendor's limit holds over processes: each here has slots of its own on one database."""

import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from databases import WITH_TABLES
from standfast.connectors.slots import Lane, SiteSlots, SlotSettings
from standfast.contract.errors import NotSent, SitePaused
from standfast.store.database import Database, open_database
from standfast.store.shared_slots import AdvisorySlots


def slots_of(database: Database) -> AdvisorySlots:
    assert database.shared_slots is not None
    return database.shared_slots


@pytest.fixture
def address(postgresql_server):
    """A database with its tables."""
    with postgresql_server.passing_database(like=WITH_TABLES) as url:
        yield url


@pytest.fixture
def processes(address: str, tmp_path: Path):
    """Two processes' worth of databases."""
    databases = [open_database(tmp_path, address) for _ in range(2)]
    yield [slots_of(one) for one in databases]
    for one in databases:
        one.close()


def test_no_more_calls_run_at_once_than_the_site_allows_over_all_processes(processes, monkeypatch):
    monkeypatch.setattr("standfast.store.shared_slots.SECONDS_TO_DIE", 3600)  # nobody dies here
    running, most, lock = 0, 0, threading.Lock()

    def call(number: int) -> bool:
        nonlocal running, most
        with processes[number % 2].taken("site", slots=3, patience_seconds=20) as is_ours:
            with lock:
                running += 1
                most = max(most, running)
            threading.Event().wait(0.005)
            with lock:
                running -= 1
            return is_ours

    with ThreadPoolExecutor(12) as pool:
        done = list(pool.map(call, range(60)))

    assert all(done)
    assert most == 3


def test_a_call_that_finds_no_slot_in_time_is_told_so(processes):
    one, other = processes
    with (
        one.taken("site", slots=1, patience_seconds=0) as first,
        other.taken("site", slots=1, patience_seconds=0) as second,
    ):
        assert (first, second) == (True, False)

    with other.taken("site", slots=1, patience_seconds=0) as third:
        assert third


def test_sites_do_not_share_their_slots(processes):
    one, other = processes
    with (
        one.taken("a", slots=1, patience_seconds=0) as first,
        other.taken("b", slots=1, patience_seconds=0) as second,
    ):
        assert first
        assert second


def test_sync_never_takes_the_last_slot(processes):
    one, other = (
        SiteSlots(2, SlotSettings(sync_patience_seconds=0), site="site", shared=shared)
        for shared in processes
    )

    with one.taken(Lane.SYNC):
        with pytest.raises(NotSent), other.taken(Lane.SYNC):
            pass
        with other.taken(Lane.VISITOR):
            pass


def test_a_dead_processs_slots_come_free(address: str, tmp_path: Path):
    dead, living = (open_database(tmp_path, address) for _ in range(2))
    holding = slots_of(dead).taken("site", slots=1, patience_seconds=0)
    assert holding.__enter__()
    connection = holding.gen.gi_frame.f_locals["connection"]  # type: ignore[attr-defined]
    connection.close()  # what the kernel does for a killed process

    with slots_of(living).taken("site", slots=1, patience_seconds=5) as is_ours:
        assert is_ours
    holding.__exit__(None, None, None)
    for one in (dead, living):
        one.close()


CALLS = 3
HOLDER = """
import resource, socket, sys, time
from contextlib import ExitStack
from pathlib import Path
from standfast.store.database import open_database

url, folder, order, port, calls = sys.argv[1:]
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
slots = open_database(Path(folder), url).shared_slots
with ExitStack() as held:
    steps = {
        "slot": lambda: slots.taken("site", slots=1, patience_seconds=0),
        "calls": lambda: socket.create_connection(("127.0.0.1", int(port))),
    }
    for step in order.split(","):
        for _ in range(int(calls) if step == "calls" else 1):
            held.enter_context(steps[step]())
        takes_long_to_close = [socket.socketpair() for _ in range(1400)]
        held.callback(takes_long_to_close.clear)
    print("holds", flush=True)
    time.sleep(60)
"""


def has_ended(call: socket.socket) -> bool:
    try:
        return call.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False


@pytest.mark.parametrize("order", ["calls,slot", "slot,calls"])
def test_nobody_calls_on_a_killed_processs_slot_before_its_calls_have_ended(
    order: str, address: str, tmp_path: Path
):
    living = open_database(tmp_path, address)
    with socket.create_server(("127.0.0.1", 0), backlog=CALLS) as vendor, ExitStack() as own:
        port = str(vendor.getsockname()[1])
        told = [address, str(tmp_path), order, port, str(CALLS)]
        holder = subprocess.Popen([sys.executable, "-c", HOLDER, *told], stdout=subprocess.PIPE)
        own.callback(holder.wait)
        own.callback(holder.kill)
        calls = [own.enter_context(vendor.accept()[0]) for _ in range(CALLS)]
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"holds\n"
        own.callback(holder.stdout.close)

        holder.kill()
        while True:
            with slots_of(living).taken("site", slots=1, patience_seconds=0) as is_ours:
                if is_ours:
                    under_way = sum(not has_ended(call) for call in calls)
                    break

    assert under_way == 0
    living.close()


@pytest.fixture
def sharing(processes):
    """Two processes' slots for one site."""
    patience = SlotSettings(visitor_patience_seconds=0.05, pauses_seconds=(60,))
    return [SiteSlots(3, patience, site="site", shared=shared) for shared in processes]


def test_a_pause_that_one_process_was_asked_for_holds_for_all(sharing):
    asked, other = sharing
    asked.throttled(after_seconds=30)

    for each in (asked, other):
        with pytest.raises(SitePaused) as paused, each.taken(Lane.VISITOR):
            pass
        assert 25 < paused.value.after_seconds <= 30


def test_a_process_that_begins_later_hears_of_the_pause(sharing):
    asked, _ = sharing
    asked.throttled(after_seconds=None)  # no Retry-After: the first step, 60 s and a tenth at most
    begun = SiteSlots(3, asked.settings, site="site", shared=asked.shared)

    with pytest.raises(SitePaused) as paused, begun.taken(Lane.VISITOR):
        pass
    assert 55 < paused.value.after_seconds <= 66


def test_a_shorter_pause_does_not_end_a_longer_one(sharing):
    asked, other = sharing
    asked.throttled(after_seconds=30)
    other.throttled(after_seconds=1)

    with pytest.raises(SitePaused) as paused, other.taken(Lane.VISITOR):
        pass
    assert paused.value.after_seconds > 25


def test_a_pause_is_over_for_all_at_its_end(sharing):
    asked, other = sharing
    asked.throttled(after_seconds=0)

    with other.taken(Lane.VISITOR), asked.taken(Lane.VISITOR):
        pass


def test_a_pause_of_one_site_is_none_of_anothers(sharing):
    asked, other = sharing
    asked.throttled(after_seconds=30)

    with SiteSlots(3, other.settings, site="another", shared=other.shared).taken(Lane.VISITOR):
        pass


def test_the_embedded_database_needs_none(embedded_database: Database):
    assert embedded_database.shared_slots is None
