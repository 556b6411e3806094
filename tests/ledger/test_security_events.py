"""What must be looked at by whoever looks after the app is in the audit log by itself."""

from ledger.rig import LedgerRig
from standfast.contract.actions import RefusalReason, Refused
from standfast.domain.action_run import RunState
from standfast.store.audit import AuditFilter, list_entries


def test_a_subscription_of_somebody_else_is_refused_and_noted(ledger: LedgerRig, monkeypatch):
    foreign = Refused(RefusalReason.BILLING_ID_FOREIGN, "Subscription 7 is of another customer.")
    monkeypatch.setattr(ledger.sites.connector, "perform", lambda *_: foreign)
    (run,) = ledger.click("add_coupon")

    ledger.work()

    with ledger.database.reading() as reader:
        [deed] = list_entries(reader, AuditFilter(app_id=run.app_id), offset=0, limit=9)
    assert ledger.run(run).state is RunState.REFUSED
    assert (deed.deed, deed.actor_name) == ("security.foreign_id_refused", "Standfast")
    assert (deed.subject, deed.visitor) == (run.id, "u:u1")
    assert deed.after == {"action": "add_coupon", "named": {"coupon": "TEN"}, "customer": "c1"}


def test_an_ordinary_refusal_is_no_event_of_security(ledger: LedgerRig, monkeypatch):
    said = Refused(RefusalReason.NO_SUBSCRIPTION, "They have none.")
    monkeypatch.setattr(ledger.sites.connector, "perform", lambda *_: said)
    ledger.click("add_coupon")

    ledger.work()

    with ledger.database.reading() as reader:
        assert list_entries(reader, AuditFilter(), offset=0, limit=9) == ()
