"""The bank wants to see the customer (3-D Secure). Afterwards it is there, and not made again."""

import pytest

from standfast.contract.actions import NeedsVisitor, RefusalReason, Refused, Succeeded

LINK = "https://bank.example/check/1"
# "422 when 3-D Secure is needed": the link stands beside the errors (the vendor's definition).
CHECK = {"errors": ["Card requires authentication"], "action_link": LINK, "gateway_payment_id": 1}


def an_ordered_one(site, action: str):
    """(order, the write it makes, what the bank's check brings about afterwards)."""
    customer = site.a_customer()
    if action == "create_subscription":
        order = site.order(action, customer, plan=site.plan("basic"))
        sent = {"customer_id": int(customer), "product_handle": "basic"}
        profile = site.owner("GET", f"/payment_profiles.json?customer_id={customer}")[0]
        sent |= {"payment_profile_id": profile["payment_profile"]["id"]}
        sent |= {"reference": order.reference}
        return (
            order,
            ("POST", "/subscriptions.json"),
            lambda: site.owner("POST", "/subscriptions.json", {"subscription": sent}),
        )
    subscription = site.subscribe(customer, "basic")
    path = f"/subscriptions/{subscription}"
    if action == "switch_plan":
        order = site.order(action, customer, plan=site.plan("pro"), when="now")
        sent = {"migration": {"product_id": int(site.plan("pro")), "preserve_period": True}}
        migrate = ("POST", f"{path}/migrations.json")
        return order, migrate, lambda: site.owner(*migrate, sent)
    if action == "reactivate":
        site.owner("DELETE", f"{path}.json")
        order = site.order(action, customer)
        reactivate = ("PUT", f"{path}/reactivate.json")
        return order, reactivate, lambda: site.owner(*reactivate, {"resume": True})
    site.simulator.force(int(subscription), state="past_due")
    order = site.order(action, customer)
    retry = ("PUT", f"{path}/retry.json")
    return order, retry, lambda: site.simulator.force(int(subscription), state="active")


ACTIONS = ["create_subscription", "switch_plan", "reactivate", "retry_payment"]


@pytest.mark.parametrize("action", ACTIONS)
def test_the_visitor_is_sent_to_their_bank_and_nothing_is_done(site, action):
    order, write, _ = an_ordered_one(site, action)
    before = site.subscriptions(order.billing_id)
    site.will_say(*write, 422, CHECK)

    outcome, _ = site.perform_order(order)

    assert isinstance(outcome, NeedsVisitor)
    assert outcome.link == LINK
    assert site.subscriptions(order.billing_id) == before


@pytest.mark.parametrize("action", ACTIONS)
def test_what_the_check_brought_about_is_found_and_not_done_again(site, action):
    order, write, pass_the_check = an_ordered_one(site, action)
    site.will_say(*write, 422, CHECK)
    _, desk = site.perform_order(order)
    pass_the_check()
    after = site.subscriptions(order.billing_id)
    site.simulator.clear_requests()

    outcome, _ = site.perform_order(site.again(order, desk, token="the-next-group"))

    assert isinstance(outcome, Succeeded)
    assert outcome.already
    assert [call for call in site.vendor_calls() if not call.startswith("GET")] == []
    assert site.subscriptions(order.billing_id) == after


@pytest.mark.parametrize("action", ACTIONS)
def test_who_comes_back_without_passing_it_is_asked_again(site, action):
    order, write, _ = an_ordered_one(site, action)
    site.will_say(*write, 422, CHECK)
    _, desk = site.perform_order(order)
    site.will_say(*write, 422, CHECK)

    outcome, _ = site.perform_order(site.again(order, desk, token="the-next-group"))

    assert isinstance(outcome, NeedsVisitor)


def test_a_subscription_that_failed_the_check_is_a_declined_payment(site):
    order, write, pass_the_check = an_ordered_one(site, "create_subscription")
    site.will_say(*write, 422, CHECK)
    _, desk = site.perform_order(order)
    made = pass_the_check()["subscription"]["id"]
    site.simulator.force(made, state="failed_to_create")

    outcome, _ = site.perform_order(site.again(order, desk, token="the-next-group"))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.PAYMENT_DECLINED
