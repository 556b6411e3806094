"""Writes the price that is shown into the offer, so that it is the price that is charged."""

from collections.abc import Callable, Mapping

import msgspec

from standfast.contract.actions import ActionSpec, ParameterKind
from standfast.contract.connector import ConnectorSpec
from standfast.domain.prompt import AttachedAction, ButtonBody, PromptBody, Step

DefaultPrice = Callable[[str, str], str | None]
"""(connector, plan) -> the id of the plan's default price point, when it is known."""


def pin_prices(
    body: PromptBody, specs: Mapping[str, ConnectorSpec], default_price: DefaultPrice
) -> PromptBody:
    """The body with a price point wherever a plan was chosen without one."""

    def pinned(action: AttachedAction) -> AttachedAction:
        spec = specs[action.connector].action(action.action) if action.connector in specs else None
        return _pinned(action, spec, default_price) if spec else action

    return msgspec.structs.replace(body, steps=tuple(_step(step, pinned) for step in body.steps))


def _step(step: Step, pinned: Callable[[AttachedAction], AttachedAction]) -> Step:
    buttons = {
        kind: ButtonBody(button.label, tuple(map(pinned, button.actions)))
        for kind, button in step.buttons.items()
    }
    return msgspec.structs.replace(step, buttons=buttons)


def _pinned(
    action: AttachedAction, spec: ActionSpec, default_price: DefaultPrice
) -> AttachedAction:
    plan = _key_of(spec, ParameterKind.PLAN)
    price_point = _key_of(spec, ParameterKind.PRICE_POINT)
    if plan is None or price_point is None or action.parameters.get(price_point):
        return action
    chosen = action.parameters.get(plan)
    price = default_price(action.connector, chosen) if chosen else None
    if price is None:
        return action
    return msgspec.structs.replace(action, parameters={**action.parameters, price_point: price})


def _key_of(spec: ActionSpec, kind: ParameterKind) -> str | None:
    return next((one.key for one in spec.parameters if one.kind is kind), None)
