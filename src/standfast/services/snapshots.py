"""What is live now, and what was live when a token was signed; compiled and kept at hand."""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from standfast.clock import Clock
from standfast.domain.snapshot import CompiledSnapshot, Snapshot, compile_snapshot
from standfast.services.errors import NotFound
from standfast.store.apps import list_snapshot_hashes
from standfast.store.database import Database
from standfast.store.signals import SNAPSHOT_CHANGED, Signal
from standfast.store.snapshots import find_snapshot

POLL = timedelta(seconds=1)
"""A missed signal is made up for so soon."""
KEPT = 256


class Snapshots:
    """Swaps within a second of publishing: by the signal, or else by a poll of the hashes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._compiled: OrderedDict[tuple[str, str], CompiledSnapshot] = OrderedDict()
        self._live: dict[str, str | None] = {}
        self._read_at: datetime | None = None
        self._lock = Lock()
        database.signals.listen(self._hear, SNAPSHOT_CHANGED)

    def current(self, app_id: str) -> CompiledSnapshot:
        """What is live in the app. Raises `NotFound` for an app that is not there."""
        if self._is_due():
            self._read_hashes()
        if app_id not in self._live:
            self._read_hashes()
        if app_id not in self._live:
            raise NotFound(f"There is no app {app_id}.")
        snapshot_hash = self._live[app_id]
        found = None if snapshot_hash is None else self.by_hash(app_id, snapshot_hash)
        return found or compile_snapshot(Snapshot(app_id=app_id))

    def by_hash(self, app_id: str, snapshot_hash: str) -> CompiledSnapshot | None:
        """What was live under this hash, or None when the app never had it."""
        key = (app_id, snapshot_hash)
        with self._lock:
            known = self._compiled.get(key)
            if known is not None:
                self._compiled.move_to_end(key)
                return known
        with self._database.reading() as reader:
            snapshot = find_snapshot(reader, app_id, snapshot_hash)
        if snapshot is None:
            return None
        compiled = compile_snapshot(snapshot, known_as=snapshot_hash)
        with self._lock:
            self._compiled[key] = compiled
            while len(self._compiled) > KEPT:
                self._compiled.popitem(last=False)
        return compiled

    def _hear(self, _signal: Signal) -> None:
        self._read_at = None

    def _is_due(self) -> bool:
        read_at = self._read_at
        return read_at is None or not timedelta() <= self._clock.now() - read_at < POLL

    def _read_hashes(self) -> None:
        # The instant is noted first: a signal that comes while we read makes us read again.
        self._read_at = self._clock.now()
        with self._database.reading() as reader:
            self._live = list_snapshot_hashes(reader)
