"""Notes where an app's tag was heard from, so that the console can say whether it is installed."""

from datetime import datetime, timedelta
from threading import Lock

from standfast.clock import Clock
from standfast.domain.roles import Permission
from standfast.services.permissions import Actor, allow
from standfast.store.apps import find_app
from standfast.store.database import Database
from standfast.store.tag_sightings import SightingRow, list_sightings, save_sighting

NOTE_EVERY = timedelta(minutes=1)
MOST_REMEMBERED = 1_000
LONGEST_ORIGIN = 200


class SeeTag:
    """Safe to use from several threads. Most calls cost one look into a dictionary."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._noted: dict[tuple[str, str], datetime] = {}
        self._lock = Lock()

    def heard(self, app_id: str, origin: str, *, is_admitted: bool) -> None:
        """Written at most once a minute: per origin of the app, and once for all strange ones."""
        if not self._is_due((app_id, origin if is_admitted else "")):
            return
        row = SightingRow(app_id, origin[:LONGEST_ORIGIN], is_admitted, self._clock.now())
        with self._database.writing() as transaction:
            if find_app(transaction, app_id) is not None:
                save_sighting(transaction, row)

    def list(self, actor: Actor, app_id: str) -> tuple[SightingRow, ...]:
        """Those from the app's domains first. Raises `Forbidden`."""
        allow(actor, Permission.CHANGE_APP, app_id)
        with self._database.reading() as reader:
            return list_sightings(reader, app_id)

    def _is_due(self, key: tuple[str, str]) -> bool:
        now = self._clock.now()
        with self._lock:
            noted = self._noted.get(key)
            if noted is not None and abs(now - noted) < NOTE_EVERY:
                return False
            if len(self._noted) >= MOST_REMEMBERED:
                self._noted.clear()
            self._noted[key] = now
            return True
