import pytest

from chargify_simulator.testing import running_simulator
from connectors.chargify.site import ChargifySite
from standfast.connectors.transport import Timeouts, open_client
from standfast.contract.actions import Order
from standfast.contract.errors import NotSent
from standfast.contract.testing import ConnectorSuite, Trouble
from standfast.contract.transport import Method, Transport

FAULTS = {
    Trouble.LOST_BEFORE: ("cut_before", {}),
    Trouble.LOST_AFTER: ("cut_after", {}),
    Trouble.CREDENTIALS_REFUSED: (
        "status",
        {"status": 401, "body": "HTTP Basic: Access denied.\n"},
    ),
    Trouble.THROTTLED: ("status", {"status": 429, "body": "usage violation"}),
    Trouble.FAILED_BEFORE: ("status", {"status": 500, "body": "<html>"}),
    Trouble.FAILED_AFTER: ("status", {"status": 500, "body": "<html>", "after": True}),
    Trouble.CONFLICT: (
        "status",
        {"status": 409, "body": '{"errors": ["DuplicatePrevention::DuplicateSubmissionError"]}'},
    ),
    Trouble.UNREADABLE: ("status", {"status": 200, "body": "\x00 no json", "after": True}),
}
WISHES = {
    "create_subscription": {},
    "cancel_subscription": {"when": "now"},
    "add_coupon": {"coupon": "STACK7", "when_present": "stack"},
}


class Unreachable:
    """Reads go through, writes cannot be sent."""

    def __init__(self, inner):
        self.inner = inner

    def send(self, call):
        if call.method is not Method.GET:
            raise NotSent
        return self.inner.send(call)


class ChargifyRig:
    malformed_billing_ids = ("cus_1", "1 2", "-1", "../site")
    unknown_billing_id = "999999999"

    def __init__(self, site: ChargifySite, *, when: str):
        self.site = site
        self.connector = site.connector
        self.settings = site.settings
        self.simulators = (site.host,)
        self.wishes = {**WISHES, "cancel_subscription": {"when": when}}
        self.wrong_settings = {
            "api_key": ("", "two words", "k\u200bey"),
            "domain": ("", "evil.test", "acme.chargify.com.evil.test", "127.0.0.1:1"),
            "billing_id_holds": ("email",),
        }

    def transport(self, trouble: Trouble | None = None) -> Transport:
        self.site.simulator.clear_faults()
        if trouble is Trouble.NOT_REACHED:
            return Unreachable(self.site.transport())
        if trouble is not None:
            kind, more = FAULTS[trouble]
            for method in ("POST", "DELETE"):
                self.site.simulator.fault(method, "*", kind, **more)
        return self.site.transport()

    def transport_with_wrong_key(self) -> Transport:
        return self.site.transport(api_key="wrong-key")

    def transport_to_nowhere(self) -> Transport:
        class Nowhere:
            def send(self, call):
                raise NotSent

        return Nowhere()

    def order(self, action: str) -> Order:
        self.site.simulator.clear_faults()
        customer = self.site.a_customer()
        wish = dict(self.wishes[action])
        if action == "create_subscription":
            wish["plan"] = self.site.plan("basic")
        else:
            self.site.subscribe(customer, "basic", coupons=("STACK5",))
        return self.site.order(action, customer, **wish)

    def effects(self, order: Order) -> int:
        truth = self.site.subscriptions(order.billing_id)
        match order.action:
            case "create_subscription":
                return len(truth)
            case "cancel_subscription":
                pending = [one["cancel_at_end_of_period"] for one in truth]
                return sum(pending) + sum(one["state"] == "canceled" for one in truth)
            case _:
                return truth[0]["coupon_codes"].count("STACK7")


class TestChargifyConnector(ConnectorSuite):
    @pytest.fixture(params=["now", "end_of_period"])
    def rig(self, request):
        with running_simulator() as simulator, open_client(Timeouts()) as client:
            yield ChargifyRig(ChargifySite(simulator, client), when=request.param)
