"""The one write of each action, to the letter: method, path, body, token, and if it may charge."""

from datetime import datetime, timedelta

import pytest

from connectors.chargify.stages import set_up
from standfast.contract.transport import Call, Method

FACE = {"cancellation_message": "Too dear", "reason_code": "CH1"}
BEGIN = {"resume": {"require_resume": True}}
DELETE, POST, PUT = Method.DELETE, Method.POST, Method.PUT


def sent(site, action, wish):
    """(the order, the write, the subscription as it was), for a customer it can be done to."""
    wanted = {key: site.plan(one) if key == "plan" else one for key, one in wish.items()}
    customer = set_up(site, action, wish)
    [before] = site.subscriptions(customer)
    order = site.order(action, customer, **wanted)
    [written] = site.perform_order(order)[1].written
    return order, written.call, before


# (action, wish, method, what of the subscription the path names, body, whether it may charge)
WRITES = [
    ("cancel_subscription", {"when": "now"}, DELETE, "", None, False),
    (
        "cancel_subscription",
        {"when": "now", "reason_code": "CH1", "message": "Too dear"},
        *(DELETE, "", {"subscription": FACE}, False),
    ),
    ("cancel_subscription", {}, POST, "delayed_cancel", {}, False),
    (
        "cancel_subscription",
        {"when": "end_of_period", "reason_code": "CH1"},
        *(POST, "delayed_cancel", {"subscription": {"reason_code": "CH1"}}, False),
    ),
    (
        "cancel_subscription",
        {"message": "Too dear"},
        *(POST, "delayed_cancel", {"subscription": {"cancellation_message": "Too dear"}}, False),
    ),
    (
        "add_coupon",
        {"coupon": "stack7", "when_present": "stack"},
        *(POST, "add_coupon", {"codes": ["STACK7"]}, False),
    ),
    (
        "add_coupon",
        {"coupon": "save20", "when_present": "replace"},
        *(POST, "add_coupon", {"codes": ["SAVE20"]}, False),
    ),
    ("undo_cancellation", {}, DELETE, "delayed_cancel", None, False),
    ("reactivate", {}, PUT, "reactivate", {"resume": True}, True),
    ("reactivate", {"period": "resume_or_renew"}, PUT, "reactivate", {"resume": True}, True),
    ("reactivate", {"period": "resume"}, PUT, "reactivate", BEGIN, True),
    ("reactivate", {"period": "renew"}, PUT, "reactivate", {}, True),
    ("undo_plan_change", {}, PUT, "", {"subscription": {"next_product_id": ""}}, False),
    ("resume", {}, POST, "resume", {}, True),
    ("retry_payment", {}, PUT, "retry", {}, True),
]


@pytest.mark.parametrize(("action", "wish", "method", "operation", "body", "may_charge"), WRITES)
def test_a_write_is_exactly_this(site, action, wish, method, operation, body, may_charge):
    order, call, before = sent(site, action, wish)

    path = f"/subscriptions/{before['id']}" + (f"/{operation}" if operation else "")
    token = {} if method is DELETE else {"uniqueness_token": order.token}
    json = None if body is None else {**body, **token}
    assert call == Call(method, f"{path}.json", json=json, may_charge=may_charge)


def test_replacing_names_the_code_in_the_query(site):
    customer = site.a_customer()
    subscription = site.subscribe(customer, coupons=("STACK5",))
    order = site.order("add_coupon", customer, coupon="save20", when_present="replace")

    [written] = site.perform_order(order)[1].written

    assert written.call == Call(
        POST,
        f"/subscriptions/{subscription}/add_coupon.json",
        (("code", "SAVE20"),),
        json={"uniqueness_token": order.token},
    )


@pytest.mark.parametrize("wish", [{"coupon": "stack5"}, {}])
def test_a_coupon_is_taken_off_by_its_own_code(site, wish):
    _, call, before = sent(site, "remove_coupon", wish)

    path = f"/subscriptions/{before['id']}/remove_coupon.json"
    assert call == Call(DELETE, path, (("coupon_code", "STACK5"),))


def test_a_change_of_plan_at_the_renewal(site):
    order, call, before = sent(site, "switch_plan", {"plan": "business"})

    to = {"product_id": int(site.plan("business")), "product_change_delayed": True}
    body = {"subscription": to, "uniqueness_token": order.token}
    assert call == Call(PUT, f"/subscriptions/{before['id']}.json", json=body)


