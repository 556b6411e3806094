"""Builds the house on its database."""

import gc
from collections.abc import Mapping

from standfast.bootstrap.house import House
from standfast.clock import Clock, SystemClock
from standfast.config import Settings
from standfast.connectors.registry import Registry
from standfast.connectors.slots import SlotSettings
from standfast.connectors.transport import Timeouts, Transports
from standfast.services.change_holdout import ChangeHoldout
from standfast.services.check_offer import CheckOffer
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
from standfast.services.open_site import OpenSite, Sites
from standfast.services.passwords import Passwords
from standfast.services.preview_offer import PreviewOffer
from standfast.services.publish_prompt import PublishPrompt
from standfast.services.read_connection import ReadConnection
from standfast.services.read_overview import ReadOverview
from standfast.services.read_situation import Situations
from standfast.services.read_traits import ReadTraits
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
from standfast.services.snapshots import Snapshots
from standfast.services.sync_connection import SyncConnections
from standfast.services.tokens import Tokens
from standfast.services.work_off_webhooks import WorkOffWebhooks
from standfast.store.apps import list_apps
from standfast.store.bodies import learn_types
from standfast.store.database import Database, open_database
from standfast.store.migrate import prepare
from standfast.store.vault import KEY_VARIABLE, KeyUnusable, Vault, broken_seals, read_keys
from standfast.web.edge import AsgiApp
from standfast.web.limits import Limits, read_limits


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


def settle_down() -> None:
    """For a process that is to serve: what is built now is there to stay.

    The garbage collector no longer walks over it; each such walk holds every click up by 40 ms.
    """
    gc.collect()
    gc.freeze()


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
        run_actions=RunActions(database, sites, clock, durations, registry),
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
        pages=_pages,
    )


def _pages(house: House) -> AsgiApp:
    """The framework behind the pages is imported when the first of them is asked for."""
    from standfast.bootstrap.pages import build_pages

    return build_pages(house)


def _refuse_foreign_key(database: Database, vault: Vault) -> None:
    """A lost key file would be made anew and open nothing: say so at once."""
    with database.reading() as reader:
        if list_apps(reader) and broken_seals(reader, vault):
            raise KeyUnusable(
                "The database was sealed with another key. Restore the key file that belongs to "
                f"it, or set {KEY_VARIABLE}."
            )
