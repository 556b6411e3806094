"""The settings of an app: its name, the origins its tag may call from, its time zone."""

from zoneinfo import available_timezones

from standfast.clock import Clock
from standfast.domain.roles import Permission
from standfast.services.errors import FieldInvalid, NotFound
from standfast.services.manage_app import name_of, origins_of
from standfast.services.permissions import Actor, allow
from standfast.services.write_audit import write_audit
from standfast.store.apps import AppRow, find_app, save_app_settings
from standfast.store.database import Database


class ChangeApp:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def save(
        self, actor: Actor, app_id: str, *, name: str, domains: tuple[str, ...], time_zone: str
    ) -> AppRow:
        """Live at once. Raises `Forbidden`, `NotFound`, `FieldInvalid` naming the field."""
        allow(actor, Permission.CHANGE_APP, app_id)
        checked = (name_of(name, "name"), origins_of(domains))
        if time_zone not in available_timezones():
            raise FieldInvalid("Choose a time zone from the list.", field="time_zone")
        with self._database.writing() as transaction:
            before = find_app(transaction, app_id)
            if before is None:
                raise NotFound("There is no such app.", field="app")
            save_app_settings(
                transaction,
                app_id,
                name=checked[0],
                domains=checked[1],
                time_zone=time_zone,
                holdout_percent=before.holdout_percent,
            )
            after = find_app(transaction, app_id) or before
            write_audit(
                transaction, actor, "app.settings_changed", after.name,
                at=self._clock.now(), app_id=app_id,
                before=_told(before), after=_told(after),
            )  # fmt: skip
        return after


def _told(row: AppRow) -> dict[str, object]:
    return {"name": row.name, "domains": list(row.domains), "time_zone": row.time_zone}
