"""An accept that came to nothing is no accept: the customer may see the offer again."""

from datetime import timedelta

import pytest

from ledger.rig import APP, LedgerRig
from standfast.contract.actions import RefusalReason, Refused, Succeeded
from standfast.domain.interaction import Kind
from standfast.domain.prompt import ReShowRules
from standfast.domain.re_show import may_show_again
from standfast.services.reserve_limits import hold_again
from standfast.store.interactions import count_interaction, find_interaction
from standfast.store.visitors import list_history

DECLINED = Refused(RefusalReason.PAYMENT_DECLINED, "The card was declined.")


def accepted(ledger: LedgerRig) -> str:
    """A click that counts as an accept; its interaction."""
    (run,) = ledger.click("add_coupon")
    with ledger.database.writing() as transaction:
        row = find_interaction(transaction, APP, run.interaction_id)
        assert row is not None
        count_interaction(transaction, row)
    return run.interaction_id


def history(ledger: LedgerRig):
    with ledger.database.reading() as reader:
        return list_history(reader, APP, "u:u1")["p1"]


@pytest.mark.parametrize("outcome", [DECLINED, Succeeded("7")])
def test_only_what_came_to_nothing_may_be_shown_at_the_next_visit(
    ledger: LedgerRig, monkeypatch, outcome
):
    monkeypatch.setattr(ledger.sites.connector, "perform", lambda *_: outcome)
    accepted(ledger)

    ledger.work()

    found, now = history(ledger), ledger.clock.now()
    came_to_nothing = outcome is DECLINED
    assert (found.accepted_at is None, found.last_kind is Kind.DISMISS) == (came_to_nothing,) * 2
    assert not may_show_again(ReShowRules(), found, now)
    next_visit = now + timedelta(minutes=31)
    assert may_show_again(ReShowRules(), found, next_visit) is came_to_nothing


def test_what_is_tried_again_counts_again(ledger: LedgerRig, monkeypatch):
    monkeypatch.setattr(ledger.sites.connector, "perform", lambda *_: DECLINED)
    interaction = accepted(ledger)
    ledger.work()

    with ledger.database.writing() as transaction:
        hold_again(transaction, interaction)

    found = history(ledger)
    assert (found.last_kind, found.accepted_at is None) == (Kind.ACCEPT, False)
    assert found.finals == 1
