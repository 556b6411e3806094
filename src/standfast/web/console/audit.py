"""Who changed what: of an app, and of the company."""

from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Controller, get
from litestar.di import NamedDependency

from standfast.domain.roles import Permission
from standfast.services.list_audit import AuditPage
from standfast.store.audit import AuditFilter
from standfast.web.console.door import needs
from standfast.web.console.visit import Answer, Visit

# What each deed is called. A deed that is missing here is shown by its key.
DEEDS = {
    "api_key.created": "Created an API key",
    "api_key.revoked": "Revoked an API key",
    "app.created": "Created the app",
    "app.settings_changed": "Changed app settings",
    "company.name_changed": "Renamed the company",
    "connection.saved": "Saved a connection",
    "connection.switched": "Switched a connection on or off",
    "connection.sync_requested": "Asked for a sync",
    "identity_key.created": "Created an identity key",
    "identity_key.retired": "Retired an identity key",
    "invitation.created": "Invited somebody",
    "invitation.withdrawn": "Withdrew an invitation",
    "operator.joined": "Joined",
    "operator.name_changed": "Changed their name",
    "operator.password_changed": "Changed their password",
    "operator.password_reset": "Set a new password",
    "operator.removed": "Removed somebody",
    "operator.reset_link_created": "Made a password link",
    "prompt.created": "Created a prompt",
    "prompt.draft_saved": "Saved a draft",
    "prompt.ended": "Ended a prompt",
    "prompt.paused": "Paused a prompt",
    "prompt.published": "Published a prompt",
    "prompt.resumed": "Resumed a prompt",
    "run.again_begun": "Ran a change again",
    "run.finding_recorded": "Recorded what became of a change",
    "run.incident_closed": "Closed an incident",
    "run.look_up_asked": "Had a change looked up again",
    "run.undo_begun": "Undid a change",
    "security.foreign_id_refused": "Refused to change somebody else's subscription",
    "segment.saved": "Saved a segment",
    "team.company_admin_changed": "Changed an administrator",
    "team.member_removed": "Removed a team member",
    "team.role_changed": "Changed a role",
    "visitor.changed": "Changed a visitor",
    "visitor.erased": "Erased a visitor",
    "visitor.imported": "Imported visitors",
}
NOUNS = (
    ("app", "App"),
    ("connection", "Connections"),
    ("prompt", "Prompts"),
    ("run", "Runs"),
    ("segment", "Segments"),
    ("visitor", "Visitors"),
    ("api_key", "API keys"),
    ("identity_key", "Identity keys"),
    ("team", "Team"),
    ("invitation", "Invitations"),
    ("operator", "Accounts"),
    ("company", "Company"),
    ("security", "Security"),
)


class AuditPages(Controller):
    @get(
        "/apps/{app:str}/audit",
        opt=needs(Permission.CHANGE_APP),
        sync_to_thread=True,
    )
    def of_app(self, visit: NamedDependency[Visit]) -> Answer:
        found = visit.console.audit.of_app(
            visit.actor, visit.app_id, _chosen(visit), page=visit.asked_page()
        )
        return _shown(visit, found)

    @get("/company/audit", opt=needs(Permission.CHANGE_COMPANY), sync_to_thread=True)
    def of_company(self, visit: NamedDependency[Visit]) -> Answer:
        found = visit.console.audit.of_company(visit.actor, _chosen(visit), page=visit.asked_page())
        return _shown(visit, found)


def _chosen(visit: Visit) -> AuditFilter:
    until = _day(visit, "until")
    return AuditFilter(
        actor_id=visit.asked("who"),
        noun=visit.asked("what"),
        since=_day(visit, "since"),
        until=until + timedelta(days=1) if until else None,
    )


def _day(visit: Visit, name: str) -> datetime | None:
    """The beginning of the day in the app's zone; a day that does not exist filters nothing."""
    try:
        day = datetime.strptime(visit.asked(name), "%Y-%m-%d")  # noqa: DTZ007 - the zone follows
    except ValueError:
        return None
    return day.replace(tzinfo=ZoneInfo(visit.zone))


def _shown(visit: Visit, found: AuditPage) -> Answer:
    names = ("who", "what", "since", "until")
    chosen = {name: visit.asked(name) for name in names}
    kept = {name: value for name, value in chosen.items() if value}

    def address(page: int) -> str:
        return f"{visit.here}?{urlencode({**kept, 'page': page})}"

    return visit.page(
        "app/audit.html",
        found=found,
        chosen=chosen,
        is_filtered=bool(kept),
        deeds=DEEDS,
        nouns=[("", "Everything"), *NOUNS],
        people=[("", "Everybody"), *found.actors],
        apps={app.id: app.name for app in visit.apps},
        page=visit.asked_page(),
        address=address,
    )
