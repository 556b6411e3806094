"""The part of the suite that asks how a connector hears of changes."""

from collections.abc import Mapping
from typing import Protocol

from standfast.contract.actions import Order
from standfast.contract.connector import Connector, Notice
from standfast.contract.transport import Transport


class HearingRig(Protocol):
    """What of a `ConnectorRig` is needed here."""

    connector: Connector
    settings: Mapping[str, str]
    unknown_billing_id: str

    def transport(self) -> Transport: ...

    def order(self, action: str) -> Order: ...


class HearingSuite:
    def test_webhooks_are_signed_with_a_secret_setting(self, rig: HearingRig) -> None:
        spec = rig.connector.spec
        if spec.webhooks is not None:
            secret = {one.key for one in spec.settings if one.secret}
            assert spec.webhooks.key in secret
            assert spec.webhooks.where.endswith(".")
            assert spec.webhooks.going_on

    def test_what_the_site_did_not_sign_is_no_notice(self, rig: HearingRig) -> None:
        bodies = (b"", b"id=1&event=test", b'{"id": 1}', b"\xff\x00")
        told = [rig.connector.notice({}, body, rig.settings) for body in bodies]
        told += [rig.connector.notice({}, body, {}) for body in bodies]
        assert told == [None] * len(told)

    def test_whoever_a_notice_names_is_read_and_a_stranger_is_nobody(self, rig: HearingRig) -> None:
        connector, transport = rig.connector, rig.transport()
        order = rig.order(connector.spec.actions[0].key)
        known = connector.read_customer(transport, rig.settings, order.billing_id)
        assert known is not None

        def named(customer: str | None) -> object:
            return connector.read_noticed(transport, Notice("1", "changed", customer))

        assert named(known.customer.external_id) == known
        assert named(rig.unknown_billing_id) is None
        assert named(None) is None
