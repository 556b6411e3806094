"""What the pages are served by. A new page adds the services it needs here and in bootstrap."""

from dataclasses import dataclass

from standfast.clock import Clock
from standfast.connectors.registry import Registry
from standfast.services.change_account import ChangeAccount
from standfast.services.change_app import ChangeApp
from standfast.services.configure_connection import ConfigureConnection
from standfast.services.erase_visitor import EraseVisitor
from standfast.services.explain import ExplainPrompts
from standfast.services.export_audit import ExportAudit
from standfast.services.export_visitor import ExportVisitor
from standfast.services.import_visitors import ImportVisitors
from standfast.services.list_audit import ListAudit
from standfast.services.list_runs import ListRuns
from standfast.services.manage_company import ManageCompany
from standfast.services.manage_keys import ManageKeys
from standfast.services.manage_team import ManageTeam
from standfast.services.one_time_links import OneTimeLinks
from standfast.services.prove_change import ProveChange
from standfast.services.publish_prompt import PublishPrompt
from standfast.services.read_catalogue import ReadCatalogue
from standfast.services.read_connection import ReadConnection
from standfast.services.read_first_steps import ReadFirstSteps
from standfast.services.read_limits import ReadLimits
from standfast.services.read_overview import ReadOverview
from standfast.services.read_prompts import ReadPrompts
from standfast.services.read_segments import ReadSegments
from standfast.services.read_traits import ReadTraits
from standfast.services.read_visitors import ReadVisitors
from standfast.services.read_webhooks import ReadWebhooks
from standfast.services.run_deeds import RunDeeds
from standfast.services.save_segment import SaveSegment
from standfast.services.save_visitor import SaveVisitor
from standfast.services.see_tag import SeeTag
from standfast.services.sign_in import SignIn
from standfast.services.stop_prompt import StopPrompt
from standfast.services.sync_connection import SyncConnections
from standfast.services.tell_run import TellRun
from standfast.services.verify_audit import VerifyAudit
from standfast.web.addresses import Addresses


@dataclass(frozen=True)
class Console:
    """`url` is how browsers reach us; it decides whether cookies are Secure."""

    url: str
    clock: Clock
    addresses: Addresses
    sign_in: SignIn
    links: OneTimeLinks
    account: ChangeAccount
    company: ManageCompany
    team: ManageTeam
    app: ChangeApp
    keys: ManageKeys
    tag: SeeTag
    audit: ListAudit
    verifying: VerifyAudit
    audit_exporting: ExportAudit
    proving: ProveChange
    visitor_exporting: ExportVisitor
    erasing: EraseVisitor
    registry: Registry
    configuring: ConfigureConnection
    syncs: SyncConnections
    catalogue: ReadCatalogue
    runs: ListRuns
    run_stories: TellRun
    run_deeds: RunDeeds
    overview: ReadOverview
    first_steps: ReadFirstSteps
    connections: ReadConnection
    webhooks: ReadWebhooks
    prompts: ReadPrompts
    publishing: PublishPrompt
    stopping: StopPrompt
    limits: ReadLimits
    segments: ReadSegments
    segment_saving: SaveSegment
    visitors: ReadVisitors
    visitor_saving: SaveVisitor
    explaining: ExplainPrompts
    imports: ImportVisitors
    traits: ReadTraits
    preview_path: str

    @property
    def is_secure(self) -> bool:
        return self.url.startswith("https://")
