"""The part of the suite that asks what one click comes to."""

from collections.abc import Mapping
from typing import Protocol

from standfast.contract.actions import Order
from standfast.contract.connector import Connector
from standfast.contract.transport import Transport


class SpreadRig(Protocol):
    """What of a `ConnectorRig` is needed here."""

    connector: Connector
    settings: Mapping[str, str]

    def transport(self) -> Transport: ...

    def order(self, action: str) -> Order: ...


class SpreadSuite:
    def test_one_click_comes_to_runs_that_each_name_one_subscription(self, rig: SpreadRig) -> None:
        for spec in rig.connector.spec.actions:
            order = rig.order(spec.key)
            assert _sets(rig, order, order.parameters) == (order.parameters,), spec.key
            if spec.spread is None:
                continue
            wanted = {**order.parameters, spec.spread.parameter: spec.spread.value}
            sets = _sets(rig, order, wanted)
            named = [one.get(spec.spread.names) for one in sets]
            assert sets, spec.key
            assert len(set(named)) == len(sets), spec.key
            assert len(sets) == 1 or not any(spec.may_spread(one) for one in sets), spec.key

    def test_of_a_customer_nobody_knows_nothing_is_spread(self, rig: SpreadRig) -> None:
        for spec in rig.connector.spec.actions:
            order, spread = rig.order(spec.key), spec.spread
            wanted = {**order.parameters, **({spread.parameter: spread.value} if spread else {})}

            sets = rig.connector.spread(
                spec.key,
                wanted,
                billing=None,
                billing_id=order.billing_id,
                settings=rig.settings,
            )

            assert sets == (wanted,), spec.key


def _sets(rig: SpreadRig, order: Order, wanted: Mapping[str, str]) -> tuple[Mapping[str, str], ...]:
    known = rig.connector.read_customer(rig.transport(), rig.settings, order.billing_id)
    assert known is not None, order.action
    return rig.connector.spread(
        order.action, wanted, billing=known, billing_id=order.billing_id, settings=rig.settings
    )
