"""Builds everything once; the only file that knows everybody."""

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from standfast.clock import Clock, SystemClock
from standfast.config import Settings
from standfast.connectors.registry import Registry
from standfast.connectors.slots import SlotSettings
from standfast.connectors.transport import Timeouts, Transports
from standfast.services.change_account import ChangeAccount
from standfast.services.change_app import ChangeApp
from standfast.services.change_holdout import ChangeHoldout
from standfast.services.check_offer import CheckOffer
from standfast.services.configure_connection import ConfigureConnection
from standfast.services.decide import DecidePrompts
from standfast.services.erase_visitor import EraseVisitor
from standfast.services.explain import ExplainPrompts
from standfast.services.export_audit import ExportAudit
from standfast.services.export_visitor import ExportVisitor
from standfast.services.follow_result import FollowResult
from standfast.services.get_run import GetRun
from standfast.services.get_visitor import GetVisitor
from standfast.services.identify import Identify
from standfast.services.import_visitors import ImportVisitors
from standfast.services.list_audit import ListAudit
from standfast.services.list_runs import ListRuns
from standfast.services.manage_app import ManageApp
from standfast.services.manage_company import ManageCompany
from standfast.services.manage_keys import ManageKeys
from standfast.services.manage_team import ManageTeam
from standfast.services.one_time_links import OneTimeLinks
from standfast.services.open_site import OpenSite, Sites
from standfast.services.passwords import Passwords
from standfast.services.preview_offer import PreviewOffer
from standfast.services.prove_change import ProveChange
from standfast.services.publish_prompt import PublishPrompt
from standfast.services.read_catalogue import ReadCatalogue
from standfast.services.read_connection import ReadConnection
from standfast.services.read_first_steps import ReadFirstSteps
from standfast.services.read_limits import ReadLimits
from standfast.services.read_overview import ReadOverview
from standfast.services.read_prompts import ReadPrompts
from standfast.services.read_segments import ReadSegments
from standfast.services.read_situation import Situations
from standfast.services.read_traits import ReadTraits
from standfast.services.read_visitors import ReadVisitors
from standfast.services.read_webhooks import ReadWebhooks
from standfast.services.receive_webhook import ReceiveWebhook
from standfast.services.record_interaction import RecordInteraction
from standfast.services.reserve_limits import ReserveLimits
from standfast.services.rotate_key import RotateKey
from standfast.services.run_actions import RunActions
from standfast.services.run_deeds import RunDeeds
from standfast.services.save_segment import SaveSegment
from standfast.services.save_visitor import SaveVisitor
from standfast.services.seal_audit import SealAudit
from standfast.services.see_tag import SeeTag
from standfast.services.see_visitors import SeeVisitors
from standfast.services.sign_in import SignIn
from standfast.services.snapshots import Snapshots
from standfast.services.stop_prompt import StopPrompt
from standfast.services.sync_connection import SyncConnections
from standfast.services.tell_run import TellRun
from standfast.services.tokens import Tokens
from standfast.services.verify_audit import VerifyAudit
from standfast.services.work_off_webhooks import WorkOffWebhooks
from standfast.store.apps import list_apps
from standfast.store.bodies import learn_types
from standfast.store.database import Database, is_reachable, open_database
from standfast.store.migrate import SchemaDiffers, Standing, prepare, read_streams
from standfast.store.vault import KEY_VARIABLE, KeyUnusable, Vault, broken_seals, read_keys
from standfast.web.addresses import Addresses
from standfast.web.edge import AsgiApp, Edge
from standfast.web.health import Health
from standfast.web.hooks import Hooks
from standfast.web.limits import Limits, read_limits
from standfast.web.tag_api import TagApi
from standfast.web.tag_files import TagFiles
from standfast.web.waiting import RunWaiter
from standfast.worker import Worker

if TYPE_CHECKING:
    from standfast.web.console.console import Console

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

    def edge(self) -> tuple[Edge, "Framework"]:
        """The ASGI callable and the framework behind it, which is not begun yet."""
        framework = Framework(self)
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


