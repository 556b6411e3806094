"""Hands a person everything that is kept of them."""

from dataclasses import dataclass
from typing import Any

import msgspec

from standfast.clock import Clock
from standfast.connectors.registry import Registry
from standfast.domain.interaction import visitor_key
from standfast.domain.roles import Permission
from standfast.services.errors import NotFound
from standfast.services.permissions import Acting
from standfast.services.read_visitor import connected_billers, holds_of
from standfast.store.audit import list_entries_about
from standfast.store.billing import find_billing
from standfast.store.bodies import packed
from standfast.store.database import Database, Reader
from standfast.store.erasure import list_billing_ids, list_runs_of
from standfast.store.runs import list_entries
from standfast.store.visitor_batches import list_deeds
from standfast.store.visitors import find_visitor, list_history

MOST_INTERACTIONS = 100_000

FORMAT = "standfast visitor 1"


@dataclass(frozen=True)
class ExportVisitor(Acting):
    """One JSON object; docs/audit.md tells its members."""

    database: Database
    registry: Registry
    clock: Clock

    def export(self, app_id: str, user_id: str) -> bytes:
        """Raises `Forbidden`, `NotFound`."""
        self._allow(Permission.CHANGE_VISITORS, app_id)
        with self.database.reading() as core, self.database.reading_mirror() as mirror:
            told = self._told(core, mirror, app_id, user_id)
        return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"

    def _told(self, core: Reader, mirror: Reader, app_id: str, user_id: str) -> dict[str, Any]:
        visitor = visitor_key(user_id=user_id, anonymous_id=None)
        row = find_visitor(core, app_id, user_id)
        interactions = list_deeds(core, app_id, visitor, limit=MOST_INTERACTIONS)
        if row is None and not interactions:
            raise NotFound("There is no such visitor.", field="user_id")
        runs = list_runs_of(core, app_id, user_id)
        ids = {one.id for one in runs}
        return {
            "format": FORMAT,
            "exported_at": self.clock.now(),
            "app": app_id,
            "user_id": user_id,
            "visitor": packed(row) if row else None,
            "prompts": packed(list_history(core, app_id, visitor)),
            "interactions": [packed(one) for one in interactions],
            "runs": [
                {**packed(run), "journal": [packed(one) for one in list_entries(core, run.id)]}
                for run in runs
            ],
            "billing": self._billing(core, mirror, app_id, user_id),
            "changes": [packed(one) for one in list_entries_about(core, app_id, visitor, ids)],
        }

    def _billing(
        self, core: Reader, mirror: Reader, app_id: str, user_id: str
    ) -> list[dict[str, Any]]:
        """The billing records as last seen; the billing system itself keeps more."""
        row = find_visitor(core, app_id, user_id)
        found: list[dict[str, Any]] = []
        for connection, connector in connected_billers(core, self.registry, app_id):
            told = row.traits.get(connector.spec.trait) if row else None
            ids = list_billing_ids(core, app_id, user_id) | ({str(told)} if told else set[str]())
            for one in sorted(ids):
                billing = find_billing(core, mirror, connection, one, holds=holds_of(connection))
                if billing is not None:
                    told_by = {"connector": connection.connector, "billing_id": one}
                    found.append({**told_by, "records": packed(billing)})
        return found
