"""What may be given away is given away once, to the cent, and stops when somebody says stop."""

from concurrent.futures import ThreadPoolExecutor

from journeys.rig import Rig, coupon
from journeys.shop import state_of
from standfast.domain.limits import Counter, Scope
from standfast.domain.prompt import Budget, Limits
from standfast.store.limits import find_used, list_differences

SAVES = coupon("TEN")


def test_of_three_customers_two_get_the_two_coupons_and_one_is_told(rig: Rig):
    people = [rig.customer(name) for name in ("ada", "bob", "cleo")]
    prompt = rig.offer(SAVES, limits=Limits(total=2))
    shown = [(rig.shop.identity(one), rig.show(one)) for one in people]

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda one: rig.shop.click(*one), shown))

    refused = [one["refusal"] for one in results if one.get("refusal")]
    assert [one["reason"] for one in refused] == ["limit_reached"]
    assert refused[0]["message"] == (
        "We could not make this change. Nothing was charged. This offer is used up."
    )
    with_coupon = [one for one in people if "TEN" in rig.site.subscription(one)["coupon_codes"]]
    assert len(with_coupon) == 2
    assert _used(rig, Scope.ACCEPTS, prompt) == 2
    rig.clock.advance(1)
    assert rig.shop.decide(rig.shop.identity(rig.customer("dora")))["prompts"] == []


def test_a_budget_is_charged_with_what_the_coupon_gives_away_in_a_year(rig: Rig):
    ada, bob = rig.customer("ada"), rig.customer("bob")
    # 10 % of 9.00 a month: 12 x 0.90 = 10.80; a second one does not fit into 20.00
    prompt = rig.offer(SAVES, limits=Limits(budget=Budget(2_000)))
    late = rig.shop.identity(bob), rig.show(bob)

    assert state_of(rig.accept(ada)) == "succeeded"

    assert _used(rig, Scope.BUDGET, prompt) == 1_080
    result = rig.shop.click(*late)
    assert result["refusal"]["reason"] == "budget_exhausted"
    assert rig.site.subscription(bob)["coupon_codes"] == []


def test_what_the_billing_system_refuses_gives_its_place_back(rig: Rig):
    ada, bob = rig.customer("ada"), rig.customer("bob")
    prompt = rig.offer(SAVES, limits=Limits(total=1, once_per_tag="spring"))
    shown = rig.shop.identity(ada), rig.show(ada)
    rig.site.put_coupon_on(ada, "STACK5")  # since it was shown, behind our back

    result = rig.shop.click(*shown)

    assert rig.finished(result)["state"] == "refused"
    assert _used(rig, Scope.ACCEPTS, prompt) == 0
    assert state_of(rig.accept(bob)) == "succeeded"


def _used(rig: Rig, scope: Scope, prompt: str) -> int:
    counter = Counter(scope, prompt)
    with rig.house.database.reading() as reader:
        assert list_differences(reader) == ()
        return find_used(reader, rig.shop.app, [counter]).get(counter, 0)
