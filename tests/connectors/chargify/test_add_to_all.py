"""A coupon on all of a customer's subscriptions that match: a run for each, or a refusal."""

from dataclasses import replace

import pytest

from connectors.chargify.site import NOTHING
from standfast.contract.actions import RefusalReason, Refused, Succeeded
from standfast.contract.catalogue import KIND_OF, Money

ADD = "add_coupon"
TO_ALL = {"coupon": "SAVE20", "which": "all"}


def billing(site, billing_id):
    return site.connector.read_customer(site.transport(), site.settings, billing_id)


def items(site):
    return {(KIND_OF[type(one)], one.external_id): one for one in _catalogue(site)}


def _catalogue(site):
    return site.connector.catalogue(site.transport())


def spread(site, billing_id, **wanted):
    return site.connector.spread(
        ADD,
        TO_ALL | wanted,
        billing=billing(site, billing_id),
        billing_id=billing_id,
        settings=site.settings,
    )


def meant(site, billing_id, **wanted):
    """The subscriptions that the runs name, in their order."""
    return [one["subscription"] for one in spread(site, billing_id, **wanted)]


def obstacle(site, customer, **wanted):
    found = site.connector.obstacle(
        ADD, TO_ALL | wanted, billing=billing(site, customer), items=items(site), now=site.now()
    )
    return None if found is None else found.reason


def discount(site, customer, **wanted):
    return site.connector.discount(
        ADD, TO_ALL | wanted, billing=billing(site, customer), items=items(site)
    )


def coupons(site, customer):
    return {str(one["id"]): one["coupon_codes"] for one in site.subscriptions(customer)}


@pytest.fixture
def customer(site):
    return site.a_customer()


def test_each_subscription_gets_a_set_of_its_own_oldest_first(site, customer):
    mine = [site.subscribe(customer, plan) for plan in ("basic", "business", "basic")]

    sets = spread(site, customer, when_present="stack")

    common = {"coupon": "SAVE20", "when_present": "stack", "which": "refuse"}
    assert sets == tuple({**common, "subscription": one} for one in mine)


def test_each_set_is_done_to_its_own_subscription_and_taken_back_from_it_alone(site, customer):
    first, second = site.subscribe(customer), site.subscribe(customer)
    orders = [site.order(ADD, customer, **one) for one in spread(site, customer)]

    done = [site.perform_order(one) for one in orders]

    assert [outcome for outcome, _ in done] == [
        Succeeded(one, charged=NOTHING) for one in (first, second)
    ]
    assert [desk.target for _, desk in done] == [first, second]
    assert isinstance(site.undo(site.again(orders[0], done[0][1]), first), Succeeded)
    assert coupons(site, customer) == {first: [], second: ["SAVE20"]}


def test_what_takes_no_coupon_or_has_it_already_is_left_out(site, customer):
    mine = [site.subscribe(customer) for _ in range(2)]
    site.subscribe(customer, coupons=("SAVE20",))
    site.owner("DELETE", f"/subscriptions/{site.subscribe(customer)}.json")

    assert meant(site, customer) == mine
    assert meant(site, customer, coupon="save20") == mine


def test_a_plan_narrows_it(site, customer):
    mine = [site.subscribe(customer, "basic") for _ in range(2)]
    site.subscribe(customer, "business")

    assert meant(site, customer, plan=site.plan("basic")) == mine


@pytest.mark.parametrize("how", ["unknown", "one", "one left", "named", "refuse"])
def test_where_there_are_not_several_the_order_stays_as_it_is(site, customer, how):
    mine = site.subscribe(customer)
    wanted = dict(TO_ALL)
    match how:
        case "one left":
            site.subscribe(customer, coupons=("SAVE20",))
        case "named":
            site.subscribe(customer)
            wanted["subscription"] = mine
        case "refuse":
            site.subscribe(customer)
            wanted["which"] = "refuse"
        case _:
            pass
    known = None if how == "unknown" else billing(site, customer)

    told = site.connector.spread(
        ADD, wanted, billing=known, billing_id=customer, settings=site.settings
    )

    assert told == (wanted,)


def test_the_subscription_that_the_trait_names_is_meant_alone(site, customer):
    held, other = site.subscribe(customer), site.subscribe(customer)
    site.holds = "subscription_id"

    assert spread(site, held) == (TO_ALL,)
    assert site.perform(ADD, held, **TO_ALL) == Succeeded(held, charged=NOTHING)
    assert coupons(site, customer) == {held: ["SAVE20"], other: []}


@pytest.mark.parametrize("named", ["theirs", "nobody's"])
def test_what_is_named_is_judged_by_the_ordinary_rules_whatever_plan_stands_beside_it(
    site, customer, named
):
    mine = [site.subscribe(customer, "basic") for _ in range(2)]
    subscription = mine[0] if named == "theirs" else "999999999"
    wanted = {"plan": site.plan("basic"), "subscription": subscription}

    assert spread(site, customer, **wanted) == (TO_ALL | wanted,)


def test_beside_a_plan_the_trait_names_the_customer(site, customer):
    mine = [site.subscribe(customer) for _ in range(2)]
    site.holds = "subscription_id"

    assert meant(site, mine[0], plan=site.plan("basic")) == mine