@pytest.mark.parametrize(
    ("wish", "preserves"),
    [({}, True), ({"billing_date": "keep"}, True), ({"billing_date": "restart"}, False)],
)
def test_a_change_of_plan_now(site, wish, preserves):
    order, call, before = sent(site, "switch_plan", {"plan": "business", "when": "now", **wish})

    to = {"product_id": int(site.plan("business")), "preserve_period": preserves}
    body = {"migration": to, "uniqueness_token": order.token}
    path = f"/subscriptions/{before['id']}/migrations.json"
    assert call == Call(POST, path, json=body, may_charge=True)


def test_a_change_of_price_names_the_price_too(site):
    price = site.price_point("basic-yearly")
    order, call, before = sent(site, "switch_plan", {"plan": "basic", "price_point": price})

    to = {"product_id": int(site.plan("basic")), "product_price_point_id": int(price)}
    to |= {"product_change_delayed": True}
    body = {"subscription": to, "uniqueness_token": order.token}
    assert call == Call(PUT, f"/subscriptions/{before['id']}.json", json=body)


def test_a_pause_names_the_second_in_which_it_ends(site):
    order, call, before = sent(site, "pause", {"for_days": "10"})

    end = order.clicked_at.replace(microsecond=0) + timedelta(days=10)
    body = {"hold": {"automatically_resume_at": end.isoformat()}}
    path = f"/subscriptions/{before['id']}/hold.json"
    assert call == Call(POST, path, json=body | {"uniqueness_token": order.token})


def test_a_pause_until_a_day_ends_with_its_first_second_in_utc(site):
    day = (site.now() + timedelta(days=12)).date().isoformat()
    order, call, before = sent(site, "pause", {"until": day, "for_days": "3"})

    body = {"hold": {"automatically_resume_at": f"{day}T00:00:00+00:00"}}
    path = f"/subscriptions/{before['id']}/hold.json"
    assert call == Call(POST, path, json=body | {"uniqueness_token": order.token})


@pytest.mark.parametrize(("wish", "days"), [({"days": "10"}, 10), ({}, 7), ({"days": ""}, 7)])
def test_a_longer_trial_moves_the_next_charge(site, wish, days):
    order, call, before = sent(site, "extend_trial", wish)

    body = dict(call.json)
    told = datetime.fromisoformat(body.pop("subscription")["next_billing_at"])
    former = datetime.fromisoformat(before["trial_ended_at"])
    assert told == former.replace(microsecond=told.microsecond) + timedelta(days=days)
    assert body == {"uniqueness_token": order.token}
    assert (call.method, call.path) == (PUT, f"/subscriptions/{before['id']}.json")
    assert not call.may_charge


def a_profile(site, customer):
    [row] = site.owner("GET", f"/payment_profiles.json?customer_id={customer}")
    return row["payment_profile"]["id"]


@pytest.mark.parametrize("is_full", [False, True])
def test_a_new_subscription_is_ordered_with_its_reference_and_the_card(site, is_full):
    customer = site.a_customer()
    plan, price = site.plan("basic"), site.price_point("basic-yearly")
    more = {"price_point": price, "coupon": "welcome10"} if is_full else {}
    order = site.order("create_subscription", customer, plan=plan, **more)

    [written] = site.perform_order(order)[1].written

    wanted = {"product_id": int(plan), "customer_id": int(customer), "reference": order.reference}
    wanted |= {"payment_profile_id": a_profile(site, customer)}
    if is_full:
        wanted |= {"product_price_point_id": int(price), "coupon_codes": ["WELCOME10"]}
    body = {"subscription": wanted, "uniqueness_token": order.token}
    assert written.call == Call(POST, "/subscriptions.json", json=body, may_charge=True)


def test_without_a_card_none_is_named(site):
    customer = site.a_customer(card=None)
    order = site.order("create_subscription", customer, plan=site.plan("free"))

    [written] = site.perform_order(order)[1].written

    assert written.call.json["subscription"] == {
        "product_id": int(site.plan("free")),
        "customer_id": int(customer),
        "reference": order.reference,
    }


def test_creating_that_reactivates_goes_on_or_begins_anew_as_reactivating_does(site):
    wish = {"plan": "basic", "when_ended": "reactivate"}
    order, call, before = sent(site, "create_subscription", wish)

    path = f"/subscriptions/{before['id']}/reactivate.json"
    body = {"resume": True, "uniqueness_token": order.token}
    assert call == Call(PUT, path, json=body, may_charge=True)
