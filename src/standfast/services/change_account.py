"""What every operator may do with their own account."""

from dataclasses import dataclass
from datetime import datetime

from standfast.clock import Clock
from standfast.services.errors import FieldInvalid, NotFound
from standfast.services.one_time_links import named
from standfast.services.passwords import Passwords
from standfast.services.permissions import Actor
from standfast.services.throttle import Throttle
from standfast.services.write_audit import write_audit
from standfast.store.database import Database, Reader
from standfast.store.operators import OperatorRow, change_operator, find_operator
from standfast.store.sessions import end_sessions_of, list_sessions


@dataclass(frozen=True)
class OpenSession:
    browser: str
    created_at: datetime
    seen_at: datetime
    is_this_one: bool


class ChangeAccount:
    def __init__(self, database: Database, passwords: Passwords, clock: Clock) -> None:
        self._database = database
        self._passwords = passwords
        self._clock = clock
        self._throttle = Throttle(database, clock)

    def sessions(self, actor: Actor, *, session_hash: str) -> tuple[OpenSession, ...]:
        """Where the actor is signed in, the latest first."""
        with self._database.reading() as reader:
            rows = list_sessions(reader, actor.operator_id)
        return tuple(
            OpenSession(row.browser, row.created_at, row.seen_at, row.hash == session_hash)
            for row in rows
        )

    def change_name(self, actor: Actor, name: str) -> None:
        """Raises `FieldInvalid`."""
        name = named(name)
        with self._database.writing() as transaction:
            row = _get(transaction, actor)
            change_operator(transaction, row.id, name=name)
            write_audit(
                transaction, actor, "operator.name_changed", name, at=self._clock.now(),
                before={"name": row.name}, after={"name": name},
            )  # fmt: skip

    def change_password(
        self, actor: Actor, *, present: str, new: str, session_hash: str, address: str
    ) -> None:
        """Every other session ends. Raises `FieldInvalid`, `TooManyTries`."""
        with self._database.reading() as reader:
            row = _get(reader, actor)
        self._throttle.count_try(row.login, address)
        if not self._passwords.is_right(present, row.password_hash):
            raise FieldInvalid("This is not your present password.", field="present")
        self._throttle.forgive(row.login, address)
        password_hash = self._passwords.hash(new, login=row.login)
        with self._database.writing() as transaction:
            change_operator(transaction, row.id, password_hash=password_hash)
            end_sessions_of(transaction, row.id, besides=session_hash)
            write_audit(
                transaction, actor, "operator.password_changed", row.name, at=self._clock.now()
            )


def _get(reader: Reader, actor: Actor) -> OperatorRow:
    row = find_operator(reader, actor.operator_id)
    if row is None:
        raise NotFound("There is no such operator.", field="operator")
    return row
