"""A bill change is proven, the person behind it is erased, and the rest still verifies."""

from sqlalchemy import text

from journeys.rig import Rig, coupon, until, value_of
from journeys.shop import state_of
from standfast.services.prove_change import ProveChange
from standfast.services.verify_audit import VerifyAudit
from standfast.store.database import metadata_of

USER = "ada-lovelace-1815"
EMAIL = "ada@lovelace.example"


def verifying(rig: Rig) -> VerifyAudit:
    return VerifyAudit(rig.house.database, rig.house.vault, rig.clock)


def sealed(rig: Rig) -> None:
    until(lambda: verifying(rig).state().waiting == 0, "everything is sealed")


def rows(rig: Rig) -> bytes:
    """Every value of every row of both files."""
    found: list[bytes] = []
    database = rig.house.database
    for name, reading in (("core", database.reading), ("mirror", database.reading_mirror)):
        with reading() as reader:
            for table in metadata_of(name).sorted_tables:
                every = reader.connection.execute(text(f"SELECT * FROM {table.name}"))
                found += [value_of(value) for row in every for value in row]
    return b"\n".join(found)


def test_a_change_is_proven_and_the_person_forgotten(rig: Rig) -> None:
    ada = rig.customer(USER)
    rig.offer(coupon())
    prompt, identity = rig.show(ada), rig.shop.identity(ada, traits={"email": EMAIL})
    rig.shop.decide(identity)
    clicked = rig.shop.click(identity, prompt)
    rig.finished(clicked)
    rig.house.see_visitors.flush()
    assert state_of(clicked) == "succeeded"
    assert all(one.encode() in rows(rig) for one in (USER, EMAIL))

    sealed(rig)
    house, app = rig.house, rig.shop.app
    proving = ProveChange(house.database, house.registry, verifying(rig))
    proof = "\n".join(proving.prove(app, USER).as_text(verifying(rig).whole()))
    noted = verifying(rig).state().head
    rig.wait_for_syncs()
    erased = house.erase_visitor.erase(app, USER, reason="Asked for by letter", confirmed=USER)

    for told in ("coupon TEN", "/subscriptions/", "answered", "Their seals verify", "whole chain"):
        assert told in proof
    assert (erased.interactions, erased.runs) == (1, 1)
    assert not any(one.encode() in rows(rig) for one in (USER, EMAIL))
    sealed(rig)
    assert verifying(rig).whole(noted=noted).holds


def test_somebody_who_comes_back_changes_no_bill_twice(rig: Rig) -> None:
    ada = rig.customer(USER)
    rig.offer(coupon())
    prompt, identity = rig.show(ada), rig.shop.identity(ada)
    rig.finished(rig.shop.click(identity, prompt))
    writes = rig.site.writes()
    rig.house.erase_visitor.erase(rig.shop.app, USER, reason="By letter", confirmed=USER)

    again = rig.shop.clicked(identity, prompt["token"])

    assert again.status_code == 409
    assert "answered before" in again.text
    assert rig.site.writes() == writes
