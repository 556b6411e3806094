import threading

import pytest

from clocks import FrozenClock
from deciding import DecidingRig
from standfast.domain.visitor import BillingId, BillingIdSource
from standfast.services.errors import FieldInvalid, NotFound
from standfast.store.database import Database
from standfast.store.visitors import TraitSource, find_visitor


@pytest.fixture
def rig(embedded_database: Database, clock: FrozenClock) -> DecidingRig:
    return DecidingRig(embedded_database, clock)


@pytest.fixture
def rig_on_both(database: Database, clock: FrozenClock) -> DecidingRig:
    return DecidingRig(database, clock)


def save(rig: DecidingRig, traits, **changes):
    return rig.visitors.save(rig.app_id, "ann", traits, **changes)


def billing_id(rig: DecidingRig, **changes) -> BillingId | None:
    return rig.reading.read(rig.identity(**changes)).billing_ids.get("choosy_id")


def test_traits_are_merged_and_null_removes_one(rig_on_both: DecidingRig):
    rig = rig_on_both
    save(rig, {"plan": "gold", "seats": 3, "tags": ["a", "b"], "vip": True})

    row = save(rig, {"seats": 4.5, "vip": None})

    assert row.traits == {"plan": "gold", "seats": 4.5, "tags": ["a", "b"]}
    with rig.database.reading() as reader:
        assert find_visitor(reader, rig.app_id, "ann") == row


def test_options_not_named_stay_as_they_were(rig: DecidingRig):
    save(rig, {}, is_suppressed=True, is_test=True)

    row = save(rig, {}, is_test=False)

    assert (row.is_suppressed, row.is_test) == (True, False)


@pytest.mark.parametrize(
    ("traits", "field"),
    [
        ({"": 1}, "traits."),
        ({"1st": 1}, "traits.1st"),
        ({"page.plan": "x"}, "traits.page.plan"),
        ({"plan": {"a": 1}}, "traits.plan"),
        ({"plan": "x" * 1_001}, "traits.plan"),
        ({"n": float("inf")}, "traits.n"),
        ({"n": 2**60}, "traits.n"),
        ({"tags": ["a", 1]}, "traits.tags"),
        ({"tags": ["a"] * 101}, "traits.tags"),
        ({"choosy_id": 1.0}, "traits.choosy_id"),
        ({"choosy_id": True}, "traits.choosy_id"),
        ({"choosy_id": ["c1"]}, "traits.choosy_id"),
        ({"choosy_id": "  "}, "traits.choosy_id"),
        ({"choosy_id": "c\n1"}, "traits.choosy_id"),
        ({f"t{n}": 1 for n in range(201)}, "traits"),
    ],
)
def test_a_bad_trait_is_refused_with_its_field(rig: DecidingRig, traits, field):
    with pytest.raises(FieldInvalid) as refused:
        save(rig, traits)

    assert refused.value.field == field


def test_a_visitor_cannot_gather_more_traits_than_the_limit(rig: DecidingRig):
    save(rig, {f"t{n}": 1 for n in range(200)})

    with pytest.raises(FieldInvalid, match="at most 200"):
        save(rig, {"one_more": 1})


@pytest.mark.parametrize("user_id", ["", "x" * 129, "é" * 65, "a\x00b"])
def test_a_bad_user_id_is_refused(rig: DecidingRig, user_id: str):
    with pytest.raises(FieldInvalid) as refused:
        rig.visitors.save(rig.app_id, user_id, {})

    assert refused.value.field == "user_id"


def test_an_unknown_app_has_no_visitors(rig: DecidingRig):
    with pytest.raises(NotFound):
        rig.visitors.save("app_other", "ann", {})


def test_a_billing_id_is_kept_as_text_with_who_told_it_and_when(rig_on_both: DecidingRig):
    rig = rig_on_both
    row = save(rig, {"choosy_id": 123})

    assert row.traits["choosy_id"] == "123"
    assert row.sources == {"choosy_id": TraitSource(BillingIdSource.SERVER, rig.clock.now())}
    assert billing_id(rig) == BillingId("123", BillingIdSource.SERVER)


def test_a_removed_billing_id_is_gone_with_its_source(rig: DecidingRig):
    save(rig, {"choosy_id": "c1"})

    row = save(rig, {"choosy_id": None})

    assert (row.traits, row.sources) == ({}, {})
    assert billing_id(rig) is None


def test_of_server_and_csv_the_newest_counts(rig: DecidingRig):
    save(rig, {"choosy_id": "c1"})
    save(rig, {"choosy_id": "c2"}, source=BillingIdSource.CSV)

    assert billing_id(rig) == BillingId("c2", BillingIdSource.CSV)


def test_a_signed_billing_id_comes_before_a_stored_one(rig: DecidingRig):
    save(rig, {"choosy_id": "c1"})

    found = billing_id(rig, billing_ids={"choosy_id": "c9"})

    assert found == BillingId("c9", BillingIdSource.TOKEN)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, None),
        ({"auto_map": "no"}, None),
        ({"auto_map": "yes"}, "c1"),
        ({"auto_map": "yes", "billing_id_holds": "customer_reference"}, "ann"),
        ({"auto_map": "yes", "billing_id_holds": "subscription_id"}, None),
    ],
)
def test_auto_map_finds_the_customer_whose_reference_is_the_user_id(
    rig: DecidingRig, settings, expected
):
    rig.bill(reference="ann")
    rig.connection(settings=settings)

    found = billing_id(rig)

    assert (found.value if found else None) == expected
    assert found is None or found.source is BillingIdSource.AUTO_MAP


def test_a_stored_billing_id_comes_before_auto_map(rig: DecidingRig):
    rig.bill(reference="ann")
    rig.connection(settings={"auto_map": "yes"})
    save(rig, {"choosy_id": "c5"})

    assert billing_id(rig) == BillingId("c5", BillingIdSource.SERVER)


def test_an_unsigned_visitor_has_no_billing_id_and_no_traits(rig: DecidingRig):
    save(rig, {"choosy_id": "c1", "plan": "gold"})

    state = rig.reading.read(rig.identity(None))

    assert (state.billing_ids, state.traits, state.user_id) == ({}, {}, None)


def test_signed_claims_come_before_stored_traits(rig: DecidingRig):
    save(rig, {"plan": "tin", "seats": 3})

    state = rig.reading.read(rig.identity(claims={"plan": "gold"}))

    assert state.traits == {"plan": "gold", "seats": 3}


def test_traits_told_at_the_same_time_are_all_kept(rig_on_both: DecidingRig):
    rig = rig_on_both
    threads = [threading.Thread(target=save, args=(rig, {f"t{n}": n})) for n in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with rig.database.reading() as reader:
        row = find_visitor(reader, rig.app_id, "ann")
    assert row is not None
    assert row.traits == {f"t{n}": n for n in range(8)}
