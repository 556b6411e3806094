"""The part of the suite that asks what a connector says of itself."""

from typing import Protocol

from standfast.contract.actions import ParameterKind
from standfast.contract.connector import Connector


class SpecRig(Protocol):
    """What of a `ConnectorRig` is needed here."""

    connector: Connector


class SpecSuite:
    def test_the_spec_can_be_built_upon(self, rig: SpecRig) -> None:
        spec = rig.connector.spec

        keys = [one.key for one in spec.settings], [one.key for one in spec.actions]
        assert all(len(set(group)) == len(group) for group in keys)
        assert all(key.isidentifier() for group in keys for key in group)
        assert spec.key.isidentifier()
        assert spec.trait.isidentifier()
        assert all(host.startswith(".") for host in spec.hosts)
        assert spec.in_flight >= 1
        assert any(one.secret for one in spec.settings)
        assert all(one.label and one.help for one in spec.settings)
        assert all(one.default is None for one in spec.settings if one.secret)

    def test_every_action_explains_itself(self, rig: SpecRig) -> None:
        for action in rig.connector.spec.actions:
            assert action.title, action.key
            assert action.sentence.endswith("."), action.key
            assert action.repeat_is_safe_because != "", action.key
            names = [one.key for one in action.parameters]
            assert len(set(names)) == len(names), action.key
            for parameter in action.parameters:
                values = [one.value for one in parameter.choices]
                is_choice = parameter.kind is ParameterKind.CHOICE
                is_number = parameter.kind is ParameterKind.NUMBER
                has_bounds = parameter.least is not None and parameter.most is not None
                assert parameter.label, parameter.key
                assert parameter.help, parameter.key
                assert bool(values) is is_choice, parameter.key
                assert not is_choice or parameter.default in values, parameter.key
                assert is_number is has_bounds, parameter.key
                assert not (parameter.required and parameter.may_be_answered), parameter.key

    def test_every_action_says_what_it_needs_costs_and_gives_back(self, rig: SpecRig) -> None:
        """An author reads it before a prompt, an operator before an undo."""
        spec = rig.connector.spec
        for action in spec.actions:
            assert action.needs.endswith("."), action.key
            assert action.cost.endswith("."), action.key
            assert action.calls, action.key
            ways = [*([action.undo] if action.undo else []), *action.undo_if]
            for way in ways:
                assert spec.action(way.action) is not None, action.key
                assert way.until.endswith("."), action.key
                assert way.gives_not_back.endswith("."), action.key
            special = {one.only_for for one in action.undo_if}
            assert len(special) == len(action.undo_if), action.key
            for key, value in (one for one in special if one is not None):
                parameter = action.parameter(key)
                assert parameter is not None, action.key
                assert value in {one.value for one in parameter.choices}, action.key

    def test_what_is_spread_is_a_choice_and_names_its_subscription(self, rig: SpecRig) -> None:
        for action in rig.connector.spec.actions:
            spread = action.spread
            if spread is None:
                continue
            parameter = action.parameter(spread.parameter)
            assert parameter is not None, action.key
            assert spread.value in {one.value for one in parameter.choices}, action.key
            assert spread.value != parameter.default, action.key
            assert action.parameter(spread.names) is not None, action.key
            assert spread.partly_done.endswith("."), action.key