class Framework:
    """The framework takes a second to import; the edge does not wait for it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._built: Future[AsgiApp] = Future()
        self._thread = threading.Thread(target=self._build, name="framework", daemon=True)
        self._begun = threading.Lock()

    def begin(self) -> None:
        """Build it in a thread of its own; a second call does nothing."""
        if self._begun.acquire(blocking=False):
            self._thread.start()

    async def ready(self) -> AsgiApp:
        self.begin()
        return await asyncio.shield(asyncio.wrap_future(self._built))

    def _build(self) -> None:
        try:
            self._built.set_result(_build_framework(self._house))
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it
            self._built.set_exception(error)


def _build_framework(house: House) -> AsgiApp:
    from typing import cast

    from standfast.web.api.server import ServerApi
    from standfast.web.app import build_app
    from standfast.web.limits import Buckets

    learn_types()
    api = ServerApi(
        identify=house.identify,
        save_visitor=house.save_visitor,
        get_visitor=house.get_visitor,
        get_run=house.get_run,
        run_deeds=house.run_deeds,
        explain=house.explain_prompts,
        buckets=Buckets(house.limits.server),
    )
    return cast("AsgiApp", build_app(api, _console(house)))


def _console(house: House) -> "Console":
    from standfast.web.console.console import Console

    database, clock = house.database, house.clock
    verifying = VerifyAudit(database, house.vault, clock)
    return Console(
        url=house.settings.url,
        clock=clock,
        addresses=Addresses(house.settings.trusted_proxies),
        sign_in=SignIn(database, house.passwords, clock),
        links=house.links,
        account=ChangeAccount(database, house.passwords, clock),
        company=ManageCompany(database, house.manage_app, clock),
        team=ManageTeam(database, clock),
        app=ChangeApp(database, clock),
        keys=ManageKeys(database, house.manage_app, clock),
        tag=house.see_tag,
        audit=ListAudit(database),
        verifying=verifying,
        audit_exporting=ExportAudit(database, clock),
        proving=ProveChange(database, house.registry, verifying),
        visitor_exporting=ExportVisitor(database, house.registry, clock),
        erasing=house.erase_visitor,
        registry=house.registry,
        configuring=house.configure_connection,
        syncs=house.sync_connections,
        catalogue=ReadCatalogue(database, house.registry),
        runs=house.list_runs,
        run_stories=TellRun(database, house.registry),
        run_deeds=house.run_deeds,
        overview=house.read_overview,
        first_steps=ReadFirstSteps(database),
        connections=house.read_connection,
        webhooks=ReadWebhooks(database, house.registry, house.vault),
        prompts=ReadPrompts(database, house.registry, clock),
        publishing=house.publish_prompt,
        stopping=StopPrompt(database, clock, house.settings.durations),
        limits=ReadLimits(database, clock),
        segments=ReadSegments(database, house.registry, clock),
        segment_saving=house.save_segment,
        visitors=ReadVisitors(database, house.registry),
        visitor_saving=house.save_visitor,
        explaining=house.explain_prompts,
        imports=ImportVisitors(database, house.registry, clock),
        traits=house.read_traits,
        preview_path=TagFiles().preview_path,
    )


def build(
    settings: Settings,
    clock: Clock | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    registry: Registry | None = None,
    sites: Sites | None = None,
    may_upgrade: bool = True,
) -> House:
    """The house on its database, which is built when fresh and upgraded when allowed.

    `environment` holds STANDFAST_KEY and STANDFAST_LIMITS; `registry` and `sites` replace the
    installed connectors and the way to their sites. Raises `KeyUnusable`,
    `SchemaDiffers`, `SettingInvalid`.
    """
    environment = environment or {}
    clock = clock or SystemClock()
    limits = read_limits(environment)
    vault = Vault(read_keys(settings.data, environment.get(KEY_VARIABLE)))
    database = open_database(settings.data, settings.database_url)
    try:
        prepare(database, may_upgrade=may_upgrade)
        _refuse_foreign_key(database, vault)
    except BaseException:
        database.close()
        raise
    house = _furnish(
        settings, clock, database, vault, registry or Registry.from_entry_points(), limits,
        environment,
        sites,
    )  # fmt: skip
    learn_types()  # every connector is loaded now, and no thread has begun
    return house


def _furnish(
    settings: Settings,
    clock: Clock,
    database: Database,
    vault: Vault,
    registry: Registry,
    limits: Limits,
    environment: Mapping[str, str],
    sites: Sites | None,
) -> House:
    durations = settings.durations
    transports = Transports(
        simulators=settings.simulator_hosts,
        timeouts=Timeouts(
            connect_seconds=durations.connect_timeout,
            read_seconds=durations.read_timeout,
            charge_seconds=durations.charge_timeout,
        ),
        slot_settings=SlotSettings(
            visitor_patience_seconds=durations.slot_patience,
            pauses_seconds=tuple(durations.throttle_pause * factor for factor in (1, 2, 4)),
        ),
        shared_slots=database.shared_slots,
    )
    sites = sites or OpenSite(registry, vault, transports, settings.simulator_hosts)
    tokens, snapshots = Tokens(database, vault), Snapshots(database, clock)
    situations = Situations(database, registry)
    results = FollowResult(database, tokens, snapshots, registry, clock, durations)
    traits = tuple(dict.fromkeys(one.spec.trait for one in registry))
    passwords = Passwords()
    seal_audit, see_visitors = SealAudit(database, vault, clock), SeeVisitors(database, clock)
    return House(
        settings=settings,
        clock=clock,
        database=database,
        vault=vault,
        registry=registry,
        transports=transports,
        snapshots=snapshots,
        tokens=tokens,
        manage_app=ManageApp(database, vault, clock),
        change_holdout=ChangeHoldout(database, clock),
        save_visitor=SaveVisitor(database, registry, clock),
        get_visitor=GetVisitor(database),
        see_visitors=see_visitors,
        read_traits=ReadTraits(database, registry),
        list_runs=ListRuns(database),
        read_overview=ReadOverview(database, registry, clock),
        read_connection=ReadConnection(database, registry),
        save_segment=SaveSegment(database, clock),
        publish_prompt=PublishPrompt(database, registry, clock),
        configure_connection=ConfigureConnection(
            database, registry, sites, vault, clock, durations, settings.simulator_hosts
        ),
        sync_connections=SyncConnections(database, sites, clock, durations),
        receive_webhook=ReceiveWebhook(database, registry, vault, clock),
        work_off_webhooks=WorkOffWebhooks(database, sites, clock, durations),
        identify=Identify(database, vault, clock, billing_traits=traits),
        decide_prompts=DecidePrompts(database, situations, snapshots, tokens, clock, durations),
        explain_prompts=ExplainPrompts(database, situations, snapshots, clock),
        record_interaction=RecordInteraction(
            database,
            tokens,
            snapshots,
            CheckOffer(situations, snapshots),
            results,
            ReserveLimits(database, situations, snapshots),
            registry,
            clock,
            durations,
        ),
        follow_result=results,
        preview_offer=PreviewOffer(
            database, sites, tokens, CheckOffer(situations, snapshots), registry, clock, durations
        ),
        run_actions=RunActions(database, sites, clock, durations),
        seal_audit=seal_audit,
        erase_visitor=EraseVisitor(database, registry, seal_audit, see_visitors, clock),
        get_run=GetRun(database),
        run_deeds=RunDeeds.build(database, registry, clock, durations),
        rotate_key=RotateKey(
            database, vault, data=settings.data, variable=environment.get(KEY_VARIABLE)
        ),
        passwords=passwords,
        links=OneTimeLinks(database, passwords, clock),
        see_tag=SeeTag(database, clock),
        limits=limits,
        environment=environment,
    )


def _refuse_foreign_key(database: Database, vault: Vault) -> None:
    """A lost key file would be made anew and open nothing: say so at once."""
    with database.reading() as reader:
        if list_apps(reader) and broken_seals(reader, vault):
            raise KeyUnusable(
                "The database was sealed with another key. Restore the key file that belongs to "
                f"it, or set {KEY_VARIABLE}."
            )
