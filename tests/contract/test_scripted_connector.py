from itertools import count

import pytest

from standfast.contract.actions import Order
from standfast.contract.errors import NotSent
from standfast.contract.testing import (
    ConnectorSuite,
    Script,
    ScriptedConnector,
    Trouble,
    World,
    WorldTransport,
)
from standfast.contract.transport import Transport

SCRIPTS = {
    Trouble.NOT_REACHED: Script.NOT_SENT,
    Trouble.LOST_BEFORE: Script.LOSE_BEFORE,
    Trouble.LOST_AFTER: Script.LOSE_AFTER,
    Trouble.CREDENTIALS_REFUSED: Script.UNAUTHORIZED,
    Trouble.THROTTLED: Script.THROTTLE,
    Trouble.FAILED_BEFORE: Script.FAIL_BEFORE,
    Trouble.FAILED_AFTER: Script.FAIL_AFTER,
    Trouble.CONFLICT: Script.CONFLICT,
    Trouble.UNREADABLE: Script.GARBLE,
}
WISHES = {
    "create_subscription": {"plan": "silver"},
    "cancel_subscription": {},
    "add_coupon": {"coupon": "TEN"},
}


class Nowhere:
    def send(self, call):
        raise NotSent


class ScriptedRig:
    simulators = ("127.0.0.1:1",)
    malformed_billing_ids = ("not a word", "")
    unknown_billing_id = "nobody"

    def __init__(self):
        self.settings = {"api_key": "scripted-secret", "domain": "biller.example"}
        self.wrong_settings = {"api_key": ("", "two words"), "domain": ("evil.test",)}
        self.world = World()
        self.number = count(1)
        self.connector = ScriptedConnector(self.world, looks_first=True)

    def transport(self, trouble: Trouble | None = None) -> Transport:
        if trouble is not None:
            self.world.next(SCRIPTS[trouble])
        return self.world.transport

    def transport_with_wrong_key(self) -> Transport:
        stranger = World()
        stranger.knows_key = False
        return WorldTransport(stranger)

    def transport_to_nowhere(self) -> Transport:
        return Nowhere()

    def order(self, action: str) -> Order:
        number = next(self.number)
        self.world.add_customer(f"c{number}", plan="gold")
        return Order(
            action, WISHES[action], f"c{number}", f"u{number}", f"run{number}", f"token{number}"
        )

    def effects(self, order: Order) -> int:
        return len(self.world.changes_of(order.reference))

    def standing(self, order: Order) -> object:
        own = [one for one in self.world.subscriptions.values() if one.customer == order.billing_id]
        return sorted(one.plan for one in own if one.state == "active")


class TestScriptedConnector(ConnectorSuite):
    @pytest.fixture
    def rig(self):
        return ScriptedRig()
