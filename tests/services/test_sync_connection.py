"""Full passes on a schedule: what is new, what is gone, what is fresher, what failed."""

from dataclasses import replace

import pytest

from clocks import FrozenClock
from ledger.rig import CONNECTION, LedgerRig, WorldSites
from standfast.connectors.slots import Lane
from standfast.contract.catalogue import ItemKind, Plan
from standfast.contract.errors import CredentialsRefused, NotSent
from standfast.contract.records import CustomerBilling
from standfast.contract.testing import ScriptedConnector, World
from standfast.services.open_site import Site
from standfast.services.sync_connection import SyncConnections
from standfast.store.billing import (
    count_billing,
    find_customer_billing,
    find_customer_by_reference,
    save_fresh_billing,
)
from standfast.store.catalogue import count_items, find_items, list_items
from standfast.store.connections import Health, get_connection
from standfast.store.database import Database
from standfast.store.syncs import SyncRow, What, add_schedules, list_syncs

INTERVALS = {What.CATALOGUE: 900.0, What.RECORDS: 3600.0}


class ShrinkingConnector(ScriptedConnector):
    """Its catalogue can lose items; its reads can fail; something may happen in mid-pass."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.sold = {"gold", "silver", "c1"}
        self.failure: Exception | None = None
        self.in_mid_pass = lambda: None

    def catalogue(self, transport):
        if self.failure is not None:
            raise self.failure
        yield from (one for one in super().catalogue(transport) if one.external_id in self.sold)
        self.in_mid_pass()


class SyncRig(LedgerRig):
    def __init__(self, database: Database, clock: FrozenClock) -> None:
        super().__init__(database, clock)
        self.connector = ShrinkingConnector(self.world)
        self.syncs = SyncConnections(database, _Sites(self.connector), clock, self.durations)
        with database.writing() as transaction:
            add_schedules(transaction, CONNECTION, INTERVALS, now=clock.now())

    def pass_all(self) -> int:
        count = 0
        while self.syncs.sync_due():
            count += 1
        return count

    def row(self, what: What) -> SyncRow:
        with self.database.reading() as reader:
            return list_syncs(reader, CONNECTION)[what]

    def plans(self, **options: bool) -> list[str]:
        with self.database.reading_mirror() as mirror:
            items = list_items(mirror, CONNECTION, ItemKind.PLAN, **options)
        return [item.external_id for item in items]


class _Sites(WorldSites):
    def __init__(self, connector: ScriptedConnector) -> None:
        self.connector = connector

    def open(self, connection, lane: Lane) -> Site:
        assert lane is Lane.SYNC
        return super().open(connection, lane)


@pytest.fixture
def rig(database: Database, clock: FrozenClock) -> SyncRig:
    return SyncRig(database, clock)


def test_both_schedules_of_a_new_connection_are_due_at_once_and_then_on_time(rig: SyncRig):
    assert rig.pass_all() == 2
    assert rig.pass_all() == 0

    rig.clock.advance(900)
    assert rig.pass_all() == 1
    rig.clock.advance(2700)
    assert rig.pass_all() == 2


def test_a_pass_says_when_it_ended_and_what_it_found(rig: SyncRig):
    rig.pass_all()

    row = rig.row(What.CATALOGUE)
    assert row.succeeded_at == rig.clock.now()
    assert row.counts == {"plan": 2, "coupon": 1, "retired_now": 0}
    assert rig.row(What.RECORDS).counts == {"customers": 2, "subscriptions": 2, "gone_now": 0}


def test_an_item_that_disappears_is_retired_and_not_deleted(rig: SyncRig):
    rig.pass_all()
    rig.connector.sold.discard("gold")
    rig.clock.advance(900)

    rig.pass_all()

    assert rig.plans() == ["silver"]
    assert rig.plans(with_retired=True) == ["gold", "silver"]
    with rig.database.reading_mirror() as mirror:
        found = find_items(mirror, CONNECTION, [(ItemKind.PLAN, "gold")])
    plan = found[ItemKind.PLAN, "gold"]
    assert isinstance(plan, Plan)
    assert plan.archived_at == rig.clock.now()


def test_an_item_that_comes_back_can_be_chosen_again(rig: SyncRig):
    rig.pass_all()
    for sold in ({"silver"}, {"gold", "silver"}):
        rig.connector.sold = sold
        rig.clock.advance(900)
        rig.pass_all()

    assert rig.plans() == ["gold", "silver"]


def test_a_coupon_is_found_by_its_code_in_any_case(rig: SyncRig):
    rig.pass_all()

    with rig.database.reading_mirror() as mirror:
        found = find_items(mirror, CONNECTION, [(ItemKind.COUPON, "ten"), (ItemKind.PLAN, "no")])
        assert count_items(mirror, CONNECTION) == {"plan": 2, "coupon": 1}

    assert list(found) == [(ItemKind.COUPON, "ten")]


def test_what_an_action_taught_is_fresher_than_the_mirror_until_a_pass_has_seen_it(rig: SyncRig):
    rig.pass_all()
    before = _billing(rig)
    told = replace(before, records=(replace(before.records[0], coupon_codes=("TEN",)),))
    rig.clock.advance(1)
    with rig.database.writing() as transaction:
        save_fresh_billing(transaction, CONNECTION, told, at=rig.clock.now())
    assert _billing(rig).records[0].coupon_codes == ("TEN",)

    rig.clock.advance(3600)
    rig.pass_all()

    assert _billing(rig).records[0].coupon_codes == ()  # the biller never knew of it
    with rig.database.reading_mirror() as mirror:
        assert count_billing(mirror, CONNECTION) == {"customers": 2, "subscriptions": 2}


def test_what_is_learned_during_a_pass_outlives_it(rig: SyncRig):
    rig.pass_all()
    rig.clock.advance(3600)
    told = replace(_billing(rig), records=())

    def learn() -> None:
        rig.clock.advance(1)
        with rig.database.writing() as transaction:
            save_fresh_billing(transaction, CONNECTION, told, at=rig.clock.now())

    records = rig.connector.records
    rig.connector.records = lambda transport: (learn(), records(transport))[1]  # type: ignore[method-assign]
    rig.pass_all()

    with rig.database.reading() as core, rig.database.reading_mirror() as mirror:
        found = find_customer_billing(core, mirror, CONNECTION, "c1")
    assert found is not None
    assert found.observed_at == rig.clock.now()


def test_a_customer_is_found_by_reference_only_where_it_is_theirs(rig: SyncRig):
    rig.pass_all()

    with rig.database.reading_mirror() as mirror:
        assert find_customer_by_reference(mirror, CONNECTION, "nobody") is None


def test_a_failed_pass_is_tried_again_soon_then_ever_more_slowly(rig: SyncRig):
    rig.pass_all()
    rig.connector.failure = NotSent("down")
    rig.clock.advance(900)
    pauses = []
    for _ in range(5):
        rig.pass_all()
        row = rig.row(What.CATALOGUE)
        pauses.append((row.next_at - rig.clock.now()).total_seconds())
        rig.clock.advance(pauses[-1])

    assert pauses == [60, 120, 240, 480, 900]
    assert rig.row(What.CATALOGUE).error == "down"
    assert rig.plans() == ["gold", "silver"]  # what was known stays known


def test_a_good_pass_forgets_earlier_failures_and_mends_the_connection(rig: SyncRig):
    rig.pass_all()
    rig.clock.advance(900)
    rig.connector.failure = CredentialsRefused(401, "The key is not accepted.")
    for pause in (60, 120, 240):
        rig.pass_all()
        rig.clock.advance(pause)
    with rig.database.reading() as reader:
        assert get_connection(reader, CONNECTION).health is Health.BROKEN

    rig.connector.failure = None
    rig.clock.advance(900)
    rig.pass_all()

    with rig.database.reading() as reader:
        assert get_connection(reader, CONNECTION).health is Health.OK
    assert rig.row(What.CATALOGUE).failures == 0


def test_a_pass_that_lost_its_lease_finishes_nothing(rig: SyncRig):
    rig.pass_all()
    rig.clock.advance(900)

    def be_overtaken() -> None:
        rig.connector.in_mid_pass = lambda: None
        rig.clock.advance(301)
        assert rig.syncs.sync_due()

    rig.connector.in_mid_pass = be_overtaken
    rig.syncs.sync_due()

    row = rig.row(What.CATALOGUE)
    assert row.fence == 3
    assert row.succeeded_at == rig.clock.now()


def test_sync_now_is_due_at_once(rig: SyncRig):
    rig.pass_all()

    rig.syncs.request(CONNECTION)

    assert rig.pass_all() == 2


def _billing(rig: SyncRig) -> CustomerBilling:
    with rig.database.reading() as core, rig.database.reading_mirror() as mirror:
        found = find_customer_billing(core, mirror, CONNECTION, "c1")
    assert found is not None
    return found
