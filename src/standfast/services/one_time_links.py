"""Links that let somebody in once: to set up the first account, to join, to set a new password.

No e-mail is sent: whoever makes a link hands it over.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from standfast.clock import Clock
from standfast.domain.roles import APP_ROLES, Permission, Role
from standfast.services.errors import FieldInvalid, NotFound
from standfast.services.ids import new_id
from standfast.services.passwords import Passwords
from standfast.services.permissions import SYSTEM, Actor, allow
from standfast.services.sign_in import actor_of
from standfast.services.write_audit import write_audit
from standfast.store.apps import find_app
from standfast.store.database import Database, Reader, Transaction
from standfast.store.operator_links import (
    LinkPurpose,
    LinkRow,
    add_link,
    end_link,
    end_links_for,
    find_link_by_hash,
)
from standfast.store.operators import (
    OperatorRow,
    add_operator,
    change_operator,
    find_operator,
    find_operator_by_login,
    has_operators,
    roles_of,
    save_app_role,
)
from standfast.store.sessions import end_sessions_of

LIVES = {
    LinkPurpose.WELCOME: timedelta(hours=24),
    LinkPurpose.INVITATION: timedelta(days=7),
    LinkPurpose.RESET: timedelta(hours=24),
}
MOST_NAME = 100
_LOGIN = re.compile(r"[^\s@]+@[^\s@]+")


class LinkOver(NotFound):
    """The link was used, withdrawn, or is older than it may be. Ask for a new one."""


@dataclass(frozen=True)
class OpenLink:
    """What a good link is for. `app_name` and `role` say what it gives; a reset has a `login`."""

    purpose: LinkPurpose
    role: Role | None
    app_id: str | None
    app_name: str | None
    login: str | None
    note: str


class OneTimeLinks:
    def __init__(self, database: Database, passwords: Passwords, clock: Clock) -> None:
        self._database = database
        self._passwords = passwords
        self._clock = clock

    def welcome_when_empty(self) -> str | None:
        """For the first company administrator; None when somebody uses the console already."""
        with self._database.writing() as transaction:
            if has_operators(transaction):
                return None
            now = self._clock.now()
            end_links_for(transaction, LinkPurpose.WELCOME, None, at=now)
            return self._add(transaction, SYSTEM, LinkPurpose.WELCOME, role=Role.COMPANY_ADMIN)

    def welcome(self) -> str:
        """For a further company administrator; only the command line asks for it."""
        with self._database.writing() as transaction:
            return self._add(transaction, SYSTEM, LinkPurpose.WELCOME, role=Role.COMPANY_ADMIN)

    def invite(self, actor: Actor, app_id: str | None, role: Role, *, note: str = "") -> str:
        """Without an app the role must be the company's. Raises `Forbidden`, `FieldInvalid`."""
        if app_id is None:
            allow(actor, Permission.CHANGE_COMPANY)
            role = Role.COMPANY_ADMIN
        else:
            allow(actor, Permission.CHANGE_APP, app_id)
            if role not in APP_ROLES:
                raise FieldInvalid("Choose a role in this app.", field="role")
        with self._database.writing() as transaction:
            if app_id is not None and find_app(transaction, app_id) is None:
                raise NotFound("There is no such app.", field="app")
            token = self._add(
                transaction, actor, LinkPurpose.INVITATION, role=role, app_id=app_id, note=note
            )
            write_audit(
                transaction, actor, "invitation.created", note.strip() or "somebody",
                at=self._clock.now(), app_id=app_id, after={"role": role.value},
            )  # fmt: skip
        return token

    def reset_password(self, actor: Actor, operator_id: str) -> str:
        """For an operator who forgot theirs. Raises `Forbidden`, `NotFound`."""
        allow(actor, Permission.CHANGE_COMPANY)
        with self._database.writing() as transaction:
            row = _present(transaction, operator_id)
            now = self._clock.now()
            end_links_for(transaction, LinkPurpose.RESET, operator_id, at=now)
            token = self._add(
                transaction, actor, LinkPurpose.RESET, operator_id=operator_id, note=row.name
            )
            write_audit(transaction, actor, "operator.reset_link_created", row.name, at=now)
        return token

    def reset_password_of(self, login: str) -> str:
        """By login, for the command line. Raises `NotFound`."""
        with self._database.reading() as reader:
            row = find_operator_by_login(reader, login.strip().lower())
        if row is None:
            raise NotFound("Nobody signs in with this name.", field="login")
        return self.reset_password(SYSTEM, row.id)

    def read(self, token: str) -> OpenLink:
        """Raises `LinkOver`."""
        with self._database.reading() as reader:
            row = self._get(reader, token)
            app = find_app(reader, row.app_id) if row.app_id else None
            operator = find_operator(reader, row.operator_id) if row.operator_id else None
        return OpenLink(
            purpose=row.purpose,
            role=row.role,
            app_id=row.app_id,
            app_name=app.name if app else None,
            login=operator.login if operator else None,
            note=row.note,
        )

    def sign_up(self, token: str, *, name: str, login: str, password: str) -> str:
        """A new operator's id, with the role the link gives.

        Raises `LinkOver`, `FieldInvalid` naming name, login or password.
        """
        self.read(token)
        name, login = named(name), _checked_login(login)
        row = OperatorRow(
            id=new_id("opr"),
            login=login,
            name=name,
            password_hash=self._passwords.hash(password, login=login),
            is_company_admin=False,
            created_at=self._clock.now(),
        )
        with self._database.writing() as transaction:
            link = self._use(transaction, token)
            if link.purpose is LinkPurpose.RESET:
                raise LinkOver
            if find_operator_by_login(transaction, login):
                raise FieldInvalid(
                    "Somebody signs in with this name already. If it is you, sign in first and "
                    "then open the link again.",
                    field="login",
                )
            add_operator(transaction, row)
            self._grant(transaction, link, row)
        return row.id

    def join(self, actor: Actor, token: str) -> str | None:
        """Gives somebody who is signed in the link's role. The app's id. Raises `LinkOver`."""
        with self._database.writing() as transaction:
            link = self._use(transaction, token)
            if link.purpose is LinkPurpose.RESET:
                raise LinkOver
            self._grant(transaction, link, _present(transaction, actor.operator_id))
        return link.app_id

    def set_password(self, token: str, password: str) -> str:
        """The operator's id. Every session of theirs ends. Raises `LinkOver`, `FieldInvalid`."""
        login = self.read(token).login or ""
        password_hash = self._passwords.hash(password, login=login)
        with self._database.writing() as transaction:
            link = self._use(transaction, token)
            if link.operator_id is None:
                raise LinkOver
            row = _present(transaction, link.operator_id)
            change_operator(transaction, row.id, password_hash=password_hash)
            end_sessions_of(transaction, row.id)
            actor = actor_of(transaction, row)
            write_audit(
                transaction, actor, "operator.password_reset", row.name, at=self._clock.now()
            )
        return row.id

    def _add(
        self,
        transaction: Transaction,
        actor: Actor,
        purpose: LinkPurpose,
        *,
        role: Role | None = None,
        app_id: str | None = None,
        operator_id: str | None = None,
        note: str = "",
    ) -> str:
        token = secrets.token_urlsafe(32)
        now = self._clock.now()
        row = LinkRow(
            id=new_id("lnk"),
            hash=_hash_of(token),
            purpose=purpose,
            role=role,
            app_id=app_id,
            operator_id=operator_id,
            note=note.strip()[:MOST_NAME],
            created_by=actor.name,
            created_at=now,
            expires_at=now + LIVES[purpose],
        )
        add_link(transaction, row)
        return token

    def _get(self, reader: Reader, token: str) -> LinkRow:
        row = find_link_by_hash(reader, _hash_of(token))
        if row is None or row.ended_at is not None or row.expires_at <= self._clock.now():
            raise LinkOver
        return row

    def _use(self, transaction: Transaction, token: str) -> LinkRow:
        row = self._get(transaction, token)
        if not end_link(transaction, row.id, at=self._clock.now()):
            raise LinkOver
        return row

    def _grant(self, transaction: Transaction, link: LinkRow, row: OperatorRow) -> None:
        role = link.role or Role.READ_ONLY
        if link.app_id is None:
            change_operator(transaction, row.id, is_company_admin=True)
        else:
            held = roles_of(transaction, row.id).get(link.app_id, role)
            save_app_role(transaction, row.id, link.app_id, min(held, role, key=APP_ROLES.index))
        write_audit(
            transaction,
            Actor(row.id, row.name),
            "operator.joined",
            row.name,
            at=self._clock.now(),
            app_id=link.app_id,
            after={"login": row.login, "role": role.value},
        )


def named(text: str) -> str:
    """A person's name. Raises `FieldInvalid`."""
    name = " ".join(text.split())
    if not 0 < len(name) <= MOST_NAME:
        raise FieldInvalid("Enter your name.", field="name")
    return name


def _checked_login(text: str) -> str:
    login = text.strip().lower()
    if len(login) > 254 or not _LOGIN.fullmatch(login):
        raise FieldInvalid("Enter an address like ada@acme.io.", field="login")
    return login


def _present(reader: Reader, operator_id: str) -> OperatorRow:
    row = find_operator(reader, operator_id)
    if row is None or row.removed_at is not None:
        raise NotFound("There is no such operator.", field="operator")
    return row


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
