"""Settings › Connectors: each billing system's settings, drawn from its connector's spec."""

from collections.abc import Mapping

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from standfast.connectors.registry import ConnectorUnknown
from standfast.contract.connector import ConnectorSpec
from standfast.contract.errors import CallFailed, SettingsRefused
from standfast.domain.roles import Permission
from standfast.services.configure_connection import DEFAULT_IN_FLIGHT
from standfast.services.errors import FieldInvalid, NotFound, ServiceRefused
from standfast.services.read_connection import ConnectionView
from standfast.web.console.connectors_view import (
    Problem,
    is_under_way,
    problems_of,
    standing_of,
    syncs_of,
)
from standfast.web.console.connectors_webhooks import WebhooksShown, shown
from standfast.web.console.door import needs
from standfast.web.console.stop_words import told_refused, would_refuse
from standfast.web.console.visit import Answer, Visit

CONNECTIONS = needs(Permission.USE_CONNECTIONS)


class ConnectorsPages(Controller):
    path = "/apps/{app:str}/settings/connectors"

    @get("/", opt=CONNECTIONS, sync_to_thread=True)
    def list(self, visit: NamedDependency[Visit]) -> Answer:
        views = visit.console.connections.by(visit.actor).list(visit.app_id)
        rows = [(view, standing_of(view)) for view in views]
        is_none = all(view.row is None for view in views)
        return visit.page("connectors/list.html", rows=rows, is_none=is_none)

    @get("/{connector:str}", opt=CONNECTIONS, sync_to_thread=True)
    def show(self, visit: NamedDependency[Visit], connector: FromPath[str]) -> Answer:
        return _shown(visit, _view(visit, connector))

    @post("/{connector:str}", opt=CONNECTIONS, sync_to_thread=True)
    def save(self, visit: NamedDependency[Visit], connector: FromPath[str]) -> Answer:
        view = _view(visit, connector)
        try:
            row = visit.console.configuring.by(visit.actor).save(
                visit.app_id,
                connector,
                _given(visit, view.spec),
                in_flight=_in_flight(visit, view.spec),
                is_active=view.row.is_active if view.row else True,
            )
        except SettingsRefused as refused:
            return _refused(visit, view, {_field(key): why for key, why in refused.fields.items()})
        except FieldInvalid as refused:
            return _refused(visit, view, {refused.field or "": str(refused)})
        except CallFailed as failure:
            return _not_asked(visit, view, failure)
        said = "The settings are saved." if view.row else f"Connected to {row.site.name}."
        return visit.go(visit.here, said=said)

    @post("/{connector:str}/switch", opt=CONNECTIONS, sync_to_thread=True)
    def switch(self, visit: NamedDependency[Visit], connector: FromPath[str]) -> Answer:
        view = _view(visit, connector)
        configuring = visit.console.configuring.by(visit.actor)
        if visit.form.text("what") == "dry_run":
            is_dry_run = visit.form.is_on("active")
            configuring.switch(visit.app_id, connector, is_dry_run=is_dry_run)
            said = f"Dry run is {'on: nothing is sent.' if is_dry_run else 'off.'}"
            return visit.go(_path(visit, connector), said=said)
        is_active = visit.form.is_on("active")
        switched = configuring.switch(visit.app_id, connector, is_active=is_active)
        said = f"{view.spec.title} is switched {'on' if is_active else 'off'}."
        if not is_active:
            said = f"{said} {told_refused(switched.refused)}".rstrip()
        return visit.go(_path(visit, connector), said=said)

    @post("/{connector:str}/sync", opt=CONNECTIONS, sync_to_thread=True)
    def sync(self, visit: NamedDependency[Visit], connector: FromPath[str]) -> Answer:
        view = _view(visit, connector)
        if view.row is None:
            raise NotFound("This app has no such connection.")
        visit.console.syncs.by(visit.actor).request(view.row.id)
        return visit.go(f"{_path(visit, connector)}#state")


def _path(visit: Visit, connector: str) -> str:
    return visit.app_path(f"/settings/connectors/{connector}")


def _view(visit: Visit, connector: str) -> ConnectionView:
    try:
        return visit.console.connections.by(visit.actor).get(visit.app_id, connector)
    except ConnectorUnknown as error:
        raise NotFound("No connector of this name is installed.", field="connector") from error


def _field(key: str) -> str:
    """How the form calls a setting; no setting can meet a field of ours."""
    return f"setting_{key}"


def _given(visit: Visit, spec: ConnectorSpec) -> Mapping[str, str]:
    """What was typed. An empty secret keeps the stored one; the service knows."""
    fields = {one.key: one.secret for one in spec.settings}
    return {
        key: visit.form.secret(_field(key)) if is_secret else visit.form.text(_field(key))
        for key, is_secret in fields.items()
    }


def _in_flight(visit: Visit, spec: ConnectorSpec) -> int:
    text = visit.form.text("in_flight")
    if not text:
        return min(DEFAULT_IN_FLIGHT, spec.in_flight)
    if not text.isdecimal() or len(text) > 4:
        problem = f"Requests in flight must be between 1 and {spec.in_flight}."
        raise FieldInvalid(problem, field="in_flight")
    return int(text)


def _refused(visit: Visit, view: ConnectionView, wrong: Mapping[str, str]) -> Answer:
    """The form once more; each field says itself what is wrong with it."""
    known = {_field(one.key) for one in view.spec.settings} | {"in_flight"}
    rest = " ".join(why for field, why in wrong.items() if field not in known)
    told = FieldInvalid(rest or "Nothing was saved. Please look at the marked field.")
    return _shown(visit, view, refused=told, wrong=wrong)


def _not_asked(visit: Visit, view: ConnectionView, failure: CallFailed) -> Answer:
    return _shown(visit, view, refused=ServiceRefused(""), status=503, failure=str(failure))


def _shown(
    visit: Visit,
    view: ConnectionView,
    *,
    refused: ServiceRefused | None = None,
    status: int = 200,
    wrong: Mapping[str, str] | None = None,
    failure: str = "",
) -> Answer:
    now = visit.console.clock.now()
    return visit.page(
        "connectors/connector.html",
        status=status,
        refused=refused,
        view=view,
        spec=view.spec,
        row=view.row,
        standing=standing_of(view),
        syncs=syncs_of(view, now=now),
        is_under_way=is_under_way(view, now=now),
        problems=_problems(visit, view),
        wrong=wrong or {},
        failure=failure,
        would_refuse=would_refuse(view.under_way),
        hooks=_hooks(visit, view),
        in_flight=view.row.in_flight if view.row else min(DEFAULT_IN_FLIGHT, view.spec.in_flight),
        is_more_open=_is_hidden_field_wrong(view.spec, wrong or {}),
    )


def _hooks(visit: Visit, view: ConnectionView) -> WebhooksShown | None:
    found = visit.console.webhooks.by(visit.actor).find(visit.app_id, view.spec.key)
    return shown(found, visit.console.url) if found else None


def _is_hidden_field_wrong(spec: ConnectorSpec, wrong: Mapping[str, str]) -> bool:
    """What need not be filled in stands folded away, unless it is to be mended."""
    folded = {_field(one.key) for one in spec.settings if not one.required} | {"in_flight"}
    return not folded.isdisjoint(wrong)


def _problems(visit: Visit, view: ConnectionView) -> tuple[Problem, ...]:
    catalogues = visit.console.catalogue.by(visit.actor).list(visit.app_id)
    catalogue = next((one for one in catalogues if one.spec.key == view.spec.key), None)
    return tuple(problems_of(view, catalogue, visit.app_path()))
