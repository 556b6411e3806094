"""A vendor's in-flight limit over all processes: advisory locks of PostgreSQL, one per slot.

A lock belongs to its connection, so a killed process's slots come free by themselves. The system
closes its connections one after the other, though, and the one to the vendor may be closed last:
whoever finds a slot that was not given back waits for a moment before they call. A pause that the
vendor asked one process for holds for all; it is measured by the database's own clock.
"""

import random
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from hashlib import blake2b

import psycopg
import structlog
from sqlalchemy import Engine

POLL_SECONDS = (0.01, 0.03)
SECONDS_TO_DIE = 0.5  # what a killed process may take to close all of its connections

_PAUSE = """
INSERT INTO site_pauses (site, until)
VALUES (%s, CAST((extract(epoch FROM clock_timestamp()) + %s) * 1000000 AS bigint))
ON CONFLICT (site) DO UPDATE SET until = GREATEST(site_pauses.until, excluded.until)
"""
_PAUSE_LEFT = """
SELECT until / 1000000.0 - extract(epoch FROM clock_timestamp()) FROM site_pauses WHERE site = %s
"""
_HOLD = """
WITH former AS (SELECT is_held FROM site_slots WHERE site = %(site)s AND slot = %(slot)s)
INSERT INTO site_slots (site, slot, is_held) VALUES (%(site)s, %(slot)s, true)
ON CONFLICT (site, slot) DO UPDATE SET is_held = true
RETURNING (SELECT is_held FROM former)
"""
_GIVE_BACK = "UPDATE site_slots SET is_held = false WHERE site = %s AND slot = %s"

_log = structlog.get_logger()


class AdvisorySlots:
    """Keeps a connection for every slot in use, apart from the pool that transactions use."""

    def __init__(self, engine: Engine) -> None:
        url = engine.url.set(drivername="postgresql")
        self._address = url.render_as_string(hide_password=False)
        self._idle: list[psycopg.Connection] = []
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, site: str, *, slots: int, patience_seconds: float) -> Generator[bool]:
        """Holds one of the site's slots; False when none came within the patience.

        A database that cannot be asked gives no slot: the limit is the vendor's, not ours.
        """
        connection: psycopg.Connection | None = None
        try:
            connection = self._connection()
            slot = self._wait_for_slot(connection, site, slots, patience_seconds)
        except psycopg.Error:
            _log.exception("slots.database_failed")
            if connection is not None:
                connection.close()  # and with it whatever lock it may hold
            yield False
            return
        if slot is None:
            self._keep(connection)
            yield False
            return
        try:
            yield True
        finally:
            self._give_back(connection, site, slot)

    def pause(self, site: str, *, seconds: float) -> None:
        """Nobody calls the site for so long, unless a longer pause is set already."""
        with suppress(psycopg.Error), self._borrowed() as connection:
            connection.execute(_PAUSE, (site, seconds))

    def pause_seconds(self, site: str) -> float:
        """How much of a pause is left, whoever set it; 0 when there is none."""
        with suppress(psycopg.Error), self._borrowed() as connection:
            row = connection.execute(_PAUSE_LEFT, (site,)).fetchone()
            return max(0.0, float(row[0])) if row else 0.0
        return 0.0

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _borrowed(self) -> Generator[psycopg.Connection]:
        connection = self._connection()
        try:
            yield connection
        finally:
            self._keep(connection)

    def _wait_for_slot(
        self, connection: psycopg.Connection, site: str, slots: int, patience_seconds: float
    ) -> int | None:
        key = _key_of(site)
        give_up_at = time.monotonic() + patience_seconds
        while True:
            for slot in range(slots):
                if _try(connection, key, slot):
                    _hold(connection, site, slot)
                    return slot
            if time.monotonic() >= give_up_at:
                return None
            time.sleep(random.uniform(*POLL_SECONDS))  # noqa: S311 - only so that none march in step

    def _connection(self) -> psycopg.Connection:
        with self._lock:
            while self._idle:
                connection = self._idle.pop()
                if not connection.closed:
                    return connection
        connection = psycopg.connect(self._address, autocommit=True)
        connection.execute("SET synchronous_commit = off")  # what a database's crash may forget
        return connection

    def _give_back(self, connection: psycopg.Connection, site: str, slot: int) -> None:
        try:
            connection.execute(_GIVE_BACK, (site, slot))
            connection.execute("SELECT pg_advisory_unlock(%s, %s)", (_key_of(site), slot))
        except psycopg.Error:
            with suppress(psycopg.Error):
                connection.close()  # its locks go with it
            return
        self._keep(connection)

    def _keep(self, connection: psycopg.Connection) -> None:
        with self._lock:
            self._idle.append(connection)


def _try(connection: psycopg.Connection, key: int, slot: int) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (key, slot)).fetchone()
    return row is not None and row[0] is True


def _hold(connection: psycopg.Connection, site: str, slot: int) -> None:
    """Marks a slot whose lock is ours; waits when the mark of a dead process is on it."""
    row = connection.execute(_HOLD, {"site": site, "slot": slot}).fetchone()
    if row is not None and row[0]:
        time.sleep(SECONDS_TO_DIE)


def _key_of(site: str) -> int:
    """A signed 32-bit number, as the two-part locks of PostgreSQL want it."""
    return int.from_bytes(blake2b(site.encode(), digest_size=4).digest(), "big", signed=True)
