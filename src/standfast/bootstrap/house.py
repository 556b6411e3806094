"""Every room of the house, once it is built."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from standfast.bootstrap.framework import Framework
from standfast.clock import Clock
from standfast.config import Settings
from standfast.connectors.registry import Registry
from standfast.connectors.transport import Transports
from standfast.services.change_holdout import ChangeHoldout
from standfast.services.configure_connection import ConfigureConnection
from standfast.services.decide import DecidePrompts
from standfast.services.erase_visitor import EraseVisitor
from standfast.services.explain import ExplainPrompts
from standfast.services.follow_result import FollowResult
from standfast.services.get_run import GetRun
from standfast.services.get_visitor import GetVisitor
from standfast.services.identify import Identify
from standfast.services.list_runs import ListRuns
from standfast.services.manage_app import ManageApp
from standfast.services.one_time_links import OneTimeLinks
from standfast.services.passwords import Passwords
from standfast.services.preview_offer import PreviewOffer
from standfast.services.publish_prompt import PublishPrompt
from standfast.services.read_connection import ReadConnection
from standfast.services.read_overview import ReadOverview
from standfast.services.read_traits import ReadTraits
from standfast.services.receive_webhook import ReceiveWebhook
from standfast.services.record_interaction import RecordInteraction
from standfast.services.rotate_key import RotateKey
from standfast.services.run_actions import RunActions
from standfast.services.run_deeds import RunDeeds
from standfast.services.save_segment import SaveSegment
from standfast.services.save_visitor import SaveVisitor
from standfast.services.seal_audit import SealAudit
from standfast.services.see_tag import SeeTag
from standfast.services.see_visitors import SeeVisitors
from standfast.services.snapshots import Snapshots
from standfast.services.sync_connection import SyncConnections
from standfast.services.tokens import Tokens
from standfast.services.work_off_webhooks import WorkOffWebhooks
from standfast.store.database import Database, is_reachable
from standfast.store.migrate import SchemaDiffers, Standing, read_streams
from standfast.store.vault import Vault
from standfast.web.addresses import Addresses
from standfast.web.edge import AsgiApp, Edge
from standfast.web.health import Health
from standfast.web.hooks import Hooks
from standfast.web.limits import Limits
from standfast.web.tag_api import TagApi
from standfast.web.tag_files import TagFiles
from standfast.web.waiting import RunWaiter
from standfast.worker import Worker

EMBEDDED_POLL_SECONDS = 1.0
POSTGRESQL_POLL_SECONDS = 0.25


@dataclass(frozen=True)
class House:
    """Every room, ready to be used. `close` when done."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    registry: Registry
    transports: Transports
    snapshots: Snapshots
    tokens: Tokens
    manage_app: ManageApp
    change_holdout: ChangeHoldout
    save_visitor: SaveVisitor
    get_visitor: GetVisitor
    see_visitors: SeeVisitors
    read_traits: ReadTraits
    list_runs: ListRuns
    read_overview: ReadOverview
    read_connection: ReadConnection
    save_segment: SaveSegment
    publish_prompt: PublishPrompt
    configure_connection: ConfigureConnection
    sync_connections: SyncConnections
    receive_webhook: ReceiveWebhook
    work_off_webhooks: WorkOffWebhooks
    identify: Identify
    decide_prompts: DecidePrompts
    explain_prompts: ExplainPrompts
    record_interaction: RecordInteraction
    follow_result: FollowResult
    preview_offer: PreviewOffer
    run_actions: RunActions
    seal_audit: SealAudit
    erase_visitor: EraseVisitor
    get_run: GetRun
    run_deeds: RunDeeds
    rotate_key: RotateKey
    passwords: Passwords
    links: OneTimeLinks
    see_tag: SeeTag
    limits: Limits
    environment: Mapping[str, str]
    pages: Callable[["House"], AsgiApp]
    """Builds what is behind the edge; importing it takes a second."""

    def worker(self) -> Worker:
        """A new worker, not yet started."""
        return Worker(
            self.database,
            self.run_actions,
            self.sync_connections,
            self.work_off_webhooks,
            self.seal_audit,
            self.clock,
            self.settings.durations,
        )

    def edge(self) -> tuple[Edge, Framework]:
        """The ASGI callable and the framework behind it, which is not begun yet."""
        framework = Framework(partial(self.pages, self))
        tag_api = TagApi(
            identify=self.identify,
            decisions=self.decide_prompts,
            interactions=self.record_interaction,
            results=self.follow_result,
            prices=self.preview_offer,
            visitors=self.see_visitors,
            see_tag=self.see_tag,
            limits=self.limits,
        )
        is_embedded = self.settings.is_embedded
        poll = EMBEDDED_POLL_SECONDS if is_embedded else POSTGRESQL_POLL_SECONDS
        edge = Edge(
            tag_api=tag_api,
            tag_files=TagFiles(),
            health=self.health(),
            hooks=Hooks(self.receive_webhook, self.limits),
            waiter=RunWaiter(self.database.signals, poll_seconds=poll),
            addresses=Addresses(self.settings.trusted_proxies),
            accept_wait=self.settings.durations.accept_wait,
            preview_wait=self.settings.durations.preview_wait,
            framework=framework.ready,
        )
        return edge, framework

    def health(self) -> Health:
        return Health(
            {
                "database": self._check_database,
                "migrations": self._check_migrations,
                "snapshot": self._check_snapshots,
            }
        )

    def close(self) -> None:
        self.see_visitors.close()
        self.transports.close()
        self.database.close()

    def _check_database(self) -> None:
        if not is_reachable(self.database):
            raise ConnectionError

    def _check_migrations(self) -> None:
        if any(one.standing is not Standing.CURRENT for one in read_streams(self.database)):
            raise SchemaDiffers

    def _check_snapshots(self) -> None:
        for app in self.manage_app.list():
            self.snapshots.current(app.id)
