"""An offer is shown to those it can be kept for, and says what is missing where something is."""

from playwright.sync_api import expect


def test_somebody_whom_billing_does_not_know_is_offered_nothing(customer) -> None:
    customer.sign_in("Sam", "/pricing")
    customer.sees_nothing()

    customer.go("/account")

    customer.sees_nothing()
    expect(customer.plan).to_contain_text("Staff")


def test_somebody_who_leaves_is_offered_no_discount_and_cannot_cancel_twice(customer) -> None:
    customer.sign_in("Carl", "/account")

    customer.sees_nothing()

    expect(customer.plan).to_contain_text("Yours until")
    expect(customer.page.get_by_role("button", name="Cancel plan")).to_have_count(0)


def test_somebody_with_a_plan_is_not_sold_a_second_one(customer) -> None:
    customer.sign_in("Paula", "/pricing")

    customer.sees_nothing()


def test_whoever_says_no_keeps_what_they_have(demo, customer) -> None:
    before = demo.subscriptions("ben")
    customer.sign_in("Ben", "/account")

    customer.choose("No, thank you")

    expect(customer.dialog).to_have_count(0)
    assert demo.subscriptions("ben") == before


def test_a_missing_card_is_asked_for_and_then_the_plan_starts_by_itself(demo, customer) -> None:
    customer.sign_in("Nico", "/pricing")

    customer.choose("Start Pro for $290 a year")

    customer.is_told("One thing is missing: a card")
    assert demo.subscriptions("nico") == []
    way_out = customer.dialog.get_by_role("link", name="Continue")
    assert "billingportal.com/manage/" in (way_out.get_attribute("href") or "")
    with customer.page.context.expect_page() as opened:
        way_out.click()
    opened.value.get_by_role("button", name="Use the demo card").click()
    expect(opened.value.get_by_role("heading", name="A card is on file")).to_be_visible()
    opened.value.close()
    customer.page.bring_to_front()
    # The run goes on for whoever was away for five seconds.
    for _ in range(12):
        customer.page.evaluate("window.dispatchEvent(new Event('focus'))")
        customer.page.wait_for_timeout(1_000)
        if "Welcome" in customer.dialog.get_by_role("status").inner_text():
            break
    customer.is_told("Welcome to Pro")
    assert [one["state"] for one in demo.subscriptions("nico")] == ["active"]


def test_the_shop_forges_no_session_and_takes_no_form_of_strangers(demo, page) -> None:
    shop, request = demo.shop, page.context.request

    forged = request.get(f"{shop}/standfast-token", headers={"cookie": "northwind_session=nora.00"})
    strange = request.post(
        f"{shop}/session", form={"person": "nora"}, headers={"origin": "https://evil.example"}
    )

    own = request.post(
        f"{shop}/session", form={"person": "nora"}, headers={"origin": shop}, max_redirects=0
    )

    assert forged.status == 401
    assert strange.status == 403
    assert own.headers["set-cookie"].endswith("; Path=/; HttpOnly; SameSite=Lax")
