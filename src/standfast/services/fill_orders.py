"""Who a visitor is to the billing systems, and a button's actions with every value in its place."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from standfast.connectors.registry import Registry
from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.records import CustomerBilling
from standfast.domain.filling import AnswerUnfit, filled
from standfast.domain.interaction import MOST_RUNS
from standfast.domain.prompt import AttachedAction
from standfast.domain.visitor import BillingId, Identity, VisitorState
from standfast.services.errors import FieldInvalid
from standfast.services.read_situation import connected_billers
from standfast.services.read_visitor import Connected, find_visitor_state, holds_of
from standfast.store.billing import find_billing
from standfast.store.database import Database, Reader


@dataclass(frozen=True)
class Clicker:
    """Who clicks, for each connector that their actions need.

    `billings`: what they have there, only where an action may be done to several subscriptions.
    """

    state: VisitorState
    billing_ids: Mapping[str, BillingId]
    settings: Mapping[str, Mapping[str, str]]
    billings: Mapping[str, CustomerBilling]


class TooManyRuns(Exception):
    """One click would come to more runs than can be told apart."""

    def __init__(self, runs: int) -> None:
        text = f"The click comes to {runs} changes, and {MOST_RUNS} are the most. Choose a plan."
        self.refused = Refused(RefusalReason.SEVERAL_SUBSCRIPTIONS, text)
        super().__init__(text)


def read_visitor_of(
    database: Database,
    registry: Registry,
    identity: Identity,
    actions: tuple[AttachedAction, ...],
) -> Clicker:
    """The trusted billing id for each connector these actions need, and all that is known."""
    with database.reading() as core, database.reading_mirror() as mirror:
        connected = connected_billers(core, registry, identity.app_id)
        state = find_visitor_state(core, mirror, identity, connected)
        wanted = {action.connector for action in actions}
        needed = tuple(one for one in connected if one[0].connector in wanted)
        billing_ids = {
            row.connector: state.billing_ids[connector.spec.trait]
            for row, connector in needed
            if connector.spec.trait in state.billing_ids
        }
        billings = _billings(core, mirror, registry, needed, billing_ids, actions)
    settings = {row.connector: row.settings for row, _ in needed}
    return Clicker(state, billing_ids, settings, billings)


def fill_orders(
    registry: Registry,
    clicker: Clicker,
    actions: tuple[AttachedAction, ...],
    *,
    answers: Mapping[str, str],
) -> tuple[tuple[AttachedAction, ...], ...]:
    """For each action what it comes to: itself, or itself for each of several subscriptions.

    Raises `FieldInvalid` for an answer that does not fit, `TraitUnfit` and `TooManyRuns`.
    """
    orders = tuple(
        _spread(registry, clicker, _filled(registry, clicker, action, answers))
        for action in actions
    )
    runs = sum(len(one) for one in orders)
    if runs > MOST_RUNS:
        raise TooManyRuns(runs)
    return orders


def _billings(
    core: Reader,
    mirror: Reader,
    registry: Registry,
    needed: Connected,
    billing_ids: Mapping[str, BillingId],
    actions: tuple[AttachedAction, ...],
) -> dict[str, CustomerBilling]:
    spreading = {one.connector for one in actions if _may_spread(registry, one)}
    found: dict[str, CustomerBilling] = {}
    for row, connector in needed:
        billing_id = billing_ids.get(row.connector)
        if row.connector not in spreading or billing_id is None:
            continue
        if connector.malformed_billing_id(row.settings, billing_id.value) is not None:
            continue
        billing = find_billing(core, mirror, row, billing_id.value, holds=holds_of(row))
        if billing is not None:
            found[row.connector] = billing
    return found


def _may_spread(registry: Registry, action: AttachedAction) -> bool:
    spec = registry.find_action(action.connector, action.action)
    return spec is not None and spec.may_spread(action.parameters)


def _filled(
    registry: Registry, clicker: Clicker, action: AttachedAction, answers: Mapping[str, str]
) -> AttachedAction:
    spec = registry.get(action.connector).spec.action(action.action)
    assert spec is not None
    traits = clicker.state.traits
    try:
        parameters = filled(action.parameters, spec, answers=answers, traits=traits)
    except AnswerUnfit as unfit:
        raise FieldInvalid(str(unfit), field=f"values.{unfit.key}") from unfit
    return msgspec.structs.replace(action, parameters=parameters)


def _spread(
    registry: Registry, clicker: Clicker, action: AttachedAction
) -> tuple[AttachedAction, ...]:
    billing_id = clicker.billing_ids.get(action.connector)
    if billing_id is None or not _may_spread(registry, action):
        return (action,)
    sets = registry.get(action.connector).spread(
        action.action,
        action.parameters,
        billing=clicker.billings.get(action.connector),
        billing_id=billing_id.value,
        settings=clicker.settings[action.connector],
    )
    return tuple(msgspec.structs.replace(action, parameters=dict(one)) for one in sets)
