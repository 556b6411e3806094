from datetime import datetime, timedelta

import pytest

from chargify_simulator.testing import running_simulator
from connectors.chargify.site import ChargifySite
from connectors.chargify.stages import OTHER_WISHES, WISHES, named, set_up
from standfast.connectors.transport import Timeouts, open_client
from standfast.contract.actions import Order
from standfast.contract.errors import NotSent
from standfast.contract.testing import ConnectorSuite, Trouble
from standfast.contract.transport import Transport

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


class Unreachable:
    """Reads go through, writes cannot be sent."""

    def __init__(self, inner):
        self.inner = inner

    def send(self, call):
        if not call.is_read:
            raise NotSent
        return self.inner.send(call)


class ChargifyRig:
    malformed_billing_ids = ("cus_1", "1 2", "-1", "../site")
    unknown_billing_id = "999999999"

    def __init__(self, site: ChargifySite, wishes: dict[str, dict[str, str]]):
        self.site = site
        self.connector = site.connector
        self.settings = site.settings
        self.simulators = (site.host,)
        self.wishes = wishes
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
            for method in ("POST", "PUT", "DELETE"):
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
        wish = dict(self.wishes[action])
        customer = set_up(self.site, action, wish)
        return self.site.order(action, customer, **named(self.site, wish))

    def effects(self, order: Order) -> int:
        truth = self.site.subscriptions(order.billing_id)
        wish = order.parameters
        if order.action == "create_subscription" and "when_ended" not in wish:
            return len(truth)
        [one] = truth
        match order.action:
            case "cancel_subscription":
                return one["cancel_at_end_of_period"] + (one["state"] == "canceled")
            case "add_coupon":
                return one["coupon_codes"].count(wish["coupon"])
            case "undo_cancellation":
                return not one["cancel_at_end_of_period"]
            case "switch_plan":
                own = one["product_id"], one["next_product_id"]
                return own.count(int(wish["plan"]))
            case "undo_plan_change":
                return one["next_product_id"] is None
            case "pause":
                return one["state"] == "on_hold"
            case "extend_trial":
                return round((_instant(one["trial_ended_at"]) - self._first_end(one)).days / 10)
            case "remove_coupon":
                return 1 - one["coupon_codes"].count("STACK5")
            case _:  # reactivate, resume, retry_payment, create by reactivating
                return one["state"] == "active"

    def _first_end(self, one):
        return _instant(one["trial_started_at"]) + timedelta(days=14)

    def standing(self, order: Order) -> object:
        """What runs, and how it will go on; a canceled one stands for nothing."""
        return [
            {
                "plan": one["product_id"],
                "next": one["next_product_id"],
                "state": one["state"],
                "coupons": one["coupon_codes"],
                "ends": one["cancel_at_end_of_period"],
                "trial": one["trial_ended_at"],
                "resumes": one["automatically_resume_at"],
            }
            for one in self.site.subscriptions(order.billing_id)
            if one["state"] != "canceled"
        ]


def _instant(text):
    return datetime.fromisoformat(text)


class TestChargifyConnector(ConnectorSuite):
    @pytest.fixture(params=[WISHES, WISHES | OTHER_WISHES], ids=["one way", "the other way"])
    def rig(self, request):
        with running_simulator() as simulator, open_client(Timeouts()) as client:
            yield ChargifyRig(ChargifySite(simulator, client), request.param)
