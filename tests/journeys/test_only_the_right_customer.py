"""A bill is changed for the customer a trusted source names, or for nobody."""

from collections.abc import Callable

import pytest

from journeys.billing_site import Customer
from journeys.rig import Rig, cancel, coupon
from journeys.shop import state_of


@pytest.fixture
def database_url() -> None:
    """Who is meant is judged in Python; the store's tests hold both databases to it."""


MISNAMED: dict[str, tuple[Callable[[Rig, Customer], str], str]] = {
    "missing": (lambda rig, ada: rig.shop.identity(ada.user), "billing_id_missing"),
    "empty": (lambda rig, ada: rig.shop.identity(ada, chargify_id=""), "billing_id_missing"),
    "malformed": (
        lambda rig, ada: rig.shop.identity(ada, chargify_id="../1"),
        "billing_id_malformed",
    ),
    "a negative number": (
        lambda rig, ada: rig.shop.identity(ada, chargify_id=-5),
        "billing_id_malformed",
    ),
    "unknown": (
        lambda rig, ada: rig.shop.identity(ada, chargify_id="987654321"),
        "billing_id_unmatched",
    ),
}
each_misnaming = pytest.mark.parametrize(
    ("identify", "reason"), MISNAMED.values(), ids=MISNAMED.keys()
)


@each_misnaming
def test_who_is_not_known_to_the_biller_is_shown_no_offer(
    rig: Rig, identify: Callable[[Rig, Customer], str], reason: str
) -> None:
    ada = rig.customer()
    rig.offer(coupon())

    assert rig.shop.shown(identify(rig, ada)) == []


@each_misnaming
def test_a_click_with_an_older_token_is_refused_with_the_reason(
    rig: Rig, identify: Callable[[Rig, Customer], str], reason: str
) -> None:
    ada = rig.customer()
    rig.offer(coupon())
    prompt, mark = rig.show(ada), rig.site.mark()

    result = rig.shop.click(identify(rig, ada), prompt)

    assert result["refusal"]["reason"] == reason
    assert result["runs"] == []
    assert rig.site.calls(since=mark) == []


