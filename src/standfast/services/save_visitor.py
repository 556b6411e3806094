"""Keeps what a trusted server tells of a visitor."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from standfast.clock import Clock
from standfast.connectors.registry import Registry
from standfast.domain.interaction import visitor_key
from standfast.domain.roles import Permission
from standfast.domain.visitor import USER_ID_LIMIT, BillingIdSource, TraitValue
from standfast.services.errors import FieldInvalid, NotFound
from standfast.services.permissions import SYSTEM, Acting
from standfast.services.write_audit import write_audit
from standfast.store.apps import find_app
from standfast.store.database import Database
from standfast.store.visitors import TraitSource, VisitorRow, lock_visitor, save_visitor

TRAITS_LIMIT = 200
TEXT_LIMIT = 1_000
LIST_LIMIT = 100
NUMBER_LIMIT = 2**53
BILLING_ID_LIMIT = 255

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


class SaveVisitor(Acting):
    def __init__(self, database: Database, registry: Registry, clock: Clock) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock

    def save(
        self,
        app_id: str,
        user_id: str,
        traits: Mapping[str, object],
        *,
        is_suppressed: bool | None = None,
        is_test: bool | None = None,
        source: BillingIdSource = BillingIdSource.SERVER,
    ) -> VisitorRow:
        """Merge these traits into the visitor's; null removes one. New visitors are added.

        A connector's trait (chargify_id) is kept as text with its source and instant.
        Raises `FieldInvalid` naming the field, `NotFound` for an unknown app.
        """
        self._allow(Permission.CHANGE_VISITORS, app_id)
        refuse_bad_user_id(user_id)
        if len(traits) > TRAITS_LIMIT:
            raise FieldInvalid(f"Send at most {TRAITS_LIMIT} traits.", field="traits")
        system = {connector.spec.trait for connector in self._registry}
        changes = {
            key: read_trait(key, value, is_system=key in system) for key, value in traits.items()
        }
        now = self._clock.now()
        with self._database.writing() as transaction:
            if find_app(transaction, app_id) is None:
                raise NotFound(f"There is no app {app_id}.")
            present = lock_visitor(transaction, app_id, user_id, at=now)
            row = merged(present, changes, system=system, source=source, at=now)
            if is_suppressed is not None:
                row = replace(row, is_suppressed=is_suppressed)
            if is_test is not None:
                row = replace(row, is_test=is_test)
            save_visitor(transaction, row)
            if self.actor is not SYSTEM:
                write_audit(
                    transaction, self.actor, "visitor.changed", user_id,
                    at=now, app_id=app_id, before=_told(present), after=_told(row),
                    visitor=visitor_key(user_id=user_id, anonymous_id=None),
                )  # fmt: skip
        return row


def _told(row: VisitorRow) -> dict[str, Any]:
    """The names of the traits only: their values are the visitor's own."""
    return {
        "traits": sorted(row.traits),
        "is_suppressed": row.is_suppressed,
        "is_test": row.is_test,
    }


def merged(
    row: VisitorRow,
    changes: Mapping[str, TraitValue],
    *,
    system: set[str],
    source: BillingIdSource,
    at: datetime,
) -> VisitorRow:
    """The visitor with these changes, each system trait with its source; None removes one."""
    traits = {**row.traits, **changes}
    sources = {**row.sources, **{key: TraitSource(source, at) for key in changes if key in system}}
    kept = {key: value for key, value in traits.items() if value is not None}
    if len(kept) > TRAITS_LIMIT:
        problem = f"A visitor has at most {TRAITS_LIMIT} traits; remove some by sending null."
        raise FieldInvalid(problem, field="traits")
    return replace(
        row,
        traits=kept,
        sources={key: told for key, told in sources.items() if key in kept},
        updated_at=at,
    )


def refuse_bad_user_id(user_id: str) -> None:
    """Raises `FieldInvalid`."""
    if not user_id or len(user_id.encode()) > USER_ID_LIMIT or not user_id.isprintable():
        problem = f"A user id is 1 to {USER_ID_LIMIT} bytes of printable text."
        raise FieldInvalid(problem, field="user_id")


def read_trait(key: str, value: object, *, is_system: bool) -> TraitValue:
    """The value as it is kept. Raises `FieldInvalid` naming the trait."""
    field = f"traits.{key[:64]}"
    if not _KEY.fullmatch(key):
        problem = "A trait begins with a letter and has letters, digits, _ and - (at most 64)."
        raise FieldInvalid(problem, field=field)
    return _read_billing_id(value, field) if is_system else _read_value(value, field)


def _read_billing_id(value: object, field: str) -> str | None:
    """Text, because an id is not a quantity: a float or a boolean is a mistake on their side."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        text = value.strip()
        if text and len(text) <= BILLING_ID_LIMIT and text.isprintable():
            return text
    problem = f"Send the id as text (at most {BILLING_ID_LIMIT} characters) or as an integer."
    raise FieldInvalid(problem, field=field)


def _read_value(value: object, field: str) -> TraitValue:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if not math.isfinite(value) or abs(value) > NUMBER_LIMIT:
            raise FieldInvalid("The number is too great.", field=field)
        return value
    if isinstance(value, str):
        if len(value) > TEXT_LIMIT:
            raise FieldInvalid(f"Send at most {TEXT_LIMIT} characters.", field=field)
        return value
    if isinstance(value, list):
        return _read_list(value, field)  # pyright: ignore[reportUnknownArgumentType]
    raise FieldInvalid("Send a text, a number, true, false, a list of texts or null.", field=field)


def _read_list(members: list[object], field: str) -> list[str]:
    if len(members) > LIST_LIMIT:
        raise FieldInvalid(f"Send at most {LIST_LIMIT} texts in a list.", field=field)
    texts: list[str] = []
    for member in members:
        if not isinstance(member, str) or len(member) > TEXT_LIMIT:
            problem = f"A list holds texts of at most {TEXT_LIMIT} characters."
            raise FieldInvalid(problem, field=field)
        texts.append(member)
    return texts
