"""All pages. A new page adds its controller here."""

from litestar import Router
from litestar.controller import Controller
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from standfast.services.errors import ServiceRefused
from standfast.web.console.account import AccountPages
from standfast.web.console.app_keys import AppKeysPages
from standfast.web.console.app_settings import AppSettingsPages
from standfast.web.console.app_team import AppTeamPages
from standfast.web.console.audit import AuditPages
from standfast.web.console.audit_chain import AuditChainPages
from standfast.web.console.catalogue import CataloguePages
from standfast.web.console.company import CompanyPages
from standfast.web.console.connectors import ConnectorsPages
from standfast.web.console.door import NotMeant, NotSignedIn, admit, provide_visit
from standfast.web.console.failures import (
    tell_failure,
    tell_http,
    tell_limit,
    tell_not_meant,
    tell_not_signed_in,
    tell_refused,
)
from standfast.web.console.home import HomePages
from standfast.web.console.link_pages import LinkPages
from standfast.web.console.overview import OverviewPages
from standfast.web.console.prompts import PromptPages
from standfast.web.console.runs import RunsPages
from standfast.web.console.runs_deeds import RunDeedPages
from standfast.web.console.segments import SegmentPages
from standfast.web.console.sign_in_pages import SignInPages
from standfast.web.console.static_files import StaticFiles
from standfast.web.console.traits import TraitPages
from standfast.web.console.visitors import VisitorPages
from standfast.web.console.visitors_data import VisitorDataPages
from standfast.web.console.visitors_import import VisitorImportPages
from standfast.web.problems import Refusal

CONTROLLERS: tuple[type[Controller], ...] = (
    HomePages,
    SignInPages,
    LinkPages,
    AccountPages,
    CompanyPages,
    OverviewPages,
    RunsPages,
    RunDeedPages,
    CataloguePages,
    ConnectorsPages,
    PromptPages,
    SegmentPages,
    VisitorPages,
    VisitorDataPages,
    VisitorImportPages,
    TraitPages,
    AppSettingsPages,
    AppKeysPages,
    AppTeamPages,
    AuditPages,
    AuditChainPages,
)


# The framework's alias leaves its type arguments open.
FAILURES: ExceptionHandlersMap = {  # pyright: ignore[reportUnknownVariableType]
    NotSignedIn: tell_not_signed_in,
    NotMeant: tell_not_meant,
    ServiceRefused: tell_refused,
    Refusal: tell_limit,
    HTTPException: tell_http,
    Exception: tell_failure,
}


def console_routers() -> tuple[Router, Router]:
    """Pages pass the door; what everybody may read (style, script) does not."""
    pages = Router(
        path="/",
        route_handlers=list(CONTROLLERS),
        guards=[admit],
        dependencies={"visit": Provide(provide_visit, sync_to_thread=False)},
        exception_handlers=FAILURES,
        include_in_schema=False,
    )
    files = Router(
        path="/",
        route_handlers=[StaticFiles],
        exception_handlers=FAILURES,
        include_in_schema=False,
    )
    return pages, files
