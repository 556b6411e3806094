"""What happens at Chargify is known here at once; its webhooks come signed, late and repeated."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from journeys.billing_site import GOOD, Customer
from journeys.rig import Rig, cancel, coupon, until
from journeys.shop import state_of
from standfast.connectors.chargify import webhooks
from standfast.store.billing import find_customer_billing
from standfast.store.webhooks import InboxCounts, count_inbox

SHARED_KEY = "shared-key"
AWAY_SECONDS = 10


@dataclass(frozen=True)
class Listening:
    """`rig` hears what happens at its site."""

    rig: Rig

    def deliver(self) -> InboxCounts:
        """Chargify sends all it has to tell; how things stand when it is worked off."""
        self.rig.site.chargify.deliver_webhooks()
        until(lambda: self.counts().waiting == 0, "the webhooks are worked off")
        return self.counts()

    def counts(self) -> InboxCounts:
        with self.rig.house.database.reading() as reader:
            return count_inbox(reader, self.rig.connection_id())

    def known(self, who: Customer) -> dict[str, str]:
        """The states of their subscriptions, as the next decision sees them."""
        database = self.rig.house.database
        with database.reading() as core, database.reading_mirror() as mirror:
            found = find_customer_billing(core, mirror, self.rig.connection_id(), str(who.id))
        return {one.external_id: one.state for one in found.records} if found else {}

    def truth(self, who: Customer) -> dict[str, str]:
        return {str(one["id"]): one["state"] for one in self.rig.site.subscriptions(who)}


def listening(rig: Rig, **settings: str) -> Listening:
    rig.connect(shared_key=SHARED_KEY, **settings)
    address = f"{rig.shop.client.base_url}/hooks/chargify/{rig.connection_id()}"
    endpoint = {"url": address, "webhook_subscriptions": list(webhooks.SPEC.events)}
    rig.site.post("/endpoints.json", endpoint=endpoint)
    return Listening(rig)


def test_what_the_merchant_does_at_chargify_is_known_without_a_sync(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    hears = listening(rig)
    rig.wait_for_syncs()
    before = rig.shop.shown(rig.shop.identity(ada))

    rig.site.cancel(ada)
    hears.deliver()

    assert before == ["Offer"]
    assert rig.shop.shown(rig.shop.identity(ada)) == []
    assert hears.known(ada) == hears.truth(ada)


def test_shuffled_late_and_repeated_webhooks_end_in_the_truth(rig: Rig) -> None:
    people = [rig.customer(user) for user in ("ada", "bob", "cy", "dee")]
    rig.offer(coupon())
    hears = listening(rig)
    rig.wait_for_syncs()
    rig.site.chargify.settings(webhook_copies=3, webhook_shuffle_seed=7)

    for number, who in enumerate(people):
        for _ in range(number):
            rig.site.cancel(who)
            rig.site.client.put(f"/subscriptions/{who.subscription}/reactivate.json")
        rig.site.subscribe(who, "backup")
    counts = hears.deliver()

    assert [hears.known(who) for who in people] == [hears.truth(who) for who in people]
    assert counts.deliveries == 3 * counts.notices > 30
    assert counts.given_up == 0


def test_many_webhooks_of_one_customer_cost_few_readings(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(coupon())
    hears = listening(rig)
    rig.wait_for_syncs()
    mark = rig.site.mark()

    for _ in range(10):
        rig.site.cancel(ada)
        rig.site.client.put(f"/subscriptions/{ada.subscription}/reactivate.json")
    counts = hears.deliver()

    assert 0 < len(rig.site.calls(since=mark)) < counts.notices
    assert rig.site.writes(since=mark) == []


@pytest.mark.parametrize("holds", ["customer_id", "customer_reference", "subscription_id"])
def test_who_signs_up_at_chargify_is_offered_things_at_once(rig: Rig, holds: str) -> None:
    rig.connect(billing_id_holds=holds)
    rig.offer(coupon())
    hears = listening(rig)
    rig.wait_for_syncs()

    zoe = rig.customer("zoe")
    ids = {
        "customer_id": zoe.id,
        "customer_reference": "ref-zoe",
        "subscription_id": zoe.subscription,
    }
    hears.deliver()

    assert rig.shop.shown(rig.shop.identity("zoe", chargify_id=str(ids[holds]))) == ["Offer"]


def _clicked_without_a_card(rig: Rig) -> tuple[Customer, Mapping[str, Any]]:
    """Ada has a free plan and no card, and wants the one that costs."""
    ada = rig.customer(plan="free", card=None)
    rig.offer(rig.create("pro"))
    result = rig.accept(ada)
    assert state_of(result) == "waiting_for_visitor"
    rig.clock.advance(AWAY_SECONDS)
    return ada, result


def _gives_card(rig: Rig, who: Customer) -> None:
    """In Chargify's own portal; Standfast has no part in it."""
    card = {"full_number": GOOD, "expiration_month": 12, "expiration_year": 2044}
    body = {"subscription": {"credit_card_attributes": card}}
    rig.site.client.put(f"/subscriptions/{who.subscription}.json", json=body).raise_for_status()


def test_who_gives_a_card_elsewhere_gets_what_they_clicked(rig: Rig) -> None:
    ada, result = _clicked_without_a_card(rig)
    hears = listening(rig)

    _gives_card(rig, ada)
    hears.deliver()
    until(lambda: rig.shop.run(result)["state"] == "succeeded", "the click is done")

    assert rig.site.writes() == ["POST /subscriptions.json"]
    assert sorted(hears.truth(ada).values()) == ["active", "active"]


