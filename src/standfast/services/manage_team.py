"""The team of an app and the administrators of the company: shown, changed, removed."""

from dataclasses import dataclass

from standfast.clock import Clock
from standfast.domain.roles import APP_ROLES, Permission, Role
from standfast.services.errors import FieldInvalid, NotFound, NotNow
from standfast.services.permissions import Actor, allow
from standfast.services.write_audit import write_audit
from standfast.store.database import Database, Reader
from standfast.store.operator_links import LinkRow, end_link, find_link, list_open_invitations
from standfast.store.operators import (
    OperatorRow,
    change_operator,
    count_company_admins,
    find_operator,
    list_app_team,
    list_operators,
    lock_company,
    remove_app_role,
    roles_of,
    save_app_role,
)
from standfast.store.sessions import end_sessions_of


@dataclass(frozen=True)
class Member:
    """`app_ids` are filled in for the company's list only."""

    operator_id: str
    name: str
    login: str
    role: Role | None
    app_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Team:
    members: tuple[Member, ...]
    invitations: tuple[LinkRow, ...]


class ManageTeam:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def of_app(self, actor: Actor, app_id: str) -> Team:
        """The company's administrators are members of every app. Raises `Forbidden`."""
        allow(actor, Permission.CHANGE_APP, app_id)
        with self._database.reading() as reader:
            admins = [one for one in list_operators(reader) if one.is_company_admin]
            named = [pair for pair in list_app_team(reader, app_id) if pair[0] not in admins]
            invitations = list_open_invitations(reader, app_id, now=self._clock.now())
        members = [_member(one, Role.COMPANY_ADMIN) for one in admins]
        members += [_member(one, role) for one, role in named]
        return Team(tuple(members), invitations)

    def of_company(self, actor: Actor) -> Team:
        """Everybody who may sign in. Raises `Forbidden`."""
        allow(actor, Permission.CHANGE_COMPANY)
        with self._database.reading() as reader:
            members = [
                _member(
                    one,
                    Role.COMPANY_ADMIN if one.is_company_admin else None,
                    tuple(roles_of(reader, one.id)),
                )
                for one in list_operators(reader)
            ]
            invitations = list_open_invitations(reader, None, now=self._clock.now())
        return Team(tuple(members), invitations)

    def change_role(self, actor: Actor, app_id: str, operator_id: str, role: Role) -> None:
        """Raises `Forbidden`, `FieldInvalid`, `NotFound`."""
        allow(actor, Permission.CHANGE_APP, app_id)
        if role not in APP_ROLES:
            raise FieldInvalid("Choose a role in this app.", field="role")
        with self._database.writing() as transaction:
            row = _get(transaction, operator_id)
            held = roles_of(transaction, operator_id).get(app_id)
            if held is None:
                raise NotFound("This operator is not in the app's team.", field="operator")
            save_app_role(transaction, operator_id, app_id, role)
            write_audit(
                transaction,
                actor,
                "team.role_changed",
                row.name,
                at=self._clock.now(),
                app_id=app_id,
                before={"role": held.value},
                after={"role": role.value},
            )

    def remove_from_app(self, actor: Actor, app_id: str, operator_id: str) -> None:
        """A role elsewhere is kept. Raises `Forbidden`, `NotFound`."""
        allow(actor, Permission.CHANGE_APP, app_id)
        with self._database.writing() as transaction:
            row = _get(transaction, operator_id)
            held = roles_of(transaction, operator_id).get(app_id)
            if held is None:
                raise NotFound("This operator is not in the app's team.", field="operator")
            remove_app_role(transaction, operator_id, app_id)
            write_audit(
                transaction,
                actor,
                "team.member_removed",
                row.name,
                at=self._clock.now(),
                app_id=app_id,
                before={"role": held.value},
            )

    def change_company_admin(self, actor: Actor, operator_id: str, *, is_admin: bool) -> None:
        """Raises `Forbidden`, `NotFound`, and `NotNow` for the last administrator."""
        allow(actor, Permission.CHANGE_COMPANY)
        with self._database.writing() as transaction:
            lock_company(transaction)
            row = _get(transaction, operator_id)
            if not is_admin:
                _keep_one_admin(transaction, row)
            change_operator(transaction, operator_id, is_company_admin=is_admin)
            write_audit(
                transaction,
                actor,
                "team.company_admin_changed",
                row.name,
                at=self._clock.now(),
                before={"company_admin": row.is_company_admin},
                after={"company_admin": is_admin},
            )

    def remove_from_company(self, actor: Actor, operator_id: str) -> None:
        """They are signed out and can never sign in again; their login becomes free.

        Raises `Forbidden`, `NotFound`, and `NotNow` for the last administrator.
        """
        allow(actor, Permission.CHANGE_COMPANY)
        now = self._clock.now()
        with self._database.writing() as transaction:
            lock_company(transaction)
            row = _get(transaction, operator_id)
            _keep_one_admin(transaction, row)
            for app_id in roles_of(transaction, operator_id):
                remove_app_role(transaction, operator_id, app_id)
            change_operator(
                transaction,
                operator_id,
                login=f"removed:{row.id}",
                password_hash="",
                is_company_admin=False,
                removed_at=now,
            )
            end_sessions_of(transaction, operator_id)
            write_audit(
                transaction, actor, "operator.removed", row.name, at=now,
                before={"login": row.login},
            )  # fmt: skip

    def withdraw_invitation(self, actor: Actor, app_id: str | None, link_id: str) -> None:
        """Raises `Forbidden`, `NotFound`."""
        permission = Permission.CHANGE_APP if app_id else Permission.CHANGE_COMPANY
        allow(actor, permission, app_id)
        now = self._clock.now()
        with self._database.writing() as transaction:
            link = find_link(transaction, link_id)
            if link is None or link.app_id != app_id or not end_link(transaction, link_id, at=now):
                raise NotFound("There is no such open invitation.", field="invitation")
            write_audit(
                transaction, actor, "invitation.withdrawn", link.note or "invitation",
                at=now, app_id=app_id,
            )  # fmt: skip


def _member(row: OperatorRow, role: Role | None, app_ids: tuple[str, ...] = ()) -> Member:
    return Member(row.id, row.name, row.login, role, app_ids)


def _get(reader: Reader, operator_id: str) -> OperatorRow:
    row = find_operator(reader, operator_id)
    if row is None or row.removed_at is not None:
        raise NotFound("There is no such operator.", field="operator")
    return row


def _keep_one_admin(reader: Reader, row: OperatorRow) -> None:
    if row.is_company_admin and count_company_admins(reader) <= 1:
        raise NotNow(
            f"{row.name} is the only administrator of the company. Make somebody else one first."
        )
