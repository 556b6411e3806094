"""A connector that does nothing: it writes once to a site that answers at once."""

from collections.abc import Callable, Mapping

from standfast.connectors.slots import Lane
from standfast.contract.actions import ActionSpec, Desk, Order, Outcome, Succeeded
from standfast.contract.connector import ConnectorSpec
from standfast.contract.testing import ScriptedConnector
from standfast.contract.transport import Answer, Call, Method
from standfast.services.open_site import Site
from standfast.store.connections import ConnectionRow

_SPEC = ConnectorSpec(
    key="idle",
    title="Idle biller",
    trait="idle_id",
    settings=(),
    actions=(ActionSpec("nothing", "Nothing", "Does nothing.", (), moves_money=False),),
    hosts=(),
    in_flight=4,
)
_CALL = Call(Method.POST, "/nothing", json={})


class IdleConnector(ScriptedConnector):
    """Its one action is journalled like every other: intent, call, outcome."""

    spec = _SPEC

    def perform(self, order: Order, desk: Desk, settings: Mapping[str, str]) -> Outcome:
        desk.write(_CALL, target=order.billing_id)
        return Succeeded(order.billing_id)


class IdleTransport:
    def send(self, call: Call) -> Answer:
        return Answer(200, b"{}")

    def write(self, call: Call, *, just_before: Callable[[], None]) -> Answer:
        just_before()
        return self.send(call)


class IdleSites:
    """Every connection leads to the idle biller."""

    def __init__(self) -> None:
        self._site = Site(IdleConnector(), IdleTransport(), {})

    def open(self, connection: ConnectionRow, lane: Lane) -> Site:
        return self._site