def test_an_id_from_unsigned_browser_data_never_counts(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(coupon())
    unsigned = {"chargify_id": str(ada.id)}

    assert rig.shop.shown(None, traits=unsigned) == []
    assert rig.shop.shown(rig.shop.identity("eve"), traits=unsigned) == []
    assert rig.shop.shown(rig.shop.identity("eve", traits=unsigned)) == []
    assert rig.shop.shown(rig.shop.identity(ada)) == ["Offer"]


def test_an_anonymous_browser_cannot_click_on_a_bill(rig: Rig) -> None:
    ada = rig.customer()
    rig.offer(coupon())
    prompt, mark = rig.show(ada), rig.site.mark()

    answer = rig.shop.clicked(None, prompt["token"])

    assert answer.status_code == 403
    assert rig.site.calls(since=mark) == []


def test_values_of_the_form_cannot_name_another_customer(rig: Rig) -> None:
    ada, eve = rig.customer("ada"), rig.customer("eve")
    rig.offer(cancel("now"))
    prompt = rig.show(eve)

    values = {"chargify_id": str(ada.id), "billing_id": str(ada.id), "plan": "1"}
    rig.shop.clicked(rig.shop.identity(eve), prompt["token"], values=values)

    assert rig.site.subscription(eve)["state"] == "canceled"
    assert rig.site.subscription(ada)["state"] == "active"


def test_the_signed_token_goes_before_what_the_server_has_stored(rig: Rig) -> None:
    ada, stored = rig.customer("ada"), rig.customer("stored")
    rig.offer(coupon())
    rig.shop.save_visitor("ada", chargify_id=stored.id)

    result = rig.accept(ada)

    assert state_of(result) == "succeeded"
    assert rig.site.subscription(ada)["coupon_codes"] == ["TEN"]
    assert rig.site.subscription(stored)["coupon_codes"] == []
    assert rig.shop.run(result)["billing_id"] == str(ada.id)


def test_what_the_server_has_stored_serves_a_token_that_names_nobody(rig: Rig) -> None:
    stored = rig.customer("ada")
    rig.offer(coupon())
    rig.shop.save_visitor("ada", chargify_id=stored.id)
    identity = rig.shop.identity("ada")
    (prompt,) = rig.shop.decide(identity)["prompts"]

    result = rig.shop.click(identity, prompt)

    assert state_of(result) == "succeeded"
    assert rig.site.subscription(stored)["coupon_codes"] == ["TEN"]


def test_a_reference_finds_its_customer(rig: Rig) -> None:
    rig.connect(billing_id_holds="customer_reference")
    ada = rig.customer("ada")
    rig.offer(coupon())
    identity = rig.shop.identity(ada, chargify_id="ref-ada")
    (prompt,) = rig.shop.decide(identity)["prompts"]

    assert state_of(rig.shop.click(identity, prompt)) == "succeeded"
    assert rig.site.subscription(ada)["coupon_codes"] == ["TEN"]
    assert rig.shop.shown(rig.shop.identity(ada, chargify_id="ref-nobody")) == []


class TestWhereTheIdIsASubscriptions:
    """`chargify_id` holds a subscription's id."""

    @pytest.fixture(autouse=True)
    def subscription_ids(self, rig: Rig) -> None:
        rig.connect(billing_id_holds="subscription_id")

    def test_that_very_subscription_is_changed_though_there_are_two(self, rig: Rig) -> None:
        ada = rig.customer()
        second = rig.site.subscribe(ada, "pro")
        rig.offer(coupon(which="newest"))
        identity = rig.shop.identity(ada, chargify_id=ada.subscription)
        (prompt,) = rig.shop.decide(identity)["prompts"]

        assert state_of(rig.shop.click(identity, prompt)) == "succeeded"
        changed = {one["id"]: one["coupon_codes"] for one in rig.site.subscriptions(ada)}
        assert changed == {ada.subscription: ["TEN"], second: []}

    def test_a_plan_is_looked_for_among_the_owners_subscriptions_only(self, rig: Rig) -> None:
        ada, eve = rig.customer("ada"), rig.customer("eve", plan="pro")
        rig.offer(cancel("now", plan=rig.site.plans["pro"]))

        identity = rig.shop.identity(ada, chargify_id=ada.subscription)

        assert rig.shop.shown(identity) == []
        assert rig.shop.shown(rig.shop.identity(eve, chargify_id=eve.subscription)) == ["Offer"]

    def test_an_unsigned_id_of_another_customers_subscription_counts_for_nothing(
        self, rig: Rig
    ) -> None:
        ada, eve = rig.customer("ada"), rig.customer("eve")
        rig.offer(cancel("now"))
        unsigned = {"chargify_id": str(ada.subscription)}
        identity = rig.shop.identity(eve, chargify_id=eve.subscription)
        (prompt,) = rig.shop.decide(identity, traits=unsigned)["prompts"]

        rig.shop.clicked(identity, prompt["token"], values=unsigned)

        assert rig.site.subscription(ada)["state"] == "active"
        assert rig.site.subscription(eve)["state"] == "canceled"

    def test_an_id_of_no_subscription_hides_the_offer_and_refuses_the_click(self, rig: Rig) -> None:
        ada = rig.customer()
        rig.offer(coupon())
        (prompt,) = rig.shop.decide(rig.shop.identity(ada, chargify_id=ada.subscription))["prompts"]
        wrong, mark = rig.shop.identity(ada, chargify_id="987654321"), rig.site.mark()

        assert rig.shop.shown(wrong) == []
        assert rig.shop.click(wrong, prompt)["refusal"]["reason"] == "billing_id_unmatched"
        assert rig.site.calls(since=mark) == []
