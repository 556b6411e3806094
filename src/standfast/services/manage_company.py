"""The company: its name and its apps."""

from standfast.clock import Clock
from standfast.domain.roles import Permission
from standfast.services.errors import FieldInvalid
from standfast.services.manage_app import ManageApp
from standfast.services.permissions import Actor, allow
from standfast.services.write_audit import write_audit
from standfast.store.apps import AppRow, list_apps
from standfast.store.database import Database
from standfast.store.operators import get_company_name, save_company_name

MOST_NAME = 100


class ManageCompany:
    def __init__(self, database: Database, manage_app: ManageApp, clock: Clock) -> None:
        self._database = database
        self._manage_app = manage_app
        self._clock = clock

    def name(self) -> str:
        """It stands on every page, so everybody may read it."""
        with self._database.reading() as reader:
            return get_company_name(reader)

    def apps(self, actor: Actor) -> tuple[AppRow, ...]:
        """Those the actor has a role in."""
        with self._database.reading() as reader:
            found = list_apps(reader)
        return tuple(app for app in found if actor.role_in(app.id) is not None)

    def change_name(self, actor: Actor, name: str) -> None:
        """Raises `Forbidden`, `FieldInvalid`."""
        allow(actor, Permission.CHANGE_COMPANY)
        name = " ".join(name.split())
        if not 0 < len(name) <= MOST_NAME:
            raise FieldInvalid(f"Enter a name of 1 to {MOST_NAME} characters.", field="name")
        with self._database.writing() as transaction:
            before = get_company_name(transaction)
            save_company_name(transaction, name)
            write_audit(
                transaction, actor, "company.name_changed", name, at=self._clock.now(),
                before={"name": before}, after={"name": name},
            )  # fmt: skip

    def create_app(
        self, actor: Actor, name: str, *, domains: tuple[str, ...], time_zone: str
    ) -> AppRow:
        """Raises `Forbidden`, `FieldInvalid` naming name, domains or time_zone."""
        allow(actor, Permission.CHANGE_COMPANY)
        row = self._manage_app.create(name, domains=domains, time_zone=time_zone)
        with self._database.writing() as transaction:
            write_audit(
                transaction, actor, "app.created", row.name, at=self._clock.now(), app_id=row.id,
                after={"name": row.name, "domains": list(row.domains), "time_zone": row.time_zone},
            )  # fmt: skip
        return row
