"""A click in the shop changes the bill, and the customer sees it: in the prompt and in the shop."""

from playwright.sync_api import expect


def test_an_upgrade_is_on_the_bill_and_in_the_account(demo, customer) -> None:
    customer.sign_in("Nora", "/pricing")
    expect(customer.dialog).to_contain_text("$290 today")

    customer.choose("Start Pro for $290 a year")

    customer.is_told("Welcome to Pro")
    [subscription] = demo.subscriptions("nora")
    assert subscription["state"] == "active"
    assert subscription["total_revenue_in_cents"] == 29_000
    customer.choose("Done")
    customer.go("/account")
    expect(customer.plan).to_contain_text("Pro, yearly")
    expect(customer.plan).to_contain_text("$290.00 a year")


def test_a_loyalty_offer_lowers_the_next_payment_before_the_customers_eyes(demo, customer) -> None:
    customer.sign_in("Ben", "/account")
    expect(customer.plan).to_contain_text("$9.00 a month")

    customer.choose("Take 30% off")

    customer.is_told("Your next three payments are $6.30 each")
    assert [one["coupon_codes"] for one in demo.subscriptions("ben")] == [["STAY30"]]
    expect(customer.plan).to_contain_text("STAY30")
    expect(customer.plan).to_contain_text("$6.30 instead of $9.00")


def test_a_customer_who_thinks_twice_keeps_the_plan_and_may_still_cancel_it(demo, customer) -> None:
    customer.sign_in("Paula", "/account")
    cancel = customer.page.get_by_role("button", name="Cancel plan")

    cancel.click()
    customer.choose("Keep my plan")
    expect(customer.dialog).to_have_count(0)
    kept = demo.subscriptions("paula")
    cancel.click()
    customer.choose("Cancel at period end")

    customer.is_told("Your plan is cancelled")
    assert [(one["state"], one["cancel_at_end_of_period"]) for one in kept] == [("active", False)]
    [subscription] = demo.subscriptions("paula")
    assert (subscription["state"], subscription["cancel_at_end_of_period"]) == ("active", True)
    expect(customer.plan).to_contain_text("Ending")
    expect(customer.plan).to_contain_text("Yours until")
    expect(cancel).to_have_count(0)
