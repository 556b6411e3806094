"""Sets how many visitors are kept out of every prompt, to measure what prompts do."""

from standfast.clock import Clock
from standfast.domain.roles import Permission
from standfast.services.errors import FieldInvalid, NotFound
from standfast.services.permissions import Acting
from standfast.services.write_audit import write_audit
from standfast.services.write_snapshot import write_snapshot
from standfast.store.apps import find_app, save_app_settings
from standfast.store.database import Database


class ChangeHoldout(Acting):
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def change(self, app_id: str, percent: float) -> None:
        """Live at once; who was held out stays so when it grows. Raises `FieldInvalid`."""
        self._allow(Permission.CHANGE_VISITORS, app_id)
        if not 0 <= percent <= 100:
            raise FieldInvalid("Choose 0 to 100 percent.", field="holdout_percent")
        with self._database.writing() as transaction:
            row = find_app(transaction, app_id)
            if row is None:
                raise NotFound(f"There is no app {app_id}.")
            save_app_settings(
                transaction,
                app_id,
                name=row.name,
                domains=row.domains,
                time_zone=row.time_zone,
                holdout_percent=percent,
            )
            now = self._clock.now()
            write_snapshot(transaction, app_id, now=now)
            write_audit(
                transaction, self.actor, "app.holdout_changed", row.name, at=now, app_id=app_id,
                before={"holdout_percent": row.holdout_percent},
                after={"holdout_percent": percent},
            )  # fmt: skip
