"""What is stored about one signed-in visitor."""

from dataclasses import dataclass

from standfast.domain.roles import Permission
from standfast.services.errors import NotFound
from standfast.services.permissions import Acting
from standfast.store.database import Database
from standfast.store.visitors import VisitorRow, find_visitor


@dataclass(frozen=True)
class GetVisitor(Acting):
    database: Database

    def get(self, app_id: str, user_id: str) -> VisitorRow:
        """Raises `NotFound`."""
        self._allow(Permission.SEE_VISITORS, app_id)
        with self.database.reading() as reader:
            row = find_visitor(reader, app_id, user_id)
        if row is None:
            raise NotFound("There is no such visitor.", field="user_id")
        return row
