"""What each step leaves behind: in the journal, in the run, and of the customer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from ledger.rig import CONNECTION, LedgerRig
from standfast.contract.testing import Script
from standfast.contract.transport import Answer, Call, Method
from standfast.domain.action_run import ActionRun, RunState
from standfast.domain.attempt_chain import Entry, EntryKind
from standfast.services.connection_health import note_good_answer
from standfast.services.ledger_desk import LedgerDesk
from standfast.store.billing import find_customer_billing
from standfast.store.connections import Health, get_connection, save_connection
from standfast.store.runs import list_entries


def journal(ledger: LedgerRig, run: ActionRun) -> list[Entry]:
    with ledger.database.reading() as reader:
        return list_entries(reader, run.id)


def coupons_known(ledger: LedgerRig, customer: str = "c1") -> list[tuple[str, ...]]:
    """The customer's coupons as the next decision will know them."""
    with ledger.database.reading() as core, ledger.database.reading_mirror() as mirror:
        billing = find_customer_billing(core, mirror, CONNECTION, customer)
    return [] if billing is None else [one.coupon_codes for one in billing.records]


def test_an_intent_says_what_is_about_to_be_sent(ledger: LedgerRig):
    (run,) = ledger.click("add_coupon")

    ledger.work()

    intent = journal(ledger, run)[1]
    assert intent.kind is EntryKind.INTENT
    assert intent.at == ledger.clock.now()
    assert intent.said["target"] == ledger.run(run).target
    assert intent.said["token_group"] == 0
    assert intent.said["call"]["method"] == "POST"
    assert intent.said["call"]["body"]["reference"] == run.reference


class Answering:
    """A billing system that says yes to everything."""

    def send(self, call: Call) -> Answer:
        return Answer(200, b"{}")

    def write(self, call: Call, *, just_before: Callable[[], None]) -> Answer:
        just_before()
        return self.send(call)


def test_an_intent_keeps_what_is_to_be_changed_and_how_it_stood_before(ledger: LedgerRig):
    ledger.click("add_coupon")
    (run,) = ledger.claim()
    desk = LedgerDesk(ledger.database, ledger.clock, Answering(), run)

    desk.write(Call(Method.POST, "/subscriptions/s1"), target="s1", memo={"plan": "gold"})

    kept = ledger.run(run)
    assert (kept.target, kept.memo, kept.has_open_intent) == ("s1", {"plan": "gold"}, True)
    assert journal(ledger, run)[1].said["target"] == "s1"


def test_an_outcome_says_what_came_back_and_what_it_means(ledger: LedgerRig):
    (run,) = ledger.click("add_coupon")

    ledger.work()

    outcome = journal(ledger, run)[2].said
    assert outcome["outcome"]["is"] == "Succeeded"
    assert outcome["answer"]["status"] == 200
    assert coupons_known(ledger) == [("TEN",)]


def test_a_doubt_that_ends_well_says_so_and_brings_the_customer_as_they_are_now(
    ledger: LedgerRig,
):
    ledger.world.next(Script.LOSE_AFTER)
    (run,) = ledger.click("add_coupon")

    ledger.work_for(6)

    look_up = journal(ledger, run)[-1]
    assert look_up.kind is EntryKind.LOOK_UP
    assert look_up.said["finding"]["is"] == "Succeeded"
    assert coupons_known(ledger) == [("TEN",)]


def test_a_lost_worker_and_its_last_word_stand_in_the_journal(ledger: LedgerRig):
    (run,) = ledger.click("add_coupon")
    (stalled,) = ledger.claim(owner="w1")
    ledger.clock.advance(31)
    ledger.work()

    ledger.actions.advance(stalled)

    stale = journal(ledger, run)[-1]
    assert (stale.kind, stale.fence, stale.said) == (EntryKind.STALE, 1, {"fence": 1})
    assert stale.at == ledger.clock.now()


def test_what_waits_for_a_broken_connection_says_so_once_and_looks_again_later(
    ledger: LedgerRig,
):
    _break(ledger, "The key is refused.")
    (run,) = ledger.click("cancel_subscription")

    ledger.work()
    first = ledger.run(run)
    ledger.clock.advance(ledger.durations.broken_pause)
    ledger.work()

    pause = timedelta(seconds=ledger.durations.broken_pause)
    assert first.state is RunState.RETRYING
    assert first.result.message == "The key is refused."
    assert first.due_at == run.created_at + pause
    assert (first.tries, first.lease_until) == (0, None)
    assert ledger.run(run).due_at == run.created_at + 2 * pause
    (_, waits) = journal(ledger, run)
    assert (waits.kind, waits.said) == (EntryKind.CHANGED, {"waits_for": "connection"})
    assert waits.at == run.created_at
    assert _writes(ledger) == 0


def test_what_waits_for_a_broken_connection_never_waits_beyond_its_deadline(ledger: LedgerRig):
    _break(ledger, "The key is refused.")
    (run,) = ledger.click("add_coupon")
    ledger.clock.advance(ledger.durations.money_deadline - 1)

    ledger.work()

    assert ledger.run(run).due_at == run.deadline_at


def test_what_was_given_up_says_that_nothing_came_of_it(ledger: LedgerRig):
    (run,) = ledger.click("add_coupon")
    ledger.clock.advance(ledger.durations.money_deadline)

    ledger.work()

    last = journal(ledger, run)[-1]
    assert (last.kind, last.state, last.said) == (EntryKind.CHANGED, "failed", {})


def test_a_step_that_was_stopped_names_the_one_it_would_have_followed(ledger: LedgerRig):
    ledger.world.next(Script.DECLINE)
    first, second = ledger.click("add_coupon", "create_subscription")

    ledger.work()

    last = journal(ledger, second)[-1]
    assert (last.kind, last.state) == (EntryKind.CHANGED, "cancelled")
    assert last.said == {"after": first.id}
    assert last.at == ledger.clock.now()
    assert ledger.run(first).state is RunState.REFUSED


def test_a_step_that_may_fail_stops_nobody(ledger: LedgerRig):
    ledger.world.next(Script.DECLINE)
    _, second = ledger.click("add_coupon", "create_subscription", stop_on_error=False)

    ledger.work()

    assert ledger.run(second).state is RunState.SUCCEEDED


def _break(ledger: LedgerRig, detail: str) -> None:
    with ledger.database.writing() as transaction:
        note_good_answer(transaction, CONNECTION, now=ledger.clock.now())
        row = get_connection(transaction, CONNECTION)
        save_connection(transaction, replace(row, health=Health.BROKEN, health_detail=detail))


def _writes(ledger: LedgerRig) -> int:
    return sum(1 for call in ledger.world.calls if call.json is not None)
