"""A webhook only says whom to read again; what is read is what counts."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from clocks import FrozenClock
from ledger.rig import CONNECTION
from services.webhook_rig import WebhookRig
from standfast.contract.actions import RetryCause
from standfast.contract.errors import CredentialsRefused
from standfast.contract.testing import Script
from standfast.domain.action_run import RunState
from standfast.services.connection_health import note_trouble
from standfast.store.billing import save_fresh_billing, save_reread_billing
from standfast.store.connections import get_connection, save_connection
from standfast.store.database import Database
from standfast.store.webhooks import claim_due_webhooks

DAY = 86_400


@pytest.fixture
def rig(database: Database, clock: FrozenClock) -> WebhookRig:
    return WebhookRig(database, clock)


def test_the_customer_named_is_read_again_and_known_at_once(rig):
    rig.deliver()
    rig.work_off()

    assert rig.plans() == ["gold"]


def test_what_the_body_says_of_the_customer_is_not_believed(rig):
    rig.deliver(customer="c2")
    rig.work_off()

    assert rig.plans("c1") == []
    assert rig.plans("c2") == ["gold"]


def test_many_webhooks_of_one_customer_are_one_reading(rig):
    for number in range(20):
        rig.deliver(str(number))
    rig.deliver("20", customer="c2")

    assert rig.work_off() == 2
    assert (rig.counts().notices, rig.counts().waiting) == (21, 0)


def test_their_order_does_not_matter(rig):
    numbers = [*range(8)] * 2
    random.Random(7).shuffle(numbers)
    for number in numbers:
        rig.deliver(str(number))
        if number % 3 == 0:
            rig.work_off()
    rig.world.add_customer("c1", plan="silver")
    rig.deliver("late")
    rig.work_off()

    assert rig.plans() == ["gold", "silver"]
    assert rig.counts().deliveries == 17


def test_one_that_comes_while_its_customer_is_read_is_read_for_again(rig):
    rig.deliver("1")
    now = rig.clock.now()
    with rig.database.writing() as transaction:
        claim_due_webhooks(transaction, now=now, until=now + timedelta(seconds=60))
    rig.deliver("2")

    assert rig.work_off() == 1
    assert rig.counts().waiting == 1


def test_what_a_dead_process_held_is_worked_off_by_another(rig):
    rig.deliver()
    now = rig.clock.now()
    with rig.database.writing() as transaction:
        claim_due_webhooks(transaction, now=now, until=now + timedelta(seconds=60))
    held = rig.work_off()
    rig.clock.advance(61)

    assert (held, rig.work_off()) == (0, 1)


def test_a_reading_begun_earlier_does_not_undo_what_was_learned_since(rig):
    rig.deliver()
    rig.work_off()
    old = rig.known()
    assert old is not None
    changed = replace(old, records=(replace(old.records[0], plan_external_id="platinum"),))
    began_at = rig.clock.now()
    rig.clock.advance(1)
    with rig.database.writing() as transaction:
        save_fresh_billing(transaction, CONNECTION, changed, at=rig.clock.now())
        save_reread_billing(transaction, CONNECTION, old, read_at=began_at)

    assert rig.plans() == ["platinum"]


def test_of_each_subscription_the_later_change_counts(rig):
    rig.deliver()
    rig.work_off()
    old = rig.known()
    assert old is not None
    record = old.records[0]
    later = replace(
        record, plan_external_id="platinum", updated_at=record.updated_at + timedelta(seconds=1)
    )
    with rig.database.writing() as transaction:
        now = rig.clock.now()
        save_fresh_billing(transaction, CONNECTION, replace(old, records=(later,)), at=now)
        save_reread_billing(transaction, CONNECTION, old, read_at=now + timedelta(seconds=1))

    assert rig.plans() == ["platinum"]


def test_a_customer_who_is_gone_is_forgotten(rig):
    rig.deliver("1")
    rig.work_off()
    rig.world.customers.remove("c1")
    rig.deliver("2")
    rig.work_off()

    assert rig.known() is None
    assert rig.counts().waiting == 0


def test_a_customer_the_site_does_not_have_changes_nothing(rig):
    rig.deliver("1")
    rig.work_off()
    rig.deliver("2", customer="of another site")
    rig.work_off()

    assert rig.plans() == ["gold"]
    assert (rig.counts().waiting, rig.counts().given_up) == (0, 0)


def test_a_site_that_cannot_be_asked_is_asked_again_after_longer_and_longer_pauses(rig):
    rig.world.reads_fail = True
    rig.deliver()
    tries = [rig.work_off()]
    for pause in (14, 1, 29, 1, 59, 1):  # 15 s, 30 s, 60 s
        rig.clock.advance(pause)
        tries.append(rig.work_off())
    rig.world.reads_fail = False
    rig.clock.advance(120)
    rig.work_off()

    assert tries == [1, 0, 1, 0, 1, 0, 1]
    assert rig.plans() == ["gold"]
    assert rig.counts().error == ""


def test_after_a_day_in_vain_it_is_given_up_with_the_reason(rig):
    rig.world.reads_fail = True
    rig.deliver()
    rig.work_off()
    rig.clock.advance(DAY)
    rig.work_off()

    assert (rig.counts().waiting, rig.counts().given_up) == (0, 1)
    assert "cannot be reached" in rig.counts().error
    assert rig.rows()[0].body == b""


def test_an_answer_nobody_planned_for_does_not_stop_the_others(rig, monkeypatch):
    read = rig.sites.connector.read_noticed

    def fails_for_c1(transport, notice):
        if notice.customer == "c1":
            raise KeyError("surprise")
        return read(transport, notice)

    monkeypatch.setattr(rig.sites.connector, "read_noticed", fails_for_c1)
    rig.deliver("1")
    rig.deliver("2", customer="c2")
    rig.work_off()

    assert rig.plans("c2") == ["gold"]
    assert (rig.counts().waiting, rig.counts().error) == (
        1,
        "Reading the customer failed with KeyError.",
    )


def test_a_broken_connection_is_not_asked(rig):
    with rig.database.writing() as transaction:
        now = rig.clock.now()
        cause = RetryCause.ACCOUNT_BLOCKED
        note_trouble(transaction, CONNECTION, cause, now=now, durations=rig.durations)
    rig.deliver()
    calls = len(rig.world.calls)
    rig.work_off()
    asked = len(rig.world.calls) - calls
    rig.mend()
    rig.clock.advance(60)
    rig.work_off()

    assert asked == 0
    assert rig.plans() == ["gold"]


def test_a_refused_key_counts_against_the_connection(rig, monkeypatch):
    def refuses(transport, notice):
        raise CredentialsRefused(401, "The key is not accepted.")

    monkeypatch.setattr(rig.sites.connector, "read_noticed", refuses)
    for number in range(3):
        rig.deliver(str(number), customer=f"c{number}")
    rig.work_off()

    assert rig.is_broken()


def test_a_run_that_waits_for_its_visitor_goes_on_after_good_news(rig):
    run = rig.waiting_click()
    rig.deliver(event="card_given")
    rig.work_off()
    rig.work()

    assert rig.run(run).state is RunState.SUCCEEDED
    assert rig.effects(run) == 1


def test_other_news_does_not_set_it_going(rig):
    run = rig.waiting_click()
    rig.deliver(event="changed")
    rig.work_off()

    assert rig.run(run).state is RunState.WAITING_FOR_VISITOR


def test_news_of_somebody_else_does_not_set_it_going(rig):
    run = rig.waiting_click()
    rig.deliver(event="card_given", customer="c2")
    rig.work_off()

    assert rig.run(run).state is RunState.WAITING_FOR_VISITOR


def test_news_that_its_own_try_made_does_not_set_it_going(rig):
    run = rig.waiting_click()
    rig.world.script(run.reference, Script.NEED_VISITOR)
    rig.deliver("1", event="card_given")
    rig.work_off()
    rig.work()
    rig.deliver("2", event="card_given")
    rig.work_off()
    after = rig.run(run)
    rig.work()

    assert after.state is RunState.WAITING_FOR_VISITOR
    assert after.tries == 2
    assert rig.effects(run) == 0


def test_a_run_whose_id_is_not_of_the_kind_the_trait_holds_is_not_meant(rig):
    run = rig.waiting_click()
    with rig.database.writing() as transaction:
        row = get_connection(transaction, CONNECTION)
        save_connection(transaction, replace(row, settings={"billing_id_holds": "subscription_id"}))
    rig.deliver(event="card_given")
    rig.work_off()

    assert rig.run(run).state is RunState.WAITING_FOR_VISITOR


def test_webhooks_long_done_are_dropped(rig):
    rig.deliver("old")
    rig.work_off()
    rig.clock.advance(31 * DAY)
    rig.deliver("new", customer="c2")
    rig.work_off()

    assert [row.id for row in rig.rows()] == ["new"]
