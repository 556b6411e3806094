"""The runs of an app, for a list. Who they were for is told only to those who may know."""

from dataclasses import dataclass, replace

from standfast.domain.roles import Permission
from standfast.services.permissions import Acting
from standfast.store.database import Database
from standfast.store.run_lists import OpenWork, RunFilter, RunLine, count_open_work, list_run_lines

PAGE = 50


@dataclass(frozen=True)
class RunPage:
    """`before` asks for the next page; None: this is the last one. `open` counts all that waits."""

    lines: tuple[RunLine, ...]
    before: int | None
    shows_people: bool
    open: OpenWork


@dataclass(frozen=True)
class ListRuns(Acting):
    database: Database

    def list(self, app_id: str, chosen: RunFilter, *, before: int | None = None) -> RunPage:
        """Newest first. Raises `Forbidden`."""
        self._allow(Permission.SEE_REPORTS, app_id)
        shows_people = self.actor.may(Permission.SEE_VISITORS, app_id)
        if not shows_people:
            chosen = replace(chosen, user_id="")
        with self.database.reading() as reader:
            found = list_run_lines(reader, app_id, chosen, before=before, limit=PAGE + 1)
            waiting = count_open_work(reader, app_id)
        lines = found[:PAGE]
        if not shows_people:
            lines = tuple(replace(line, user_id="") for line in lines)
        following = lines[-1].sequence if len(found) > PAGE else None
        return RunPage(lines, following, shows_people, waiting)
