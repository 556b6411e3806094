"""Every refusal of chargify-api.md, 3.9 to 3.15, becomes a reason and a sentence."""

import json

import pytest

from connectors.chargify.refusals import CASES, PORTAL, PORTAL_REFUSALS
from connectors.chargify.stages import OTHER_WRITES, WRITES, named, set_up
from standfast.connectors.chargify.errors import texts_of
from standfast.contract.actions import NeedsVisitor, RefusalReason, Refused, Succeeded
from standfast.contract.transport import Answer

IDS = [case.id for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_what_chargify_refuses_is_told_with_reason_and_sentence(site, case):
    customer = set_up(site, case.action, case.wish)
    site.will_say(*case.write, case.status, case.body)

    outcome, desk = site.perform_order(site.order(case.action, customer, **named(site, case.wish)))

    assert len(desk.written) == 1
    if case.expected is Succeeded:
        assert isinstance(outcome, Succeeded)
        assert outcome.already
        return
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


ASKED_FOR_A_METHOD = [
    one for one in CASES if one.expected is NeedsVisitor and "three_d_secure" not in one.id
]


@pytest.mark.parametrize("said", PORTAL_REFUSALS.values(), ids=PORTAL_REFUSALS.keys())
@pytest.mark.parametrize("case", ASKED_FOR_A_METHOD, ids=lambda case: case.id)
def test_who_must_give_a_payment_method_is_told_so_without_a_portal(site, case, said):
    customer = set_up(site, case.action, case.wish)
    site.will_say(*case.write, case.status, case.body)
    site.will_say(*PORTAL, *said)

    outcome = site.perform(case.action, customer, **named(site, case.wish))

    assert isinstance(outcome, NeedsVisitor)
    assert outcome.link is None
    assert _holds_chargifys_words(case, outcome.message)


def test_every_write_has_a_refusal():
    told = {case.write for case in CASES}

    assert {case.action for case in CASES} == WRITES.keys()
    assert told == {*WRITES.values(), *OTHER_WRITES.values()}


def test_other_is_the_reason_only_where_it_is_explained():
    unexplained = [one.id for one in CASES if one.expected is RefusalReason.OTHER and not one.why]
    needless = [one.id for one in CASES if one.expected is not RefusalReason.OTHER and one.why]

    assert unexplained == needless == []


def test_every_case_has_a_name_of_its_own():
    assert len(set(IDS)) == len(IDS)
