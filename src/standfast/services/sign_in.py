"""Signs an operator in and out, and recognises them by their session."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from standfast.clock import Clock
from standfast.domain.roles import Role
from standfast.services.errors import ServiceRefused
from standfast.services.passwords import Passwords
from standfast.services.permissions import Actor
from standfast.services.throttle import Throttle
from standfast.store.database import Database, Reader, Transaction
from standfast.store.operators import (
    OperatorRow,
    find_operator,
    find_operator_by_login,
    roles_of,
)
from standfast.store.sessions import (
    SessionRow,
    add_session,
    end_session,
    end_sessions_before,
    end_sessions_of,
    find_session,
    touch_session,
)

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
TOUCH_EVERY = timedelta(minutes=1)
LONGEST_BROWSER = 200

_log = structlog.get_logger()


class SignInRefused(ServiceRefused):
    """The name or the password is wrong."""


@dataclass(frozen=True)
class Recognised:
    """Who is signed in, read anew at every request: a role taken away is gone at once."""

    actor: Actor
    login: str
    session_hash: str = field(repr=False)


class SignIn:
    def __init__(self, database: Database, passwords: Passwords, clock: Clock) -> None:
        self._database = database
        self._passwords = passwords
        self._clock = clock
        self._throttle = Throttle(database, clock)

    def sign_in(self, login: str, password: str, *, address: str, browser: str) -> str:
        """The session's token. Raises `SignInRefused`, `TooManyTries`.

        Name and password, known and unknown, are refused alike and as slowly.
        """
        login = login.strip().lower()
        self._throttle.count_try(login, address)
        with self._database.reading() as reader:
            found = find_operator_by_login(reader, login)
        row = found if found and found.removed_at is None else None
        if not self._passwords.is_right(password, row.password_hash if row else None) or not row:
            _log.info("sign_in.refused", address=address)
            raise SignInRefused
        self._throttle.forgive(login, address)
        return self.begin(row.id, browser=browser)

    def begin(self, operator_id: str, *, browser: str) -> str:
        """A session for somebody who has proven themselves."""
        token = secrets.token_urlsafe(32)
        now = self._clock.now()
        row = SessionRow(session_hash(token), operator_id, browser[:LONGEST_BROWSER], now, now)
        with self._database.writing() as transaction:
            end_sessions_before(transaction, created_at=now - LONGEST, seen_at=now - IDLE)
            add_session(transaction, row)
        return token

    def recognise(self, token: str) -> Recognised | None:
        """None when the session is unknown, ended or over."""
        now = self._clock.now()
        with self._database.reading() as reader:
            row = find_session(reader, session_hash(token))
            found = _recognised(reader, row, now) if row else None
        if row and found and now - row.seen_at >= TOUCH_EVERY:
            with self._database.writing() as transaction:
                touch_session(transaction, row.hash, at=now)
        return found

    def sign_out(self, token: str) -> None:
        with self._database.writing() as transaction:
            end_session(transaction, session_hash(token))

    def sign_out_everywhere(self, actor: Actor) -> None:
        with self._database.writing() as transaction:
            end_sessions_of(transaction, actor.operator_id)


def session_hash(token: str) -> str:
    """A token has 256 random bits, so a plain hash is as good as a slow one."""
    return hashlib.sha256(token.encode()).hexdigest()


def actor_of(reader: Reader | Transaction, row: OperatorRow) -> Actor:
    company_role = Role.COMPANY_ADMIN if row.is_company_admin else None
    return Actor(row.id, row.name, company_role, roles_of(reader, row.id))


def _recognised(reader: Reader, row: SessionRow, now: datetime) -> Recognised | None:
    if now - row.created_at >= LONGEST or now - row.seen_at >= IDLE:
        return None
    operator = find_operator(reader, row.operator_id)
    if operator is None or operator.removed_at is not None:
        return None
    return Recognised(actor_of(reader, operator), operator.login, row.hash)
