"""The pages and the server API: what is behind the edge."""

from typing import cast

from standfast.bootstrap.house import House
from standfast.services.change_account import ChangeAccount
from standfast.services.change_app import ChangeApp
from standfast.services.export_audit import ExportAudit
from standfast.services.export_visitor import ExportVisitor
from standfast.services.import_visitors import ImportVisitors
from standfast.services.list_audit import ListAudit
from standfast.services.manage_company import ManageCompany
from standfast.services.manage_keys import ManageKeys
from standfast.services.manage_team import ManageTeam
from standfast.services.prove_change import ProveChange
from standfast.services.read_catalogue import ReadCatalogue
from standfast.services.read_first_steps import ReadFirstSteps
from standfast.services.read_limits import ReadLimits
from standfast.services.read_prompts import ReadPrompts
from standfast.services.read_segments import ReadSegments
from standfast.services.read_visitors import ReadVisitors
from standfast.services.read_webhooks import ReadWebhooks
from standfast.services.sign_in import SignIn
from standfast.services.stop_prompt import StopPrompt
from standfast.services.tell_run import TellRun
from standfast.services.verify_audit import VerifyAudit
from standfast.store.bodies import learn_types
from standfast.web.addresses import Addresses
from standfast.web.api.server import ServerApi
from standfast.web.app import build_app
from standfast.web.console.console import Console
from standfast.web.edge import AsgiApp
from standfast.web.limits import Buckets
from standfast.web.tag_files import TagFiles


def build_pages(house: House) -> AsgiApp:
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


def _console(house: House) -> Console:
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