def test_a_card_webhook_delivered_often_makes_one_subscription(rig: Rig) -> None:
    ada, result = _clicked_without_a_card(rig)
    hears = listening(rig)
    rig.site.chargify.settings(webhook_copies=3, webhook_shuffle_seed=3)

    for _ in range(3):
        _gives_card(rig, ada)
    hears.deliver()
    until(lambda: rig.shop.run(result)["state"] == "succeeded", "the click is done")
    hears.deliver()

    assert rig.site.writes() == ["POST /subscriptions.json"]
    assert hears.known(ada) == hears.truth(ada)


def test_other_news_of_a_waiting_customer_sets_nothing_going(rig: Rig) -> None:
    ada, result = _clicked_without_a_card(rig)
    hears = listening(rig)

    rig.site.post("/customers.json", customer={"first_name": "B", "last_name": "C", "email": "b@c"})
    rig.site.client.put(f"/customers/{ada.id}.json", json={"customer": {"first_name": "Augusta"}})
    hears.deliver()

    assert rig.shop.run(result)["state"] == "waiting_for_visitor"
    assert rig.site.writes() == []


def test_with_a_wrong_key_nothing_is_believed_and_the_right_one_catches_up(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    hears = listening(rig)
    rig.connect(shared_key="mistyped")
    rig.wait_for_syncs()

    rig.site.cancel(ada)
    rig.site.chargify.deliver_webhooks()
    unheard = hears.counts().notices
    rig.connect(shared_key=f"mistyped, {SHARED_KEY}")
    rig.wait_for_syncs()
    sent = rig.site.get("/webhooks.json?status=pending") + rig.site.get(
        "/webhooks.json?status=failed"
    )
    rig.site.post("/webhooks/replay.json", ids=[one["webhook"]["id"] for one in sent])
    hears.deliver()

    assert unheard == 0
    assert hears.counts().notices > 0
    assert hears.known(ada) == hears.truth(ada)


def test_webhooks_that_come_while_chargify_is_down_are_worked_off_afterwards(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(cancel("now"))
    hears = listening(rig)
    rig.wait_for_syncs()
    rig.site.cancel(ada)
    fault = rig.site.chargify.fault("GET", f"/customers/{ada.id}/*", "status", status=500, times=3)

    hears.deliver()

    assert fault
    assert hears.counts().error == ""
    assert hears.known(ada) == hears.truth(ada)


def _clicked_and_sent_to_the_bank(rig: Rig) -> tuple[Customer, Mapping[str, Any]]:
    """3-D Secure: Chargify answers with where the customer must go."""
    ada = rig.customer(plan=None)
    rig.offer(rig.create("pro"))
    check = {"errors": ["Card requires authentication"], "action_link": "https://bank.example/1"}
    rig.site.chargify.fault(
        "POST",
        "/subscriptions.json",
        "status",
        status=422,
        body=json.dumps(check),
        content_type="application/json",
    )
    result = rig.accept(ada)
    assert [one["link"] for one in result["runs"]] == ["https://bank.example/1"]
    rig.clock.advance(AWAY_SECONDS)
    return ada, result


def _passes_the_check(rig: Rig, who: Customer, result: Mapping[str, Any]) -> None:
    """ "On success the subscription exists later", with the reference it was ordered with."""
    profile = rig.site.get(f"/payment_profiles.json?customer_id={who.id}")[0]["payment_profile"]
    rig.site.post(
        "/subscriptions.json",
        subscription={
            "customer_id": who.id,
            "product_handle": "pro",
            "payment_profile_id": profile["id"],
            "reference": f"sf-{result['runs'][0]['id']}",
        },
    )


def test_what_the_banks_check_made_is_found_by_its_webhook_and_not_made_again(rig: Rig) -> None:
    ada, result = _clicked_and_sent_to_the_bank(rig)
    hears = listening(rig)

    _passes_the_check(rig, ada, result)
    hears.deliver()
    until(lambda: rig.shop.run(result)["state"] == "succeeded", "the click is done")

    assert len(rig.site.subscriptions(ada)) == 1
    assert len(rig.site.writes()) == 1  # the one that the bank answered


def test_who_returns_from_the_bank_is_told_at_once_without_a_webhook(rig: Rig) -> None:
    ada, result = _clicked_and_sent_to_the_bank(rig)

    _passes_the_check(rig, ada, result)
    rig.shop.follow(result, wait_ms=0)
    late = rig.shop.follow(result)

    assert state_of(late) == "succeeded"
    assert len(rig.site.subscriptions(ada)) == 1
    assert len(rig.site.writes()) == 1


def test_a_webhook_a_day_later_finds_the_click_cancelled(rig: Rig) -> None:
    ada, result = _clicked_and_sent_to_the_bank(rig)
    hears = listening(rig)
    rig.clock.advance(25 * 3600)
    until(lambda: rig.shop.run(result)["state"] == "cancelled", "the click is given up")

    rig.site.subscribe(ada, "basic")
    hears.deliver()

    assert rig.shop.run(result)["state"] == "cancelled"
    assert len(rig.site.subscriptions(ada)) == 1
    assert len(rig.site.writes()) == 1


def test_what_a_webhook_told_of_a_person_is_not_kept(rig: Rig) -> None:
    ada = rig.customer()
    hears = listening(rig)
    rig.wait_for_syncs()

    rig.site.cancel(ada)
    hears.deliver()
    kept = rig.everything_stored()

    told = rig.site.get("/webhooks.json")[0]["webhook"]["body"]
    assert "ada%40example.com" in told
    for secret in ("ada@example.com", "ada%40example.com", "Lovelace", SHARED_KEY):
        assert secret.encode() not in kept
