"""Signed-in visitors are remembered off the decision's path, and their traits are counted."""

from dataclasses import replace

import pytest

from clocks import FrozenClock
from deciding import DecidingRig
from standfast.domain.visitor import BillingIdSource
from standfast.services.read_traits import ReadTraits
from standfast.services.see_visitors import SeeVisitors
from standfast.store.database import Database
from standfast.store.visitors import VisitorRow, find_visitor, search_visitors


@pytest.fixture
def rig(database: Database, clock: FrozenClock) -> DecidingRig:
    return DecidingRig(database, clock)


@pytest.fixture
def seeing(rig: DecidingRig) -> SeeVisitors:
    return SeeVisitors(rig.database, rig.clock)


def the_visitor(rig: DecidingRig, user_id: str = "ann") -> VisitorRow:
    with rig.database.reading() as reader:
        row = find_visitor(reader, rig.app_id, user_id)
    assert row is not None
    return row


def test_what_a_signed_token_says_is_kept_with_its_source(rig: DecidingRig, seeing: SeeVisitors):
    seeing.seen(rig.identity(claims={"plan": "gold"}, billing_ids={"choosy_id": "c1"}))

    assert seeing.flush() == 1

    row = the_visitor(rig)
    assert row.traits == {"plan": "gold", "choosy_id": "c1"}
    assert row.sources["choosy_id"].source is BillingIdSource.TOKEN
    assert row.seen_at == rig.clock.now()


def test_a_token_that_says_nothing_new_is_written_every_five_minutes_only(rig, seeing):
    ann = rig.identity(billing_ids={"choosy_id": "c1"})
    seeing.seen(ann)
    seeing.flush()
    rig.clock.advance(299)
    seeing.seen(ann)
    assert seeing.flush() == 0

    rig.clock.advance(1)
    seeing.seen(ann)

    assert seeing.flush() == 1
    assert the_visitor(rig).seen_at == rig.clock.now()
    assert the_visitor(rig).updated_at < rig.clock.now()


def test_what_the_server_told_of_other_traits_stays(rig: DecidingRig, seeing: SeeVisitors):
    rig.visitors.save(rig.app_id, "ann", {"seats": 5, "choosy_id": "c9"})
    seeing.seen(rig.identity(claims={"plan": "gold"}))
    seeing.flush()

    assert the_visitor(rig).traits == {"seats": 5, "choosy_id": "c9", "plan": "gold"}
    assert the_visitor(rig).sources["choosy_id"].source is BillingIdSource.SERVER


def test_an_unsigned_visitor_is_not_remembered(rig: DecidingRig, seeing: SeeVisitors):
    seeing.seen(replace(rig.identity(), user_id=None, anonymous_id="a1"))

    assert seeing.flush() == 0


def test_what_waits_is_written_when_the_process_ends(rig: DecidingRig, seeing: SeeVisitors):
    seeing.seen(rig.identity())

    seeing.close()

    assert the_visitor(rig).user_id == "ann"


def test_visitors_are_found_by_the_beginning_of_their_id(rig: DecidingRig):
    for user_id in ("ann", "anton", "ben", "a%"):
        rig.visitors.save(rig.app_id, user_id, {})

    with rig.database.reading() as reader:
        found = [row.user_id for row in search_visitors(reader, rig.app_id, "an")]
        literal = [row.user_id for row in search_visitors(reader, rig.app_id, "a%")]
        second = [row.user_id for row in search_visitors(reader, rig.app_id, after="ann", limit=1)]

    assert (found, literal, second) == (["ann", "anton"], ["a%"], ["anton"])


def test_the_system_trait_is_counted_by_whether_it_matches_a_customer(rig: DecidingRig):
    rig.bill()
    rig.visitors.save(rig.app_id, "ann", {"choosy_id": "c1", "seats": 5})
    rig.visitors.save(rig.app_id, "ben", {"choosy_id": "c404", "seats": "many"})
    rig.visitors.save(rig.app_id, "cleo", {})

    traits = ReadTraits(rig.database, rig.registry).read(rig.app_id)

    (system,) = traits.system
    assert (system.have, system.match, system.do_not, system.without) == (2, 1, 1, 1)
    (seats,) = traits.others
    assert (seats.key, set(seats.types), seats.visitors) == ("seats", {"number", "text"}, 2)
