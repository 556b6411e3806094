"""Who may open which page. A route that is not listed here fails the tests.

Written by hand from the table of roles, so that a mistake in the code's own table is seen.
"""

from enum import Enum

from standfast.domain.roles import Role

COMPANY_ADMIN, APP_ADMIN = Role.COMPANY_ADMIN, Role.APP_ADMIN
APP_MEMBER, READ_ONLY = Role.APP_MEMBER, Role.READ_ONLY


class Access(Enum):
    """The roles that may come. Guests may come to nothing but OPEN."""

    OPEN = "anybody, signed in or not"
    OPERATORS = "every operator, with or without a role here"
    COMPANY = frozenset({COMPANY_ADMIN})
    ADMINS = frozenset({COMPANY_ADMIN, APP_ADMIN})
    MEMBERS = frozenset({COMPANY_ADMIN, APP_ADMIN, APP_MEMBER})
    EVERY_ROLE = frozenset({COMPANY_ADMIN, APP_ADMIN, APP_MEMBER, READ_ONLY})


ROUTES: dict[Access, tuple[str, ...]] = {
    Access.OPEN: (
        "GET /console/{content_hash}/{name}",
        "GET /invitations/{token}",
        "GET /sign-in",
        "GET /welcome/{token}",
        "POST /account/theme",
        "POST /invitations/{token}",
        "POST /sign-in",
        "POST /welcome/{token}",
    ),
    Access.OPERATORS: (
        "GET /",
        "GET /account",
        "POST /account/name",
        "POST /account/password",
        "POST /account/sign-out-everywhere",
        "POST /invitations/{token}/join",
        "POST /sign-out",
    ),
    Access.COMPANY: (
        "GET /company",
        "GET /company/apps/new",
        "GET /company/audit",
        "GET /company/audit/export",
        "GET /company/audit/verify",
        "GET /company/people",
        "POST /company",
        "POST /company/apps/new",
        "POST /company/people/invitations",
        "POST /company/people/invitations/{link_id}/withdraw",
        "POST /company/people/{operator}/admin",
        "POST /company/people/{operator}/remove",
        "POST /company/people/{operator}/reset",
    ),
    Access.ADMINS: (
        "GET /apps/{app}/audit",
        "GET /apps/{app}/audit/export",
        "GET /apps/{app}/audit/verify",
        "GET /apps/{app}/runs/{run}/again",
        "GET /apps/{app}/runs/{run}/undo",
        "GET /apps/{app}/settings",
        "GET /apps/{app}/settings/connectors",
        "GET /apps/{app}/settings/connectors/{connector}",
        "GET /apps/{app}/settings/keys",
        "GET /apps/{app}/team",
        "GET /apps/{app}/traits",
        "GET /apps/{app}/visitors/import",
        "GET /apps/{app}/visitors/profile/erase",
        "GET /apps/{app}/visitors/profile/export",
        "POST /apps/{app}/runs/{run}/again",
        "POST /apps/{app}/runs/{run}/finding",
        "POST /apps/{app}/runs/{run}/incident",
        "POST /apps/{app}/runs/{run}/look-up",
        "POST /apps/{app}/runs/{run}/undo",
        "POST /apps/{app}/settings",
        "POST /apps/{app}/settings/connectors/{connector}",
        "POST /apps/{app}/settings/connectors/{connector}/switch",
        "POST /apps/{app}/settings/connectors/{connector}/sync",
        "POST /apps/{app}/settings/keys/api",
        "POST /apps/{app}/settings/keys/api/revoke",
        "POST /apps/{app}/settings/keys/identity",
        "POST /apps/{app}/settings/keys/identity/{kid}/retire",
        "POST /apps/{app}/team/invitations",
        "POST /apps/{app}/team/invitations/{link_id}/withdraw",
        "POST /apps/{app}/team/{operator}/remove",
        "POST /apps/{app}/team/{operator}/role",
        "POST /apps/{app}/visitors/import",
        "POST /apps/{app}/visitors/import/check",
        "POST /apps/{app}/visitors/import/rejected",
        "POST /apps/{app}/visitors/import/run",
        "POST /apps/{app}/visitors/profile/erase",
        "POST /apps/{app}/visitors/profile/switches",
    ),
    Access.MEMBERS: (
        "GET /apps/{app}/catalogue",
        "GET /apps/{app}/prompts/new",
        "GET /apps/{app}/prompts/preview",
        "GET /apps/{app}/prompts/{prompt}",
        "GET /apps/{app}/prompts/{prompt}/versions",
        "GET /apps/{app}/runs/{run}",
        "GET /apps/{app}/segments",
        "GET /apps/{app}/segments/new",
        "GET /apps/{app}/segments/{segment}",
        "GET /apps/{app}/visitors",
        "GET /apps/{app}/visitors/profile",
        "GET /apps/{app}/visitors/profile/proof",
        "GET /apps/{app}/visitors/why",
        "POST /apps/{app}/prompts/new",
        "POST /apps/{app}/prompts/{prompt}",
        "POST /apps/{app}/prompts/{prompt}/clone",
        "POST /apps/{app}/prompts/{prompt}/end",
        "POST /apps/{app}/prompts/{prompt}/pause",
        "POST /apps/{app}/prompts/{prompt}/restore",
        "POST /apps/{app}/prompts/{prompt}/resume",
        "POST /apps/{app}/prompts/{prompt}/stop",
        "POST /apps/{app}/segments/count",
        "POST /apps/{app}/segments/new",
        "POST /apps/{app}/segments/{segment}",
    ),
    Access.EVERY_ROLE: (
        "GET /apps/{app}",
        "GET /apps/{app}/prompts",
        "GET /apps/{app}/runs",
    ),
}

ACCESS = {route: access for access, routes in ROUTES.items() for route in routes}
