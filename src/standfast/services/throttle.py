"""Who tries in vain must wait, longer each time: per name and per address."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from standfast.clock import Clock
from standfast.services.errors import ServiceRefused
from standfast.store.database import Database, Transaction
from standfast.store.sessions import (
    TriesRow,
    find_tries,
    forget_tries,
    forget_tries_before,
    save_tries,
)

FORGET_AFTER = timedelta(hours=24)


class TooManyTries(ServiceRefused):
    """Too many tries. 429"""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Too many tries. Wait {_spoken(seconds)}, then try again.")


@dataclass(frozen=True)
class Patience:
    """So many tries are free; then 2, 4, 8, … seconds up to the longest."""

    free: int
    longest_seconds: int

    def pause(self, failures: int) -> timedelta:
        over = failures - self.free
        if over < 0:
            return timedelta()
        return timedelta(seconds=min(2 ** min(over + 1, 20), self.longest_seconds))


# One name cannot be locked for long by a stranger; an address that knocks at many doors can.
OF_NAME = Patience(free=5, longest_seconds=60)
OF_ADDRESS = Patience(free=20, longest_seconds=900)


class Throttle:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def count_try(self, name: str, address: str) -> None:
        """Counts before the password is looked at, so that tries side by side count too.

        Raises `TooManyTries`.
        """
        now = self._clock.now()
        with self._database.writing() as transaction:
            forget_tries_before(transaction, now - FORGET_AFTER)
            waits = [
                _wait(transaction, key, now)
                for key in (_key("name", name), _key("address", address))
            ]
            wait = max(waits)
            if wait <= timedelta():
                _count(transaction, _key("name", name), OF_NAME, now)
                _count(transaction, _key("address", address), OF_ADDRESS, now)
        if wait > timedelta():
            raise TooManyTries(int(wait.total_seconds()) + 1)

    def forgive(self, name: str, address: str) -> None:
        """The try was good: the name starts anew, the address gets this one try back."""
        now = self._clock.now()
        with self._database.writing() as transaction:
            forget_tries(transaction, _key("name", name))
            key = _key("address", address)
            row = find_tries(transaction, key)
            if row is not None:
                save_tries(transaction, TriesRow(key, max(row.failures - 1, 0), now, now))


def _wait(transaction: Transaction, key: str, now: datetime) -> timedelta:
    row = find_tries(transaction, key)
    return row.blocked_until - now if row else timedelta()


def _count(transaction: Transaction, key: str, patience: Patience, now: datetime) -> None:
    row = find_tries(transaction, key)
    failures = (row.failures if row else 0) + 1
    save_tries(transaction, TriesRow(key, failures, now, now + patience.pause(failures)))


def _key(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()


def _spoken(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} second" + ("" if seconds == 1 else "s")
    return f"{-(-seconds // 60)} minutes"
