"""What a visitor reads where a click did several things and not all of them worked."""

import pytest

from standfast.connectors.chargify.connector import SPEC
from standfast.contract.actions import ActionSpec


@pytest.mark.parametrize("action", SPEC.actions, ids=[one.key for one in SPEC.actions])
def test_every_action_has_a_sentence_for_done_and_for_not_done(action: ActionSpec) -> None:
    told = {action.told(is_done=True), action.told(is_done=False)}

    assert len(told) == 2
    assert all(one in {action.done, action.not_done} and one.endswith(".") for one in told)


def test_an_action_without_sentences_is_told_by_its_title() -> None:
    plain = ActionSpec("wink", "Wink", "Winks.", (), moves_money=False)

    assert plain.told(is_done=True) == "Wink: done."
    assert plain.told(is_done=False) == "Wink: not done."
