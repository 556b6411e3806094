"""The people who use the console, their roles, and the company they work for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from standfast.domain.roles import Role
from standfast.store.database import Reader, Transaction, upserting
from standfast.store.schema_operators import app_roles, company, operators

THE_COMPANY = 1
FIRST_NAME = "My company"


@dataclass(frozen=True)
class OperatorRow:
    """`password_hash` is argon2id's; it is never shown."""

    id: str
    login: str
    name: str
    password_hash: str
    is_company_admin: bool
    created_at: datetime
    removed_at: datetime | None = None

    def __repr__(self) -> str:
        return f"OperatorRow({self.id!r})"


def get_company_name(reader: Reader) -> str:
    query = select(company.c.name).where(company.c.id == THE_COMPANY)
    return reader.connection.execute(query).scalar_one_or_none() or FIRST_NAME


def save_company_name(transaction: Transaction, name: str) -> None:
    statement = upserting(transaction, company).values(id=THE_COMPANY, name=name)
    transaction.connection.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"name": name})
    )


def add_operator(transaction: Transaction, row: OperatorRow) -> None:
    transaction.connection.execute(
        insert(operators).values(
            id=row.id,
            login=row.login,
            name=row.name,
            password_hash=row.password_hash,
            is_company_admin=row.is_company_admin,
            created_at=row.created_at,
            removed_at=row.removed_at,
        )
    )


def find_operator(reader: Reader, operator_id: str) -> OperatorRow | None:
    """Also one that was removed."""
    query = select(operators).where(operators.c.id == operator_id)
    found = reader.connection.execute(query).one_or_none()
    return _row(found) if found else None


def find_operator_by_login(reader: Reader, login: str) -> OperatorRow | None:
    query = select(operators).where(operators.c.login == login)
    found = reader.connection.execute(query).one_or_none()
    return _row(found) if found else None


def has_operators(reader: Reader) -> bool:
    query = select(operators.c.id).where(operators.c.removed_at.is_(None)).limit(1)
    return reader.connection.execute(query).first() is not None


def lock_company(transaction: Transaction) -> None:
    """Until the transaction ends nobody else changes who is an administrator."""
    save_company_name(transaction, get_company_name(transaction))


def count_company_admins(reader: Reader) -> int:
    query = (
        select(func.count())
        .select_from(operators)
        .where(operators.c.is_company_admin, operators.c.removed_at.is_(None))
    )
    return reader.connection.execute(query).scalar_one()


def list_operators(reader: Reader) -> tuple[OperatorRow, ...]:
    query = (
        select(operators)
        .where(operators.c.removed_at.is_(None))
        .order_by(operators.c.name, operators.c.id)
    )
    return tuple(_row(found) for found in reader.connection.execute(query))


def change_operator(
    transaction: Transaction, operator_id: str, **changes: str | bool | datetime | None
) -> None:
    """`changes` are columns of operators: name, password_hash, is_company_admin, …"""
    transaction.connection.execute(
        update(operators).where(operators.c.id == operator_id).values(**changes)
    )


def roles_of(reader: Reader, operator_id: str) -> Mapping[str, Role]:
    """By app id."""
    query = select(app_roles).where(app_roles.c.operator_id == operator_id)
    return {row.app_id: Role(row.role) for row in reader.connection.execute(query)}


def list_app_team(reader: Reader, app_id: str) -> tuple[tuple[OperatorRow, Role], ...]:
    """Those with a role in this app; the company's administrators have one without being listed."""
    query = (
        select(operators, app_roles.c.role)
        .join(app_roles, app_roles.c.operator_id == operators.c.id)
        .where(app_roles.c.app_id == app_id, operators.c.removed_at.is_(None))
        .order_by(operators.c.name, operators.c.id)
    )
    return tuple((_row(found), Role(found.role)) for found in reader.connection.execute(query))


def save_app_role(transaction: Transaction, operator_id: str, app_id: str, role: Role) -> None:
    statement = upserting(transaction, app_roles).values(
        operator_id=operator_id, app_id=app_id, role=role.value
    )
    transaction.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["operator_id", "app_id"], set_={"role": role.value}
        )
    )


def remove_app_role(transaction: Transaction, operator_id: str, app_id: str) -> None:
    transaction.connection.execute(
        delete(app_roles).where(
            app_roles.c.operator_id == operator_id, app_roles.c.app_id == app_id
        )
    )


def _row(found: Row[Any]) -> OperatorRow:
    return OperatorRow(
        id=found.id,
        login=found.login,
        name=found.name,
        password_hash=found.password_hash,
        is_company_admin=found.is_company_admin,
        created_at=found.created_at,
        removed_at=found.removed_at,
    )
