"""What is stored about one signed-in visitor."""

from dataclasses import dataclass

from standfast.services.errors import NotFound
from standfast.store.database import Database
from standfast.store.visitors import VisitorRow, find_visitor


@dataclass(frozen=True)
class GetVisitor:
    database: Database

    def get(self, app_id: str, user_id: str) -> VisitorRow:
        """Raises `NotFound`."""
        with self.database.reading() as reader:
            row = find_visitor(reader, app_id, user_id)
        if row is None:
            raise NotFound("There is no such visitor.", field="user_id")
        return row
