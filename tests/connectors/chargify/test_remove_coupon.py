import pytest

from connectors.chargify.site import NOTHING
from standfast.contract.actions import RefusalReason, Refused, Succeeded, Undoing, Unknown

REMOVE = "remove_coupon"


@pytest.mark.parametrize("code", ["STACK5", "stack5", ""])
def test_a_coupon_is_taken_off_by_its_code_or_as_the_only_one(site, code):
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=("STACK5",))

    outcome, desk = site.perform_order(site.order(REMOVE, customer, coupon=code))

    assert outcome == Succeeded(subscription, charged=NOTHING)
    assert site.subscription(subscription)["coupon_codes"] == []
    assert desk.billings[-1].records[0].coupon_codes == ()


def test_the_others_stay(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=("STACK5", "STACK7"))

    site.perform(REMOVE, customer, coupon="STACK5")

    assert site.subscription(subscription)["coupon_codes"] == ["STACK7"]


def test_of_several_none_is_guessed(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=("STACK5", "STACK7"))

    outcome, desk = site.perform_order(site.order(REMOVE, customer))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PARAMETER_INVALID
    assert "STACK5, STACK7" in outcome.message
    assert desk.written == []
    assert len(site.subscription(subscription)["coupon_codes"]) == 2


@pytest.mark.parametrize("code", ["STACK5", ""])
@pytest.mark.parametrize("there", [(), ("STACK7",)])
def test_a_coupon_that_is_not_there_is_a_success_said_so(site, code, there):
    if code == "" and there:
        pytest.skip("then the only one there is meant")
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=there)

    outcome, desk = site.perform_order(site.order(REMOVE, customer, coupon=code))

    assert isinstance(outcome, Succeeded)
    assert outcome.already
    assert desk.written == []
    assert site.subscription(subscription)["coupon_codes"] == list(there)


def test_of_two_subscriptions_the_one_with_the_coupon_is_meant(site):
    customer = site.a_customer()
    site.subscribe(customer)
    bearer = site.subscribe(customer, "business", coupons=("STACK5",))

    outcome = site.perform(REMOVE, customer, coupon="STACK5")

    assert outcome == Succeeded(bearer, charged=NOTHING)


def test_a_repeat_takes_off_no_other_coupon(site):
    """Without a chosen code the first try's is meant ever after, not the next only one."""
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=("STACK5",))
    order = site.order(REMOVE, customer)
    site.simulator.fault("DELETE", "*remove_coupon.json", "cut_after")
    outcome, desk = site.perform_order(order)
    codes = {"codes": ["STACK7"]}
    site.owner("POST", f"/subscriptions/{subscription}/add_coupon.json", codes)

    found = site.look_up(site.again(order, desk))
    again = site.perform_order(site.again(order, desk))[0]

    assert isinstance(outcome, Unknown)
    assert isinstance(found, Succeeded)
    assert isinstance(again, Succeeded)
    assert site.subscription(subscription)["coupon_codes"] == ["STACK7"]


def test_somebody_faster_is_no_refusal(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=("STACK5",))
    order = site.order(REMOVE, customer)
    site.simulator.fault("DELETE", "*remove_coupon.json", "cut_after")
    desk = site.perform_order(order)[1]
    said = {"subscription": ["This subscription does not have any coupons."]}
    site.will_say("DELETE", "*remove_coupon.json", 422, said)

    again = site.perform_order(site.again(order, desk, target=None))[0]

    assert again == Succeeded(subscription, already=True, message=again.message)


def test_the_coupon_can_be_given_back(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=("STACK5", "STACK7"))
    order = site.order(REMOVE, customer, coupon="STACK5")
    desk = site.perform_order(order)[1]

    back = site.connector.undo_of(site.again(order, desk), reference=subscription)
    site.undo(site.again(order, desk), subscription)

    assert back == Undoing(
        "add_coupon", {"coupon": "STACK5", "when_present": "stack"}, subscription
    )
    assert sorted(site.subscription(subscription)["coupon_codes"]) == ["STACK5", "STACK7"]
