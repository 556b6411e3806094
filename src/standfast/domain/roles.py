"""Who may do what in the console. The table below is the rule; everything else reads it."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What somebody is, to the company or to one app."""

    COMPANY_ADMIN = "company_admin"
    """Everything, in every app."""
    APP_ADMIN = "app_admin"
    """Everything in the app: its settings, keys, team, connections and runs."""
    APP_MEMBER = "app_member"
    """Builds prompts and segments, looks visitors up."""
    READ_ONLY = "read_only"
    """Reads reports and lists; sees no personal data."""


APP_ROLES = (Role.APP_ADMIN, Role.APP_MEMBER, Role.READ_ONLY)


class Permission(StrEnum):
    """One row of the table of roles."""

    CHANGE_COMPANY = "change_company"
    """Create apps, company settings, the company's administrators and audit log."""
    CHANGE_APP = "change_app"
    """App settings, keys, team and audit log of the app."""
    USE_CONNECTIONS = "use_connections"
    """See, create and change connections; sync now."""
    CHANGE_VISITORS = "change_visitors"
    """Traits, suppression, test visitors, global limits."""
    EDIT_PROMPTS = "edit_prompts"
    """Segments, prompts, attached actions, start and pause, experiments."""
    REDO_RUNS = "redo_runs"
    """Re-run and undo."""
    SEE_VISITORS = "see_visitors"
    """Visitor look-up with billing records, explain."""
    SEE_CATALOGUE = "see_catalogue"
    """Catalogue items, connection name and health inside the prompt editor."""
    SEE_RUN_DETAIL = "see_run_detail"
    """A run with request and answer."""
    SEE_REPORTS = "see_reports"
    """Reports, prompt and run lists without personal data."""


_READ_ONLY = frozenset({Permission.SEE_REPORTS})
_APP_MEMBER = _READ_ONLY | {
    Permission.EDIT_PROMPTS,
    Permission.SEE_VISITORS,
    Permission.SEE_CATALOGUE,
    Permission.SEE_RUN_DETAIL,
}
_APP_ADMIN = _APP_MEMBER | {
    Permission.CHANGE_APP,
    Permission.USE_CONNECTIONS,
    Permission.CHANGE_VISITORS,
    Permission.REDO_RUNS,
}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.COMPANY_ADMIN: frozenset(Permission),
    Role.APP_ADMIN: _APP_ADMIN,
    Role.APP_MEMBER: _APP_MEMBER,
    Role.READ_ONLY: _READ_ONLY,
}
