"""Who a visitor is to the billing systems, and a button's actions with every value in its place."""

from collections.abc import Mapping

import msgspec

from standfast.connectors.registry import Registry
from standfast.domain.filling import AnswerUnfit, filled
from standfast.domain.prompt import AttachedAction
from standfast.domain.visitor import BillingId, Identity, TraitValue, VisitorState
from standfast.services.errors import FieldInvalid
from standfast.services.read_situation import connected_billers
from standfast.services.read_visitor import find_visitor_state
from standfast.store.database import Database


def read_visitor_of(
    database: Database,
    registry: Registry,
    identity: Identity,
    actions: tuple[AttachedAction, ...],
) -> tuple[dict[str, BillingId], VisitorState]:
    """The trusted billing id for each connector these actions need, and all that is known."""
    with database.reading() as core, database.reading_mirror() as mirror:
        connected = connected_billers(core, registry, identity.app_id)
        state = find_visitor_state(core, mirror, identity, connected)
    wanted = {action.connector for action in actions}
    billing_ids = {
        row.connector: state.billing_ids[connector.spec.trait]
        for row, connector in connected
        if row.connector in wanted and connector.spec.trait in state.billing_ids
    }
    return billing_ids, state


def fill_orders(
    registry: Registry,
    actions: tuple[AttachedAction, ...],
    *,
    answers: Mapping[str, str],
    traits: Mapping[str, TraitValue],
) -> tuple[AttachedAction, ...]:
    """Raises `FieldInvalid` for an answer that does not fit, and `TraitUnfit`."""
    orders: list[AttachedAction] = []
    for action in actions:
        spec = registry.get(action.connector).spec.action(action.action)
        assert spec is not None
        try:
            parameters = filled(action.parameters, spec, answers=answers, traits=traits)
        except AnswerUnfit as unfit:
            raise FieldInvalid(str(unfit), field=f"values.{unfit.key}") from unfit
        orders.append(msgspec.structs.replace(action, parameters=parameters))
    return tuple(orders)