def test_several_that_nobody_knew_at_the_click_are_listed_and_left_alone(site, customer):
    mine = [site.subscribe(customer) for _ in range(2)]

    outcome = site.perform(ADD, customer, **TO_ALL)

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.SEVERAL_SUBSCRIPTIONS
    assert all(one in outcome.message for one in mine)
    assert coupons(site, customer) == {one: [] for one in mine}


def test_even_the_one_the_trait_names_is_not_taken_for_all_of_a_plan(site, customer):
    mine = [site.subscribe(customer) for _ in range(2)]
    site.holds = "subscription_id"

    outcome = site.perform(ADD, mine[0], plan=site.plan("basic"), **TO_ALL)

    assert isinstance(outcome, Refused)
    assert coupons(site, customer) == {one: [] for one in mine}


def test_the_last_one_without_it_completes_all(site, customer):
    has_it, lacks_it = site.subscribe(customer, coupons=("SAVE20",)), site.subscribe(customer)

    outcome = site.perform(ADD, customer, **TO_ALL)

    assert outcome == Succeeded(lacks_it, charged=NOTHING)
    assert coupons(site, customer) == {has_it: ["SAVE20"], lacks_it: ["SAVE20"]}


def test_a_try_that_may_have_happened_means_the_same_subscription_ever_after(site, customer):
    site.subscribe(customer, coupons=("SAVE20",))
    meant_one = site.subscribe(customer)
    order = site.order(ADD, customer, **TO_ALL)
    site.simulator.fault("POST", "*add_coupon.json", "cut_after")
    desk = site.perform_order(order)[1]
    late = site.subscribe(customer)

    again = site.perform_order(site.again(order, desk))[0]

    assert isinstance(again, Succeeded)
    assert (again.reference, again.already) == (meant_one, True)
    assert coupons(site, customer)[late] == []


def test_where_each_has_it_a_click_is_a_success_and_nobody_is_offered_it(site, customer):
    for _ in range(2):
        site.subscribe(customer, coupons=("SAVE20",))

    outcome = site.perform(ADD, customer, **TO_ALL)

    assert isinstance(outcome, Succeeded)
    assert outcome.already
    assert obstacle(site, customer) is RefusalReason.ALREADY_DONE
    assert discount(site, customer) is None


def test_more_than_one_click_may_change_are_refused_and_listed(site, customer):
    mine = [site.subscribe(customer) for _ in range(11)]

    outcome = site.perform(ADD, customer, **TO_ALL)

    assert spread(site, customer) == (TO_ALL,)
    assert obstacle(site, customer) is RefusalReason.SEVERAL_SUBSCRIPTIONS
    assert isinstance(outcome, Refused)
    assert outcome.message.startswith("One click is done to at most 10, and these match: ")
    assert outcome.message.endswith(" and 1 more. Choose a plan.")
    assert all(one in outcome.message for one in mine[:10])


def test_ten_are_done(site, customer):
    mine = [site.subscribe(customer) for _ in range(10)]

    assert meant(site, customer) == mine
    assert obstacle(site, customer) is None


def test_it_is_offered_where_every_one_of_them_can_take_it(site, customer):
    for _ in range(2):
        site.subscribe(customer)
    assert obstacle(site, customer) is None

    site.subscribe(customer, coupons=("STACK5",))

    assert obstacle(site, customer) is RefusalReason.COUPON_PRESENT
    assert obstacle(site, customer, when_present="replace") is None


def test_one_of_another_family_stands_in_its_way_until_a_plan_is_chosen(site, customer):
    for _ in range(2):
        site.subscribe(customer, "basic")
    site.subscribe(customer, "priority-support")

    assert obstacle(site, customer) is RefusalReason.COUPON_NOT_FOR_PLAN
    assert obstacle(site, customer, plan=site.plan("basic")) is None


def test_it_gives_away_what_it_does_to_each_that_lacks_it(site, customer):
    for plan in ("basic", "business"):
        site.subscribe(customer, plan)
    site.subscribe(customer, "business", coupons=("SAVE20",))

    told = discount(site, customer)

    # 20 % of 9.00 and of 99.00, twelve times each
    assert told == Money(12 * 180 + 12 * 1_980, "USD")
    each = [discount(site, customer, **one) for one in spread(site, customer)]
    assert sum(one.amount_in_cents for one in each) == told.amount_in_cents


def test_one_price_that_is_not_known_leaves_the_sum_unknown(site, customer):
    for _ in range(2):
        site.subscribe(customer)
    known = billing(site, customer)
    first, second = known.records
    unpriced = replace(known, records=(first, replace(second, price=None)))

    told = site.connector.discount(ADD, TO_ALL, billing=unpriced, items=items(site))

    assert isinstance(told, Refused)
    assert told.reason is RefusalReason.PLAN_UNKNOWN


def test_other_actions_are_never_spread(site, customer):
    for _ in range(2):
        site.subscribe(customer)
    known = billing(site, customer)

    for spec in site.connector.spec.actions:
        wanted = TO_ALL
        told = site.connector.spread(
            spec.key, wanted, billing=known, billing_id=customer, settings=site.settings
        )
        assert len(told) == (2 if spec.spread else 1), spec.key
        assert bool(spec.spread) is (spec.key == ADD), spec.key
