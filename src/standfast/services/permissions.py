"""Who acts, and whether they may. Every use case of the console asks here itself."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from standfast.domain.roles import PERMISSIONS, Permission, Role
from standfast.services.errors import ServiceRefused


class Forbidden(ServiceRefused):
    """Your role does not allow this. 403"""

    def __init__(self, permission: Permission, app_id: str | None) -> None:
        self.permission = permission
        self.app_id = app_id
        super().__init__()


@dataclass(frozen=True)
class Actor:
    """Whoever asks for a change. `app_roles` are by app id; a company role counts in every app."""

    operator_id: str
    name: str
    company_role: Role | None = None
    app_roles: Mapping[str, Role] = field(default_factory=dict[str, Role])

    def role_in(self, app_id: str | None) -> Role | None:
        """None: a stranger to this app (or, without one, to the company's own affairs)."""
        if self.company_role is not None or app_id is None:
            return self.company_role
        return self.app_roles.get(app_id)

    def may(self, permission: Permission, app_id: str | None = None) -> bool:
        role = self.role_in(app_id)
        return role is not None and permission in PERMISSIONS[role]


SYSTEM = Actor("system", "Command line", Role.COMPANY_ADMIN)
"""Whoever may open the data folder may do everything."""

LEDGER = Actor("ledger", "Standfast")
"""What the ledger notes by itself, on nobody's behalf."""


class Acting:
    """A use case done on somebody's behalf: the command line's, until bound to an operator.

    The console binds every such use case with `by` before it calls it.
    """

    actor: Actor = SYSTEM

    def by(self, actor: Actor) -> Self:
        """The same use case, done by this operator."""
        bound = copy.copy(self)
        object.__setattr__(bound, "actor", actor)  # past the lock of a frozen dataclass
        return bound

    def _allow(self, permission: Permission, app_id: str | None = None) -> None:
        allow(self.actor, permission, app_id)


def allow(actor: Actor, permission: Permission, app_id: str | None = None) -> None:
    """Raises `Forbidden` when the actor may not. Without an app it is the company's affair."""
    if not actor.may(permission, app_id):
        raise Forbidden(permission, app_id)
