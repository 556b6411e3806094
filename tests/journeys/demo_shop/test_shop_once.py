"""However often and wherever somebody clicks: the bill changes once."""

from playwright.sync_api import expect

from journeys.demo_shop.stage import Customer


def test_a_double_click_starts_one_plan(demo, customer) -> None:
    customer.sign_in("Nora", "/pricing")

    customer.dialog.get_by_role("button", name="Start Pro").dblclick()

    customer.is_told("Welcome to Pro")
    assert len(demo.subscriptions("nora")) == 1
    assert len(demo.writes("/subscriptions.json")) == 1


def test_two_tabs_add_one_coupon_and_both_are_told_so(demo, customer) -> None:
    customer.sign_in("Ben", "/account")
    other = Customer(demo, customer.page.context.new_page())
    other.go("/account")
    expect(customer.dialog).to_be_visible()
    expect(other.dialog).to_be_visible()

    customer.choose("Take 30% off")
    other.choose("Take 30% off")

    customer.is_told("Your next three payments are $6.30 each")
    other.is_told("Your next three payments are $6.30 each")
    assert [one["coupon_codes"] for one in demo.subscriptions("ben")] == [["STAY30"]]
    assert len(demo.writes("/add_coupon.json")) == 1


def test_the_second_choice_ends_the_plan_at_once(demo, customer) -> None:
    customer.sign_in("Paula", "/account")
    customer.page.get_by_role("button", name="Cancel plan").click()

    customer.choose("Cancel now")

    customer.is_told("Your plan is cancelled")
    assert [one["state"] for one in demo.subscriptions("paula")] == ["canceled"]
    expect(customer.plan).to_contain_text("Cancelled")
