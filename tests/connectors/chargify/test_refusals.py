"""Every refusal of chargify-api.md, 3.9 to 3.15, becomes a reason and a sentence."""

import json

import pytest

from connectors.chargify.refusals import CASES
from connectors.chargify.stages import WISHES, WRITES, named, set_up
from standfast.connectors.chargify.errors import texts_of
from standfast.contract.actions import NeedsVisitor, RefusalReason, Refused
from standfast.contract.transport import Answer

IDS = [case.id for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_what_chargify_refuses_is_told_with_reason_and_sentence(site, case):
    customer = set_up(site, case.action, WISHES[case.action])
    site.will_say(*WRITES[case.action], case.status, case.body)

    outcome, desk = site.perform_order(
        site.order(case.action, customer, **named(site, WISHES[case.action]))
    )

    assert len(desk.written) == 1
    if case.expected is NeedsVisitor:
        assert isinstance(outcome, NeedsVisitor)
        assert outcome.link
    else:
        assert isinstance(outcome, Refused)
        assert outcome.reason is case.expected
    assert _holds_chargifys_words(case, outcome.message)


def _holds_chargifys_words(case, message):
    """A link of the bank speaks for itself; else the operator reads what Chargify said."""
    if isinstance(case.body, dict) and "action_link" in case.body:
        return "3-D Secure" in message
    said = texts_of(Answer(case.status, json.dumps(case.body).encode()))
    return message.startswith("Chargify") and all(text in message for text in said)


def test_other_is_the_reason_only_where_it_is_explained():
    unexplained = [one.id for one in CASES if one.expected is RefusalReason.OTHER and not one.why]
    needless = [one.id for one in CASES if one.expected is not RefusalReason.OTHER and one.why]

    assert unexplained == needless == []


def test_every_case_has_a_name_of_its_own():
    assert len(set(IDS)) == len(IDS)
