"""Shows who changed what."""

from dataclasses import dataclass, replace

from standfast.domain.roles import Permission
from standfast.services.permissions import Actor, allow
from standfast.store.audit import AuditFilter, AuditRow, list_actors, list_entries
from standfast.store.database import Database

PAGE_SIZE = 50


@dataclass(frozen=True)
class AuditPage:
    """`actors` are (id, name) of everybody who can be filtered for."""

    entries: tuple[AuditRow, ...]
    actors: tuple[tuple[str, str], ...]
    has_more: bool


class ListAudit:
    def __init__(self, database: Database) -> None:
        self._database = database

    def of_app(self, actor: Actor, app_id: str, chosen: AuditFilter, *, page: int = 1) -> AuditPage:
        """Raises `Forbidden`."""
        allow(actor, Permission.CHANGE_APP, app_id)
        return self._read(replace(chosen, app_id=app_id), page)

    def of_company(self, actor: Actor, chosen: AuditFilter, *, page: int = 1) -> AuditPage:
        """Every app's entries and the company's own. Raises `Forbidden`."""
        allow(actor, Permission.CHANGE_COMPANY)
        return self._read(chosen, page)

    def _read(self, chosen: AuditFilter, page: int) -> AuditPage:
        offset = PAGE_SIZE * (max(page, 1) - 1)
        with self._database.reading() as reader:
            found = list_entries(reader, chosen, offset=offset, limit=PAGE_SIZE + 1)
            actors = list_actors(reader, chosen.app_id)
        return AuditPage(found[:PAGE_SIZE], actors, has_more=len(found) > PAGE_SIZE)
